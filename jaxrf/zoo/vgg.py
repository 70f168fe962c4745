"""VGG: groups of 3x3 SAME convolutions, a 2x2 VALID max-pool after each."""

from jaxrf.zoo.rows import Conv, Definition, Group, MaxPool, Row, Style

_CHANNELS = (64, 128, 256, 512, 512)


def _rows(depths: tuple[int, ...]) -> tuple[Row, ...]:
    """The table of a VGG with ``depths[i]`` convolutions in its group i + 1."""
    rows: list[Row] = []
    for group, (depth, channels) in enumerate(zip(depths, _CHANNELS, strict=True), start=1):
        convs = tuple(Conv(f"conv{group}_{i}", channels) for i in range(1, depth + 1))
        rows += [Group(f"conv{group}", convs), MaxPool(f"pool{group}", 2, 2, padding="VALID")]
    return tuple(rows)


VGG_16 = Definition(
    name="vgg_16",
    scope="vgg_16",
    style=Style(),
    summary="VGG with 16 layers (configuration D)",
    paper="Simonyan & Zisserman 2014, Very deep convolutional networks for large-scale image "
    "recognition, arXiv:1409.1556",
    rows=_rows((2, 2, 3, 3, 3)),
)
