"""What keeps a program from being cut: operations that read whole dimensions of the image."""

from __future__ import annotations

from collections.abc import Iterator

from jaxrf.restriction.bounds import Step, infer
from jaxrf.restriction.boxes import Span, whole
from jaxrf.restriction.cut_model import CutModel

__all__ = ["mixing"]


def mixing(cut: CutModel, source: int, axes: tuple[int, ...]) -> tuple[tuple[str, str], ...]:
    """(operation, file:line) of all that reads a whole dimension along which the image lies.

    A dimension is one if less of it takes less of the image along ``axes``: channels are none.

    Args:
        cut: the model, cut.
        source: position of the input.
        axes: its spatial axes.
    """
    if cut.input_boxes[source] is None:
        return ()
    found = dict.fromkeys(
        (step.whole.name, step.whole.source)
        for step in cut.bounds.steps
        if any(_lies_along(cut, step, place, source, axes) for place in _candidates(cut, step))
    )
    return tuple(found)


def _candidates(cut: CutModel, step: Step) -> Iterator[tuple[int, int]]:
    """(operand, dimension) of all that is read whole, of a result that is not wanted whole."""
    small = any(
        box is not None and box != whole(shape)
        for box, shape in zip(step.wanted, step.whole.out_shapes, strict=True)
    )
    reduced = sum(map(len, step.whole.out_shapes)) < len(step.whole.in_shapes[0]) * len(step.wanted)
    for n, d in step.cut.spread:
        need, length = step.cut.needs[n], step.whole.in_shapes[n][d]
        if step.whole.inputs[n] not in cut.program.dependent or length == 1:
            continue
        if need is not None and need[d] == Span(0, length) and (small or reduced):
            yield n, d


def _lies_along(
    cut: CutModel, step: Step, place: tuple[int, int], source: int, axes: tuple[int, ...]
) -> bool:
    """Whether less of a dimension of an operand takes less of the image."""
    n, d = place
    number, length = step.whole.inputs[n], step.whole.in_shapes[n][d]
    need = step.cut.needs[n]
    assert need is not None
    less = tuple(Span(length // 2, length // 2 + 1) if e == d else s for e, s in enumerate(need))
    program = cut.program
    both = []
    for box in (need, less):
        bounds = infer(program, cut.equations, [(number, box)], program.inputs)
        held = bounds.held.get(program.inputs[source])
        both.append(None if held is None else [held[a] for a in axes])
    return both[0] != both[1]
