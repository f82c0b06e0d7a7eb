class EachPReLU(nn.Module):
    """As nn.PReLU, with a slope for each number of an image."""

    def __init__(self, *size, init=0.25):
        super().__init__()
        self.weight = nn.Parameter(torch.full(size, init))

    def forward(self, x):
        return torch.where(x > 0, x, self.weight * x)
