class Pad(keras.layers.Layer):
    """Adds pixels of one value: ((top, bottom), (left, right))."""

    def __init__(self, padding, value, **options):
        super().__init__(**options)
        self.padding, self.value = padding, value

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=self.value)
