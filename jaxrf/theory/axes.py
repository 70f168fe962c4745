"""The axes of an input that count as spatial, and its batch axis."""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.arguments.integers import wholes
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.network import Layout

__all__ = ["axes_of_named", "batch_axis", "spatial_axes_of"]


def spatial_axes_of(
    shape: Sequence[int], axes: Sequence[int] | None, layout: Layout = "channels_last"
) -> tuple[int, ...]:
    """The spatial axes of an input: as given, or as the layout of its framework has them.

    Raises:
        InvalidInput: no spatial axis, or one that the input does not have.
    """
    rank = len(shape)
    if not rank:
        raise InvalidInput("axes: the input is one number, which has none; choose another (--wrt)")
    if axes is None:
        first, last, order = _LAYOUTS[layout]
        if rank <= first + last:
            raise InvalidInput(
                f"shape: got {rank} axes {tuple(shape)}, need at least {first + last + 1} "
                f"({order}), or name the spatial axes (--axes)"
            )
        return tuple(range(first, rank - last))
    axes = wholes("axes", axes)
    chosen = tuple(a + rank if a < 0 else a for a in axes)
    if not chosen or len(set(chosen)) != len(chosen) or any(not 0 <= a < rank for a in chosen):
        raise InvalidInput(f"axes: got {axes}, need distinct axes from 0 to {rank - 1}")
    return tuple(sorted(chosen))


def batch_axis(shape: Sequence[int], axes: Sequence[int], layout: Layout) -> int | None:
    """The axis that holds independent examples; None for an input of one example.

    Of the axes that are not spatial it is the first, before the channels. A single one is the
    batch of an input without channels where its length is 1.
    """
    others = [axis for axis in range(len(shape)) if axis not in axes]
    if layout == "unbatched_channels_first" or not others:
        return None
    return others[0] if len(others) > 1 or (others == [0] and shape[0] == 1) else None


def axes_of_named(
    shape: tuple[int, ...], axes: Sequence[int] | None, layout: Layout
) -> tuple[int, ...]:
    """As :func:`spatial_axes_of`; an input beside others may have no channels, like tokens."""
    if axes is None and len(shape) < 3:
        axes = range(len(shape))[-1:]
    return spatial_axes_of(shape, axes, layout)


# Axes before and behind the spatial ones, and how they are told to the user.
_LAYOUTS: dict[Layout, tuple[int, int, str]] = {
    "channels_last": (1, 1, "batch, space, channels"),
    "channels_first": (2, 0, "batch, channels, space"),
    "unbatched_channels_first": (1, 0, "channels, space"),
}
