"""The spatial axes of an input: given by the user, by the layout, or inferred from the layers."""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.program.trace import Traced
from jaxrf.theory.ambiguous_shapes import shape_ambiguities
from jaxrf.theory.axes import axes_of_named, spatial_axes_of
from jaxrf.theory.inferred_axes import infer_axes

__all__ = ["axes_of_input"]


def axes_of_input(
    traced: Traced, source: int, given: Sequence[int] | None, *, named: bool
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """(spatial axes of an input, one line per assumption about them or the shape).

    Frameworks that put channels first only do so inside their layers: an input may come in any
    order, and be transposed (as exporters of TensorFlow do). What its layers do with it decides.

    Args:
        traced: the model.
        source: number of the input.
        given: axes that the user names.
        named: whether the input is one of several, and named by the user.

    Raises:
        InvalidInput: no spatial axis, or one that the input does not have.
    """
    layout, shape = traced.network.layout, traced.inputs[source].shape
    if given is not None or layout != "channels_first":
        axes_of = axes_of_named if named else spatial_axes_of
        return axes_of(shape, given, layout), shape_ambiguities(shape, layout, given)
    usual, seen = axes_of_named(shape, None, layout), infer_axes(traced, source)
    if seen is None:
        order = "batch, channels, space" if len(shape) > 2 else "the last"
        return usual, (f"{_text(usual)}: assumed ({order}), as no layer tells; others with --axes",)
    if seen.axes == usual or (not seen.whole and not set(usual).isdisjoint(seen.axes)):
        return usual, ()
    return seen.axes, (f"{_text(seen.axes)}: as {seen.by} has it; others with --axes",)


def _text(axes: Sequence[int]) -> str:
    return f"spatial {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"
