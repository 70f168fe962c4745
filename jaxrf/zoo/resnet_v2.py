"""ResNet v2 as TF-Slim has it: BatchNorm and activation before every convolution of a unit.

The stream itself is never activated, but once, by "postnorm" after the last unit. A unit normalises
its input ("preact"), and its branch starts from that; so does the projection that opens a block,
while an identity, or the 1x1 max-pool that subsamples in the last unit of a block, takes the input
as it is. The convolutions that write to the stream (conv1 of the root, shortcut, conv3) have a bias
and no BatchNorm. Strides, paddings and blocks are those of ResNet v1. TF-Slim collects neither
"preact" nor "postnorm"; the zoo names the second, since it is the network's last feature map.

Initial weights. BatchNorm, when it normalises, gives the projection and every branch of a block
the same variance; the branch of unit u then has the share 1/u of the stream it joins. ``gain``
gives the branches of a fresh network that share: a branch, which starts from a rectified stream,
brings half its gain. In unit 1 projection and branch make up the stream, half of it each.
"""

from jaxrf.zoo.resnet_v1 import BASES, EXPANSION, STRIDES
from jaxrf.zoo.rows import Conv, Definition, Group, MaxPool, Norm, Residual, Row, Style

_PREACT = (Norm("preact"),)


def _unit(number: int, base: int, stride: int) -> Group:
    """Unit ``number`` (from 1) of a block: 1x1, strided 3x3, 1x1, beside the shortcut."""
    depth = EXPANSION * base

    def write(name: str, stride: int, gain: float) -> Conv:
        return Conv(name, depth, 1, stride, then="bias", linear=True, gain=gain)

    body: tuple[Row, ...] = (
        Conv("conv1", base, 1),
        Conv("conv2", base, 3, stride, "FIXED"),
        write("conv3", 1, 1.0 if number == 1 else 2.0 / number),
    )
    if number == 1:
        projection = write("shortcut", stride, 1.0)
        unit = Residual("bottleneck_v2", body, (projection,), before=_PREACT, linear=True)
    else:
        pool = (MaxPool("shortcut", 1, stride, endpoint=False),) if stride > 1 else ()
        unit = Residual("bottleneck_v2", (*_PREACT, *body), pool, linear=True)
    return Group(f"unit_{number}", (unit,))


def _block(number: int, base: int, units: int, stride: int) -> Group:
    rows = (_unit(i, base, stride if i == units else 1) for i in range(1, units + 1))
    return Group(f"block{number}", tuple(rows), endpoint=True)


def _resnet(layers: int, units: tuple[int, ...]) -> Definition:
    """A ResNet v2 with ``units[i]`` bottleneck units in its block i + 1."""
    blocks = zip((1, 2, 3, 4), BASES, units, STRIDES, strict=True)
    return Definition(
        name=f"resnet_v2_{layers}",
        scope=f"resnet_v2_{layers}",
        style=Style(norm_epsilon=1e-5),
        summary=f"ResNet-{layers} v2, activation before the convolutions",
        paper="He et al. 2016, Identity mappings in deep residual networks, arXiv:1603.05027",
        rows=(
            Conv("conv1", 64, 7, 2, "FIXED", then="bias", linear=True),
            MaxPool("pool1", kernel=3, stride=2, endpoint=False),
            *(_block(*block) for block in blocks),
            Norm("postnorm", endpoint=True),
        ),
    )


NETWORKS = (
    _resnet(50, (3, 4, 6, 3)),
    _resnet(101, (3, 4, 23, 3)),
    _resnet(152, (3, 8, 36, 3)),
    _resnet(200, (3, 24, 36, 3)),
)
