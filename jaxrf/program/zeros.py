"""Where a value may differ from zero along each of its dimensions: what padding leaves out.

A transform of length n pads its operand with zeros, and so do models by hand. Along a dimension
those indices hold zeros whatever the weights and the input are, because the program says so.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from jaxrf.program.equation import Equation
from jaxrf.program.partial_constants import partial_constant
from jaxrf.program.primitives import keeping_zero
from jaxrf.program.program import Program

__all__ = ["Lines", "everywhere", "full_constant", "kept_dims", "may_differ", "padded"]

Lines = tuple[np.ndarray, ...]  # one bool array per dimension, of its length

Look = Callable[[int], Lines]

_DEPTH = 60  # equations looked back through; beyond them anything may differ from zero


def may_differ(program: Program, number: int) -> Lines:
    """Per dimension, the indices at which some element of a value may differ from zero.

    Args:
        program: the flat program.
        number: of the value.
    """
    memo: dict[int, Lines] = {}

    def look(number: int, depth: int) -> Lines:
        if number not in memo:
            memo[number] = _found(program, number, lambda n: look(n, depth - 1), depth)
        return memo[number]

    return look(number, _DEPTH)


def _found(program: Program, number: int, look: Look, depth: int) -> Lines:
    shape = program.shapes[number]
    equation = program.made.get(number)
    follow = _FOLLOW.get(equation.name) if equation is not None and depth else None
    if follow is not None and equation is not None and program.fold(number) is None:
        lines = follow(program, equation, look)
        if lines is not None:
            return lines
    part = partial_constant(program, number)
    if part is None:
        return everywhere(shape)
    open_ = np.broadcast_to(~(part.mask & (part.values == 0)), shape)
    dims = range(len(shape))
    return tuple(np.asarray(open_.any(tuple(e for e in dims if e != d))) for d in dims)


def full_constant(program: Program, number: int) -> np.ndarray | None:
    """A value that the program's text decides in full; None where something else does."""
    part = partial_constant(program, number)
    if part is None or not part.mask.all():
        return None
    return np.broadcast_to(part.values, program.shapes[number])


def everywhere(shape) -> Lines:
    """All indices of all dimensions."""
    return tuple(np.ones(n, bool) for n in shape)


def kept_dims(before, after) -> dict[int, int]:
    """Dimensions that a reshape leaves as they are: that of the output -> that of the operand."""
    places = {(prod(before[:d]), n): d for d, n in enumerate(before) if n > 1}
    found = ((d, places.get((prod(after[:d]), n))) for d, n in enumerate(after))
    return {d: source for d, source in found if source is not None}


def _same(program: Program, eq: Equation, look: Look) -> Lines | None:
    return look(eq.inputs[0]) if eq.in_shapes[0] == eq.out_shapes[0] else None


def _pad(program: Program, eq: Equation, look: Look) -> Lines | None:
    value = full_constant(program, eq.inputs[1])
    if value is None or value.any():
        return None
    lines, config = look(eq.inputs[0]), eq.params["padding_config"]
    return tuple(padded(line, *sides) for line, sides in zip(lines, config, strict=True))


def padded(line: np.ndarray, low: int, high: int, interior: int) -> np.ndarray:
    """A line of an array that is padded with zeros."""
    size = len(line) + max(0, len(line) - 1) * interior + low + high
    index, rest = np.divmod(np.arange(size) - low, interior + 1)
    real = (rest == 0) & (index >= 0) & (index < len(line))
    return real & line[np.where(real, index, 0)] if len(line) else real


def _concatenate(program: Program, eq: Equation, look: Look) -> Lines | None:
    dim, pieces = eq.params["dimension"], [look(n) for n in eq.inputs]
    zero = [not all(line.any() for line in piece) for piece in pieces]
    along = [p[dim] & (not z) for p, z in zip(pieces, zero, strict=True)]
    across = [p for p, z in zip(pieces, zero, strict=True) if not z]
    return tuple(
        np.concatenate(along) if d == dim else _any([p[d] for p in across], n)
        for d, n in enumerate(eq.out_shapes[0])
    )


def _any(lines: list[np.ndarray], length: int) -> np.ndarray:
    return np.any(lines, 0) if lines else np.zeros(length, bool)


def _slice(program: Program, eq: Equation, look: Look) -> Lines | None:
    p = eq.params
    steps = p["strides"] or (1,) * len(eq.out_shapes[0])
    bounds = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return tuple(
        line[slice(*bound)] for line, bound in zip(look(eq.inputs[0]), bounds, strict=True)
    )


