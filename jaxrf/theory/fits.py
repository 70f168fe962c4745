"""Whether what a rule says about an equation fits the equation's own shapes.

A rule that reads a dimension which is not there, or makes a node of another shape than the
equation's output, is wrong about dependencies too, and not only about shapes. Its equation then
counts as unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from jaxrf.geometry.graph import Access, AnyOf, Concatenate, Groups, Read, Reshape, Taps
from jaxrf.geometry.layers import IDENTITY, Window
from jaxrf.theory.rules.site import Elsewhere, How, Ring, Steps

__all__ = ["fits"]

Shape = tuple[int, ...]


def fits(how: How, operands: Sequence[Shape], output: Shape) -> bool:
    """Whether one output of an equation can have come about in this way.

    Args:
        how: what its rule says.
        operands: shapes of the operands.
        output: shape of the output.
    """
    if isinstance(how, Reshape):
        return prod(operands[0]) == prod(output)
    if isinstance(how, Concatenate):
        return _concatenates(how.dim, operands, output)
    if isinstance(how, Elsewhere):  # of values that are not its operands
        return fits(how.reads, operands, output)
    return len(how) == len(operands) and all(
        read is None or _fits(read, operand, output)
        for read, operand in zip(how, operands, strict=True)
    )


def _concatenates(dim: int, operands: Sequence[Shape], output: Shape) -> bool:
    def others(shape: Shape) -> Shape:
        return shape[:dim] + shape[dim + 1 :]

    return (
        0 <= dim < len(output)
        and all(others(shape) == others(output) for shape in operands)
        and sum(shape[dim] for shape in operands) == output[dim]
    )


def _fits(read: Read | AnyOf | Steps | Reshape | Ring, operand: Shape, output: Shape) -> bool:
    if isinstance(read, Read):
        return _reads(read, operand, output)
    if isinstance(read, AnyOf):
        return all(_reads(one, operand, output) for one in read.reads)
    if isinstance(read, Reshape):
        return prod(operand) == prod(output)
    if isinstance(read, Ring):
        around = read.before + read.after
        longer = (n + around * (d == read.dim) for d, n in enumerate(operand))
        return tuple(longer) == tuple(output) and max(read.before, read.after) <= operand[read.dim]
    shapes = [operand, *(shape for _, shape in read.steps)]
    return shapes[-1] == output and all(
        _fits(step, before, after)
        for (step, after), before in zip(read.steps, shapes[:-1], strict=True)
    )


def _reads(read: Read, operand: Shape, output: Shape) -> bool:
    if len(read.dims) != len(output):
        return False
    rank = len(operand)
    for step, length in zip(read.dims, output, strict=True):
        if step is not None:
            dim, access = step
            if not (0 <= dim < rank and _leads(access, operand[dim], length)):
                return False
    return read.where is None or (
        read.where.ndim == len(output)
        and all(n in (1, m) for n, m in zip(read.where.shape, output, strict=True))
    )


def _leads(access: Access, inputs: int, outputs: int) -> bool:
    """Whether an access leads from a dimension to one of another length."""
    if access is IDENTITY:
        return inputs == outputs
    if isinstance(access, Window):
        return access.output_length(inputs) == outputs
    if isinstance(access, Groups):
        return inputs % access.count == 0 == outputs % access.count
    if isinstance(access, Taps):
        table = access.table
        within = not table.size or (-1 <= int(table.min()) and int(table.max()) < inputs)
        return len(table) == outputs and within
    return inputs == outputs  # running
