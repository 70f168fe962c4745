"""MobileNet v1: a convolution, then 13 pairs of a depthwise 3x3 and a pointwise 1x1, all SAME.

TF-Slim's end-points carry no scope here. Its ``depth_multiplier`` is the ``width`` of the zoo, but
truncates and never goes below 8 channels; the published multipliers (0.25, 0.5, 0.75) agree.
"""

from jaxrf.zoo.rows import Conv, Definition, Row, Style

_PAIRS = (  # (channels of the pointwise, stride of the depthwise convolution)
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)


def _pair(number: int, channels: int, stride: int) -> tuple[Row, Row]:
    return (
        Conv(f"Conv2d_{number}_depthwise", None, stride=stride),
        Conv(f"Conv2d_{number}_pointwise", channels, kernel=1),
    )


def _mobilenet(name: str, multiplier: float, summary: str) -> Definition:
    """All channels times ``multiplier``, of which every product is whole."""
    pairs = enumerate(_PAIRS, start=1)
    return Definition(
        name=name,
        scope="",
        style=Style(activation="relu6", norm_epsilon=1e-3),
        summary=summary,
        paper="Howard et al. 2017, MobileNets: Efficient convolutional neural networks for mobile "
        "vision applications, arXiv:1704.04861",
        rows=(
            Conv("Conv2d_0", int(32 * multiplier), stride=2),
            *(row for n, (c, s) in pairs for row in _pair(n, int(c * multiplier), s)),
        ),
    )


NETWORKS = (
    _mobilenet("mobilenet_v1", 1, "MobileNet v1, depthwise separable convolutions"),
    _mobilenet("mobilenet_v1_075", 0.75, "MobileNet v1 with three quarters of the channels"),
)
