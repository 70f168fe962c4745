"""The part of a dimension that a window reads for a span of its outputs."""

from __future__ import annotations

from dataclasses import replace

from jaxrf.geometry.words import Window
from jaxrf.restriction.boxes import Span

__all__ = ["reaching", "window_part"]


def window_part(window: Window, outputs: Span, length: int) -> tuple[Span, Window] | None:
    """(the operand's indices that some outputs read, the window over them).

    Padding becomes neighbours inside the operand, and stays padding beyond its border.

    >>> span, window = window_part(Window(kernel=3, before=1, after=1), Span(0, 2), 10)
    >>> span, window.padding
    (Span(low=0, stop=3), (1, 0))
    >>> span, window = window_part(Window(kernel=3, before=1, after=1), Span(4, 6), 10)
    >>> span, window.padding
    (Span(low=3, stop=7), (0, 0))

    Args:
        window: over the whole dimension.
        outputs: not empty.
        length: of the operand.

    Returns:
        None where the outputs read padding alone.
    """
    first = outputs.low * window.stride - window.before  # in base-dilated indices
    extent = (outputs.length - 1) * window.stride + window.span
    low = max(0, -(-first // window.base_dilation))
    high = min(length - 1, (first + extent - 1) // window.base_dilation)
    if low > high:
        return None
    before = low * window.base_dilation - first
    after = extent - before - ((high - low) * window.base_dilation + 1)
    return Span(low, high + 1), replace(window, before=before, after=after)


def reaching(window: Window, outputs: Span, length: int, count: int) -> Span | None:
    """The outputs, or more of them so that they read some element of the operand.

    Args:
        window: over the whole dimension.
        outputs: the wanted ones.
        length: of the operand.
        count: number of all outputs.

    Returns:
        None where none of all reads one.
    """
    if window_part(window, outputs, length) is not None:
        return outputs
    for more in range(1, count):
        wider = Span(max(0, outputs.low - more), min(count, outputs.stop + more))
        if window_part(window, wider, length) is not None:
            return wider
    return None
