class Border(keras.layers.Layer):
    """Pixels around a map, ((top, bottom), (left, right)), of zeros, mirrored or repeated; zeros as last channels."""

    def __init__(self, padding, channels, mode, **options):
        super().__init__(**options)
        self.padding, self.channels, self.mode = padding, channels, mode

    def call(self, x):
        for axis, (before, after) in enumerate(self.padding, start=1):
            length = x.shape[axis]
            place = ops.arange(-before, length + after)
            inside = ops.clip(place, 0, length - 1)
            if self.mode == "reflect":
                inside = length - 1 - ops.abs(length - 1 - ops.abs(place))
            border = ops.take(x, inside, axis=axis)
            if self.mode == "zeros":
                shape = [-1 if i == axis else 1 for i in range(4)]
                border = border * ops.reshape(ops.cast(place == inside, x.dtype), shape)
            x = border
        return ops.pad(x, ((0, 0), (0, 0), (0, 0), (0, self.channels)))
