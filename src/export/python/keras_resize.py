class Resize(keras.layers.Layer):
    """A map at another height and width, by the nearest pixel or linearly, with its corners kept or not."""

    def __init__(self, size, linear, corners=False, **options):
        super().__init__(**options)
        self.size, self.linear, self.corners = size, linear, corners

    def call(self, x):
        for axis, new in enumerate(self.size, start=1):
            old = x.shape[axis]
            if not self.linear:
                x = ops.take(x, ops.arange(new) * old // new, axis=axis)
                continue
            place = ops.arange(new, dtype="float32")
            place = place * ((old - 1) / max(new - 1, 1)) if self.corners else (place + 0.5) * (old / new) - 0.5
            place = ops.clip(place, 0, old - 1)
            below = ops.floor(place)
            share = ops.reshape(place - below, [-1 if i == axis else 1 for i in range(4)])
            below = ops.cast(below, "int32")
            above = ops.minimum(below + 1, old - 1)
            x = ops.take(x, below, axis=axis) * (1 - share) + ops.take(x, above, axis=axis) * share
        return x
