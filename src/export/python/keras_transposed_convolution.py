class TransposedConvolution2D(keras.layers.Layer):
    """Conv2DTranspose in groups, its full output cut by ((top, bottom), (left, right)); below zero adds zeros."""

    def __init__(
        self, filters, kernel_size, strides, dilation, groups, crop, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None, **options
    ):
        super().__init__(**options)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.dilation, self.groups, self.crop, self.use_bias = dilation, groups, crop, use_bias

    def build(self, shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(*self.kernel_size, self.filters // self.groups, shape[-1]),
            initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
        )
        self.bias = 0.0
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer=self.bias_initializer)

    def call(self, x):
        def spread(y, axis):
            """Zeros between the pixels: a transposed convolution is a plain one over them."""
            step, length = self.strides[axis - 1], y.shape[axis]
            shape = list(y.shape)
            y = ops.pad(ops.expand_dims(y, axis + 1), [(0, step - 1) if i == axis + 1 else (0, 0) for i in range(5)])
            shape[axis] = length * step
            y = ops.reshape(y, (-1, *shape[1:]))
            return y[(slice(None),) * axis + (slice(0, length * step - step + 1),)]

        reach = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
        wide = spread(spread(x, 1), 2)
        borders = [(r - c[0], r - c[1]) for r, c in zip(reach, self.crop)]
        wide = ops.pad(wide, ((0, 0), *((max(a, 0), max(b, 0)) for a, b in borders), (0, 0)))
        (top, bottom), (left, right) = [(max(-a, 0), max(-b, 0)) for a, b in borders]
        wide = wide[:, top : wide.shape[1] - bottom, left : wide.shape[2] - right, :]
        parts = zip(ops.split(wide, self.groups, axis=-1), ops.split(self.kernel, self.groups, axis=-1))
        turned = [(part, ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))) for part, kernel in parts]
        options = {"strides": 1, "padding": "valid", "dilation_rate": self.dilation, "data_format": "channels_last"}
        return ops.concatenate([ops.conv(part, kernel, **options) for part, kernel in turned], axis=-1) + self.bias
