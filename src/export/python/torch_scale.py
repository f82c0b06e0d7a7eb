class Scale(nn.Module):
    """A learned factor, and offset, for each channel."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x):
        shape = (-1,) + (1,) * (x.dim() - 2)
        x = x * self.weight.reshape(shape)
        return x if self.bias is None else x + self.bias.reshape(shape)
