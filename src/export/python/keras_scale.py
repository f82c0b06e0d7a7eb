class Scale(keras.layers.Layer):
    """A learned factor, and offset, for each channel."""

    def __init__(self, shift=True, **options):
        super().__init__(**options)
        self.has_shift = shift

    def build(self, shape):
        self.factor = self.add_weight(name="scale", shape=shape[-1:], initializer="ones")
        self.offset = self.add_weight(name="shift", shape=shape[-1:], initializer="zeros") if self.has_shift else 0.0

    def call(self, x):
        return x * self.factor + self.offset
