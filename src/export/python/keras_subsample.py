class Subsample(keras.layers.Layer):
    """Every so many rows and columns: Keras's convolutions take no stride beside a dilation."""

    def __init__(self, strides, **options):
        super().__init__(**options)
        self.strides = strides

    def call(self, x):
        return x[:, :: self.strides[0], :: self.strides[1], :]
