"""Kernel, stride, dilation and padding of a node, one entry per spatial axis."""

from __future__ import annotations

from dataclasses import dataclass

from jaxrf.frameworks.onnx.registry import NodeView, Unmapped

__all__ = ["Windows", "windows"]


@dataclass(frozen=True)
class Windows:
    """Sliding windows over the spatial axes.

    Attributes:
        kernel: taps.
        stride: steps between outputs.
        dilation: steps between taps.
        padding: (before, after) per axis.
        output: number of outputs.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    output: tuple[int, ...]

    def covering(self, lengths: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """The padding, widened where the last window hangs over the end (``ceil_mode``)."""
        wide = []
        for n, k, s, d, (low, high), m in zip(
            lengths,
            self.kernel,
            self.stride,
            self.dilation,
            self.padding,
            self.output,
            strict=True,
        ):
            wide.append((low, max(high, (m - 1) * s + d * (k - 1) + 1 - n - low)))
        return tuple(wide)


def windows(node: NodeView, lengths: tuple[int, ...], kernel: tuple[int, ...]) -> Windows:
    """The windows that a node slides over an input of spatial ``lengths``."""
    rank = len(lengths)
    stride = tuple(node.get("strides", (1,) * rank))
    dilation = tuple(node.get("dilations", (1,) * rank))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    auto = node.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        padding = [
            _same(n, span, s, auto) for n, span, s in zip(lengths, spans, stride, strict=True)
        ]
    elif auto in ("NOTSET", "VALID", ""):
        pads = tuple(node.get("pads", (0,) * 2 * rank)) if auto != "VALID" else (0,) * 2 * rank
        padding = list(zip(pads[:rank], pads[rank:], strict=True))
    else:
        raise Unmapped(f"auto_pad={auto}")
    output = []
    for n, span, s, (low, high) in zip(lengths, spans, stride, padding, strict=True):
        room = n + low + high - span
        m = room // s + 1
        if node.get("ceil_mode", 0) and room % s:
            m += (m * s) < n + low  # a window that would start in the padding after is left out
        output.append(m)
    return Windows(kernel, stride, dilation, tuple(padding), tuple(output))


def _same(length: int, span: int, stride: int, auto: str) -> tuple[int, int]:
    """Padding for ceil(length / stride) outputs; the odd one after (UPPER) or before (LOWER)."""
    total = max(0, (-(-length // stride) - 1) * stride + span - length)
    less, more = total // 2, total - total // 2
    return (less, more) if auto == "SAME_UPPER" else (more, less)
