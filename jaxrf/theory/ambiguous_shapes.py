"""Ambiguous input shapes: the assumption about one, and the shape that may have been meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jaxrf.frameworks.network import Layout

__all__ = ["shape_ambiguities"]

CHANNELS = 4  # at most, of an image or of a signal as it is recorded
WIDE = 16  # pixels at least
LONG = 1024  # times as many channels as places along a single axis are hardly meant


class _Alternative(NamedTuple):
    """Another reading of an ambiguous shape."""

    what: str
    shape: tuple[int, ...]  # for a model of the layout that was assumed
    axes: tuple[int, ...] = ()  # spatial, for a model that takes the shape as it is


def shape_ambiguities(
    shape: Sequence[int], layout: Layout, axes: Sequence[int] | None = None
) -> tuple[str, ...]:
    """The assumption about an ambiguous shape, with the alternative; () for a clear one.

    >>> shape_ambiguities((1, 224, 224, 3), "channels_last")
    ()
    >>> for part in shape_ambiguities((224, 224, 3), "channels_last")[0].split("; "):
    ...     print(part)
    shape 224,224,3 counts as batch 224, space 224, channels 3
    if it is an image without its batch axis, --shape 1,224,224,3 or --axes 0,1

    Args:
        shape: of an input.
        layout: the layout by which its spatial axes were chosen.
        axes: spatial axes that the user named, which settles the question.
    """
    if axes is not None or len(shape) < 3 or not all(isinstance(n, int) for n in shape):
        return ()  # named, tokens, or a length that is free
    other = _OTHER[layout](tuple(shape))
    batched = layout != "unbatched_channels_first" and shape[0] > 1
    if other is None and not batched:
        return ()
    line = f"shape {_text(shape)} counts as {_parts(shape, layout)}"
    if other is not None:
        line += f"; if it is {other.what}, --shape {_text(other.shape)}"
        line += f" or --axes {_text(other.axes)}" if other.axes else ""
    return (line,)


def _text(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _parts(shape: Sequence[int], layout: Layout) -> str:
    """Batch, space and channels, each with its lengths."""
    if layout == "channels_last":
        return f"batch {shape[0]}, space {_text(shape[1:-1])}, channels {shape[-1]}"
    if layout == "channels_first":
        return f"batch {shape[0]}, channels {shape[1]}, space {_text(shape[2:])}"
    return f"channels {shape[0]}, space {_text(shape[1:])}"


def _few_last(shape: tuple[int, ...]) -> bool:
    """Whether the last axis alone looks like channels."""
    return shape[-1] <= CHANNELS and min(shape[:-1]) > CHANNELS


def _few_first(shape: tuple[int, ...]) -> bool:
    """Whether the first axis alone looks like channels."""
    return shape[0] <= CHANNELS and min(shape[1:]) >= WIDE


def _wide(shape: tuple[int, ...], channels: int) -> int:
    """Pixels that leave no doubt: few tokens may have many features, images have more axes."""
    return WIDE if len(shape) > 3 else LONG * channels


def _channels_last(shape: tuple[int, ...]) -> _Alternative | None:
    rank, axes = len(shape), tuple(range(len(shape)))
    if rank == 3 and _few_last(shape):
        return _Alternative("an image without its batch axis", (1, *shape), axes[:-1])
    if rank == 3 and shape[0] > 1 and _few_first(shape):
        what = "an image of channels first without its batch axis"
        return _Alternative(what, (1, *shape[1:], shape[0]), axes[1:])
    if shape[1] <= CHANNELS < shape[-1] and min(shape[2:]) >= _wide(shape, shape[1]):
        return _Alternative("one of channels first", (shape[0], *shape[2:], shape[1]), axes[2:])
    return None


def _channels_first(shape: tuple[int, ...]) -> _Alternative | None:
    rank, axes = len(shape), tuple(range(len(shape)))
    if rank == 3 and _few_last(shape):
        what = "an image of channels last without its batch axis"
        return _Alternative(what, (1, shape[-1], *shape[:-1]), axes[:-1])
    if rank == 3 and shape[0] > 1 and _few_first(shape):
        return _Alternative("an image without its batch axis", (1, *shape), axes[1:])
    if shape[-1] <= CHANNELS and min(shape[1:-1]) >= _wide(shape, shape[-1]):
        return _Alternative("one of channels last", (shape[0], shape[-1], *shape[1:-1]), axes[1:-1])
    return None


def _unbatched_channels_first(shape: tuple[int, ...]) -> _Alternative | None:
    rank, axes = len(shape), tuple(range(len(shape)))
    if rank > 3 and shape[0] == 1 and _few_first(shape[1:]):
        return _Alternative("a batch of one", shape[1:])
    if rank >= 3 and shape[0] == 1 and _few_last(shape[1:]):
        return _Alternative("a batch of one, channels last", (shape[-1], *shape[1:-1]))
    if _few_last(shape) and min(shape[:-1]) >= WIDE:
        return _Alternative("one of channels last", (shape[-1], *shape[:-1]), axes[:-1])
    return None


_OTHER = {
    "channels_last": _channels_last,
    "channels_first": _channels_first,
    "unbatched_channels_first": _unbatched_channels_first,
}
