"""Inception v2: GoogLeNet with BatchNorm, two 3x3 in place of a 5x5; everything is SAME.

The root is a separable 7x7 (8 filters on each input channel, then a 1x1), or, in the variant
"no-separable-conv", a plain one. Inside a separable convolution TF-Slim has neither BatchNorm nor
activation, and after this one a bias: its argument scope gives BatchNorm to plain convolutions.
"""

from jaxrf.zoo.inception import STYLE, averaged, mixed, subsampled
from jaxrf.zoo.rows import Conv, Definition, Group, MaxPool, Row

_SEPARABLE = Group(
    "Conv2d_1a_7x7",
    (
        Conv(
            "depthwise",
            None,
            7,
            2,
            then="nothing",
            linear=True,
            filters=8,
            gain=1.0,
            endpoint=False,
        ),
        Conv("pointwise", 64, 1, then="bias", endpoint=False),
    ),
    endpoint=True,
)
_PLAIN = Conv("Conv2d_1a_7x7", 64, 7, 2)

_LARGEST = (MaxPool("MaxPool_0a_3x3", 3, 1), Conv("Conv2d_0b_1x1", 128, 1))


def _module(
    name: str, one: int, three: tuple[int, int], five: tuple[int, int], pooled: tuple[Row, ...]
) -> Group:
    """1x1 beside 1x1-3x3 beside 1x1-3x3-3x3 beside a pool with its 1x1."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", one, 1),),
        (Conv("Conv2d_0a_1x1", three[0], 1), Conv("Conv2d_0b_3x3", three[1])),
        (
            Conv("Conv2d_0a_1x1", five[0], 1),
            Conv("Conv2d_0b_3x3", five[1]),
            Conv("Conv2d_0c_3x3", five[1]),
        ),
        pooled,
    )


def _reduction(name: str, three: tuple[int, int], five: tuple[int, int]) -> Group:
    """Halves the resolution: 1x1-3x3 beside 1x1-3x3-3x3 beside a max-pool."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", three[0], 1), Conv("Conv2d_1a_3x3", three[1], 3, 2)),
        (
            Conv("Conv2d_0a_1x1", five[0], 1),
            Conv("Conv2d_0b_3x3", five[1]),
            Conv("Conv2d_1a_3x3", five[1], 3, 2),
        ),
        subsampled("SAME"),
    )


_BODY = (
    MaxPool("MaxPool_2a_3x3", 3, 2),
    Conv("Conv2d_2b_1x1", 64, 1),
    Conv("Conv2d_2c_3x3", 192),
    MaxPool("MaxPool_3a_3x3", 3, 2),
    _module("Mixed_3b", 64, (64, 64), (64, 96), averaged(32)),
    _module("Mixed_3c", 64, (64, 96), (64, 96), averaged(64)),
    _reduction("Mixed_4a", (128, 160), (64, 96)),
    _module("Mixed_4b", 224, (64, 96), (96, 128), averaged(128)),
    _module("Mixed_4c", 192, (96, 128), (96, 128), averaged(128)),
    _module("Mixed_4d", 160, (128, 160), (128, 160), averaged(96)),
    _module("Mixed_4e", 96, (128, 192), (160, 192), averaged(96)),
    _reduction("Mixed_5a", (128, 192), (192, 256)),
    _module("Mixed_5b", 352, (192, 320), (160, 224), averaged(128)),
    _module("Mixed_5c", 352, (192, 320), (192, 224), _LARGEST),
)


def _inception(name: str, root: Row, summary: str) -> Definition:
    return Definition(
        name=name,
        scope="",
        style=STYLE,
        summary=summary,
        paper="Ioffe & Szegedy 2015, Batch normalization: Accelerating deep network training by "
        "reducing internal covariate shift, arXiv:1502.03167",
        rows=(root, *_BODY),
    )


NETWORKS = (
    _inception("inception_v2", _SEPARABLE, "Inception v2, separable root convolution"),
    _inception("inception_v2-no-separable-conv", _PLAIN, "Inception v2, plain root convolution"),
)
