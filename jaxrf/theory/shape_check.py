"""Check the dependence that a rule returns against the shapes of its equation.

A rule that reads a dimension which is not there, or makes a node of another shape than the
equation's output, is wrong about dependencies too, and not only about shapes. Its equation then
counts as unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.geometry.words import Move, OperandRead
from jaxrf.theory.rules.site import Dependence, Elsewhere, Ring, Steps

__all__ = ["matches_shapes"]

Shape = tuple[int, ...]


def matches_shapes(dependence: Dependence, operands: Sequence[Shape], output: Shape) -> bool:
    """Whether a dependence fits the shapes of one output of an equation.

    Args:
        dependence: the dependence that the rule returned.
        operands: shapes of the operands.
        output: shape of the output.
    """
    if isinstance(dependence, Move):
        return dependence.fits(operands, output)
    if isinstance(dependence, Elsewhere):  # of values that are not its operands
        return matches_shapes(dependence.reads, operands, output)
    return len(dependence) == len(operands) and all(
        read is None or _read_matches(read, operand, output)
        for read, operand in zip(dependence, operands, strict=True)
    )


def _read_matches(read: OperandRead | Steps | Move | Ring, operand: Shape, output: Shape) -> bool:
    if isinstance(read, OperandRead):
        return read.fits(operand, output)
    if isinstance(read, Move):
        return read.fits((operand,), output)
    if isinstance(read, Ring):
        around = read.before + read.after
        longer = (n + around * (d == read.dim) for d, n in enumerate(operand))
        return tuple(longer) == tuple(output) and max(read.before, read.after) <= operand[read.dim]
    shapes = [operand, *(shape for _, shape in read.steps)]
    return shapes[-1] == output and all(
        _read_matches(step, before, after)
        for (step, after), before in zip(read.steps, shapes[:-1], strict=True)
    )
