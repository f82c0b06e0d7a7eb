class Slice(keras.layers.Layer):
    """The part of a value that begins at `start` (axes as in Keras, without the batch)."""

    def __init__(self, start, size, **options):
        super().__init__(**options)
        self.start, self.size = start, size

    def call(self, x):
        return x[(slice(None), *(slice(a, a + n) for a, n in zip(self.start, self.size)))]
