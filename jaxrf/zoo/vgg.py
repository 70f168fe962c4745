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


def _vgg(name: str, layers: int, configuration: str, depths: tuple[int, ...]) -> Definition:
    return Definition(
        name=name,
        scope=name,
        style=Style(),
        summary=f"VGG with {layers} layers (configuration {configuration})",
        paper="Simonyan & Zisserman 2014, Very deep convolutional networks for large-scale image "
        "recognition, arXiv:1409.1556",
        rows=_rows(depths),
    )


NETWORKS = (
    _vgg("vgg_a", 11, "A", (1, 1, 2, 2, 2)),
    _vgg("vgg_16", 16, "D", (2, 2, 3, 3, 3)),
)