def _reverse(program: Program, eq: Equation, look: Look) -> Lines | None:
    lines, dims = look(eq.inputs[0]), eq.params["dimensions"]
    return tuple(line[::-1] if d in dims else line for d, line in enumerate(lines))


def _transpose(program: Program, eq: Equation, look: Look) -> Lines | None:
    lines = look(eq.inputs[0])
    return tuple(lines[d] for d in eq.params["permutation"])


def _broadcast(program: Program, eq: Equation, look: Look) -> Lines | None:
    lines, found = look(eq.inputs[0]), list(everywhere(eq.out_shapes[0]))
    for source, target in enumerate(eq.params["broadcast_dimensions"]):
        found[target] = found[target] & lines[source]
    return tuple(found)


def _reshape(program: Program, eq: Equation, look: Look) -> Lines | None:
    if eq.params.get("dimensions") is not None and eq.name == "reshape":
        return None
    lines, found = look(eq.inputs[0]), list(everywhere(eq.out_shapes[0]))
    for target, source in kept_dims(eq.in_shapes[0], eq.out_shapes[0]).items():
        found[target] = lines[source]
    return tuple(found)


def _product(program: Program, eq: Equation, look: Look) -> Lines | None:
    """Zero where one of the factors is."""
    found = list(everywhere(eq.out_shapes[0]))
    for number, shape in zip(eq.inputs, eq.in_shapes, strict=True):
        if len(shape) == len(found):
            found = [a & b for a, b in zip(found, look(number), strict=True)]
    return tuple(found)


def _sum(program: Program, eq: Equation, look: Look) -> Lines | None:
    """Zero where all summands are."""
    if any(shape != eq.out_shapes[0] for shape in eq.in_shapes):
        return None
    return _united([look(n) for n in eq.inputs], eq.out_shapes[0])


def _united(parts: list[Lines], shape) -> Lines:
    """Where one of several arrays of a shape may differ; one that is zero all over does not."""
    some = [lines for lines in parts if all(line.any() for line in lines)]
    return tuple(_any([lines[d] for lines in some], n) for d, n in enumerate(shape))


def _update(program: Program, eq: Equation, look: Look) -> Lines | None:
    """A piece written into zeros at a known start."""
    starts = [start for n in eq.inputs[2:] if (start := program.fold(n)) is not None]
    if len(starts) < len(eq.out_shapes[0]):
        return None
    room = [n - m for n, m in zip(*eq.in_shapes[:2], strict=True)]
    firsts = [int(np.clip(start, 0, r)) for start, r in zip(starts, room, strict=True)]
    return _written(look(eq.inputs[0]), look(eq.inputs[1]), firsts, eq.out_shapes[0])


def _scatter(program: Program, eq: Equation, look: Look) -> Lines | None:
    """The same as ``x.at[2:5].set(piece)`` has it: one slice of full rank at a known start."""
    numbers, indices = eq.params["dimension_numbers"], program.fold(eq.inputs[1])
    rank = len(eq.out_shapes[0])
    if indices is None or indices.ndim != 1 or len(numbers.update_window_dims) != rank:
        return None
    firsts = [0] * rank
    for d, start in zip(numbers.scatter_dims_to_operand_dims, indices, strict=True):
        firsts[d] = int(start)
    room = [n - m for n, m in zip(eq.in_shapes[0], eq.in_shapes[2], strict=True)]
    if any(not 0 <= first <= r for first, r in zip(firsts, room, strict=True)):
        return None
    return _written(look(eq.inputs[0]), look(eq.inputs[2]), firsts, eq.out_shapes[0])


def _written(below: Lines, piece: Lines, firsts: list[int], shape) -> Lines:
    lines = [
        np.pad(line, (first, n - len(line) - first))
        for line, first, n in zip(piece, firsts, shape, strict=True)
    ]
    return _united([below, tuple(lines)], shape)


_FOLLOW: dict[str, Callable[[Program, Equation, Look], Lines | None]] = {
    **dict.fromkeys(keeping_zero(), _same),
    "pad": _pad,
    "concatenate": _concatenate,
    "slice": _slice,
    "rev": _reverse,
    "transpose": _transpose,
    "broadcast_in_dim": _broadcast,
    **dict.fromkeys(("reshape", "squeeze", "expand_dims"), _reshape),
    "mul": _product,
    **dict.fromkeys(("add", "sub", "add_any"), _sum),
    "dynamic_update_slice": _update,
    **dict.fromkeys(("scatter", "scatter-add"), _scatter),
}
