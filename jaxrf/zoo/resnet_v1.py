"""ResNet v1 as TF-Slim has it: four blocks of bottleneck units, activation after the addition.

A block halves the resolution in its *last* unit, in the 3x3 convolution with FIXED padding. The
original does it in the 1x1 that opens the next block (ResNet-50: the same receptive field of 483,
padded otherwise), torchvision in the 3x3 after that (427). Where the unit keeps its channels, the
shortcut of that last unit is a 1x1 max-pool, which only subsamples; the first unit of a block
changes them, and projects. The root convolution is FIXED, its pool SAME.

Initial weights. With a gain of 2 everywhere the features of a fresh network would grow with every
unit, 1e7 times over ResNet-152. BatchNorm, when it normalises, gives every residual branch the
variance 1 beside a shortcut that has grown through the units before it. ``gain`` gives the branches
of a fresh network the same share to within a quarter: as much as a projection has, and 1/(u - 1) of
an identity in unit u.
"""

from jaxrf.zoo.rows import Conv, Definition, Group, MaxPool, Residual, Row, Style

BASES = (64, 128, 256, 512)  # channels inside the bottlenecks of each block; outputs have 4 x
STRIDES = (2, 2, 2, 1)
EXPANSION = 4


def _unit(number: int, base: int, stride: int) -> Group:
    """Unit ``number`` (from 1) of a block: 1x1, strided 3x3, linear 1x1, beside the shortcut."""
    depth = EXPANSION * base
    shortcut: tuple[Row, ...] = ()
    if number == 1:
        shortcut = (Conv("shortcut", depth, kernel=1, stride=stride, linear=True, gain=1.0),)
    elif stride > 1:
        shortcut = (MaxPool("shortcut", kernel=1, stride=stride, endpoint=False),)
    body = (
        Conv("conv1", base, kernel=1),
        Conv("conv2", base, stride=stride, padding="FIXED"),
        Conv("conv3", depth, kernel=1, linear=True, gain=1.0 / max(1, number - 1)),
    )
    return Group(f"unit_{number}", (Residual("bottleneck_v1", body, shortcut),))


def _block(number: int, base: int, units: int, stride: int) -> Group:
    rows = (_unit(i, base, stride if i == units else 1) for i in range(1, units + 1))
    return Group(f"block{number}", tuple(rows), endpoint=True)


def _resnet(layers: int, units: tuple[int, ...]) -> Definition:
    """A ResNet v1 with ``units[i]`` bottleneck units in its block i + 1."""
    blocks = zip((1, 2, 3, 4), BASES, units, STRIDES, strict=True)
    return Definition(
        name=f"resnet_v1_{layers}",
        scope=f"resnet_v1_{layers}",
        style=Style(norm_epsilon=1e-5),
        summary=f"ResNet-{layers} v1, stride in the last unit of a block",
        paper="He et al. 2015, Deep residual learning for image recognition, arXiv:1512.03385",
        rows=(
            Conv("conv1", 64, kernel=7, stride=2, padding="FIXED"),
            MaxPool("pool1", kernel=3, stride=2, endpoint=False),
            *(_block(*block) for block in blocks),
        ),
    )


NETWORKS = (
    _resnet(50, (3, 4, 6, 3)),
    _resnet(101, (3, 4, 23, 3)),
    _resnet(152, (3, 8, 36, 3)),
    _resnet(200, (3, 24, 36, 3)),
)
