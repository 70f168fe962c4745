"""r, S and P of a single path under TF's SAME padding, for a given input length: by hand."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One layer; ``pad`` is "SAME" or the number of pixels on the left."""

    kernel: int
    stride: int = 1
    pad: int | str = "SAME"


def field(steps, n: int) -> tuple[int, int, int]:
    """(r, S, P) at input length n."""
    size, stride, padding = 1, 1, 0
    for step in steps:
        left, outputs = step.pad, -(-n // step.stride)
        if left == "SAME":
            left = max((outputs - 1) * step.stride + step.kernel - n, 0) // 2
        elif left == 0:
            outputs = (n - step.kernel) // step.stride + 1
        size += (step.kernel - 1) * stride
        padding += left * stride
        stride *= step.stride
        n = outputs
    return size, stride, padding


VGG_16 = [s for count in (2, 2, 3, 3, 3) for s in [*[Step(3)] * count, Step(2, 2, 0)]]
MOBILENET_V1 = [Step(3, 2), *(Step(3, s) for s in (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1))]
# TF-Slim pads strided 3x3 convolutions by one pixel whatever the length; only its pooling is SAME.
RESNET_V1_50 = [
    *(Step(7, 2, 3), Step(3, 2)),
    *[Step(3)] * 2, Step(3, 2, 1),
    *[Step(3)] * 3, Step(3, 2, 1),
    *[Step(3)] * 5, Step(3, 2, 1),
    *[Step(3)] * 3,
]  # fmt: skip
