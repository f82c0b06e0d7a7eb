def local_response_norm(x, size, below, alpha, beta, k):
    """As nn.LocalResponseNorm, with `below` channels of the window below the channel itself."""
    squares = F.pad(x.square().unsqueeze(1), (0, 0, 0, 0, below, size - 1 - below))
    mean = F.avg_pool3d(squares, (size, 1, 1), stride=1).squeeze(1)
    return x / (k + alpha * mean) ** beta
