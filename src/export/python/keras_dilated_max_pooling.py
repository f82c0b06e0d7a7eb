class DilatedMaxPooling2D(keras.layers.Layer):
    """Largest number of windows whose pixels lie `dilation` apart."""

    def __init__(self, pool_size, strides, dilation, **options):
        super().__init__(**options)
        self.pool_size, self.strides, self.dilation = pool_size, strides, dilation

    def call(self, x):
        (kh, kw), (sh, sw), (dh, dw) = self.pool_size, self.strides, self.dilation
        rows, columns = x.shape[1] - dh * (kh - 1), x.shape[2] - dw * (kw - 1)
        taps = [
            x[:, dh * i : dh * i + rows : sh, dw * j : dw * j + columns : sw, :] for i in range(kh) for j in range(kw)
        ]
        return ops.max(ops.stack(taps), axis=0)
