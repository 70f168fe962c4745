"""Common parts of the Inception networks: modules of branches, BatchNorm without gamma.

TF-Slim names their end-points without the scope of the network, and collects modules only, not what
their branches hold. Branches and blocks keep its scopes, irregular as they are (a 3x3 convolution
is called ``Conv2d_1a_1x1`` in Inception v3).

Initial weights. The mean of nine independent rectified normal values has 0.39 times their mean
square: 1/pi, that of their mean, and a ninth of the rest. BatchNorm, when it normalises, gives the
branches that average the variance of the others; in a fresh network a gain of 5 = 2 / 0.4 does.
"""

from jaxrf.zoo.rows import AvgPool, Concat, Conv, Group, MaxPool, Padding, Row, Style

STYLE = Style(norm_epsilon=1e-3, norm_scale=False)


def mixed(name: str, *branches: tuple[Row, ...]) -> Group:
    """An Inception module: branches in scopes Branch_0, Branch_1, ..., joined; an end-point."""
    return Group(name, (beside(*branches),), endpoint=True)


def beside(*branches: tuple[Row, ...]) -> Concat:
    """Branches in scopes Branch_0, Branch_1, ..., joined."""
    return Concat(tuple(Group(f"Branch_{i}", rows) for i, rows in enumerate(branches)))


def averaged(channels: int) -> tuple[Row, ...]:
    """The branch that averages 3x3 and then mixes channels."""
    return AvgPool("AvgPool_0a_3x3", 3, 1), Conv("Conv2d_0b_1x1", channels, 1, gain=5.0)


def subsampled(padding: Padding = "VALID") -> tuple[Row, ...]:
    """The branch that takes the largest of 3x3, at stride 2."""
    return (MaxPool("MaxPool_1a_3x3", 3, 2, padding),)
