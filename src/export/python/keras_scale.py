class Scale(keras.layers.Layer):
    """A learned factor, and offset, for each channel."""

    def __init__(self, shift=True, scale_initializer="ones", shift_initializer="zeros", **options):
        super().__init__(**options)
        self.has_shift, self.initializers = shift, (scale_initializer, shift_initializer)

    def build(self, shape):
        scale, shift = self.initializers
        self.factor = self.add_weight(name="scale", shape=shape[-1:], initializer=scale)
        self.offset = self.add_weight(name="shift", shape=shape[-1:], initializer=shift) if self.has_shift else 0.0

    def call(self, x):
        return x * self.factor + self.offset
