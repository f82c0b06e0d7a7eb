def average_pool(x, kernel, stride, padding, counted):
    """Mean over windows; of the zeros [left, right, top, bottom] only the `counted` ones join the divisor."""
    means = F.avg_pool2d(F.pad(x, padding), kernel, stride)
    inside = F.pad(torch.ones_like(x[:1, :1]), counted, value=1.0)
    rest = [p - c for p, c in zip(padding, counted)]
    return means / F.avg_pool2d(F.pad(inside, rest), kernel, stride)
