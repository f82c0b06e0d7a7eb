class PaddedAveragePooling2D(keras.layers.Layer):
    """Mean over windows of a map with zeros around it, of which only the `counted` ones join the divisor."""

    def __init__(self, pool_size, strides, padding, counted, **options):
        super().__init__(**options)
        self.pool_size, self.strides, self.padding, self.counted = pool_size, strides, padding, counted

    def call(self, x):
        def means(y):
            return ops.average_pool(y, self.pool_size, self.strides, padding="valid", data_format="channels_last")

        def pad(y, padding, value):
            return ops.pad(y, ((0, 0), *padding, (0, 0)), constant_values=value)

        rest = [(p[0] - c[0], p[1] - c[1]) for p, c in zip(self.padding, self.counted)]
        inside = pad(ops.ones_like(x[:1, :, :, :1]), self.counted, 1.0)
        return means(pad(x, self.padding, 0.0)) / means(pad(inside, rest, 0.0))
