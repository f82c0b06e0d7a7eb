class LocalResponseNormalization(keras.layers.Layer):
    """x / (k + alpha * mean of squares) ** beta; `below` of the `size` channels lie below the channel itself."""

    def __init__(self, size, below, alpha, beta, k, **options):
        super().__init__(**options)
        self.size, self.below, self.alpha, self.beta, self.k = size, below, alpha, beta, k

    def call(self, x):
        squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (self.below, self.size - 1 - self.below)))
        channels = x.shape[-1]
        mean = sum(squares[..., i : i + channels] for i in range(self.size)) / self.size
        return x / (self.k + self.alpha * mean) ** self.beta
