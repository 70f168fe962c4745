"""Known zeros: where a value may differ from zero along each of its dimensions (padding).

A transform of length n pads its operand with zeros, and so do models by hand. Along a dimension
those indices hold zeros whatever the weights and the input are, because the program says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from jaxrf.program.folded_operands import FoldedOperands
from jaxrf.program.partial_constants import partial_constant
from jaxrf.program.primitives import keeping_zero
from jaxrf.program.program import Program
from jaxrf.program.reading import Reading

__all__ = ["ZEROS", "Lines", "everywhere", "full_constant", "kept_dims", "may_differ", "padded"]

Lines = tuple[np.ndarray, ...]  # one bool array per dimension, of its length

Look = Callable[[int], Lines]

_DEPTH = 60  # equations looked back through; beyond them anything may differ from zero


@dataclass(eq=False)
class ZeroSite(FoldedOperands):
    """One equation, of whose result the zeros are asked for.

    Attributes:
        look: function that answers the same question about another value.
    """

    look: Look = field(kw_only=True)

    def operand(self, n: int) -> Lines:
        """The answer about operand ``n``."""
        return self.look(self.equation.inputs[n])


# Where a rule cannot tell, what is known of single elements is all that is known.
ZEROS: Reading[ZeroSite, Lines | None] = Reading("zeros", default=lambda site: None)


def may_differ(program: Program, number: int) -> Lines:
    """Per dimension, the indices at which some element of a value may differ from zero.

    Args:
        program: the flat program.
        number: value number.
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
    if equation is not None and depth and program.fold(number) is None:
        lines = ZEROS(ZeroSite(equation, program=program, look=look))
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


def everywhere(shape: Sequence[int]) -> Lines:
    """All indices of all dimensions."""
    return tuple(np.ones(n, bool) for n in shape)


def kept_dims(before: Sequence[int], after: Sequence[int]) -> dict[int, int]:
    """Dimensions that a reshape leaves as they are: that of the output -> that of the operand."""
    places = {(prod(before[:d]), n): d for d, n in enumerate(before) if n > 1}
    found = ((d, places.get((prod(after[:d]), n))) for d, n in enumerate(after))
    return {d: source for d, source in found if source is not None}


@ZEROS.rule(*keeping_zero())
def _same(site: ZeroSite) -> Lines | None:
    return site.operand(0) if site.in_shapes[0] == site.out_shapes[0] else None


@ZEROS.rule("pad")
def _pad(site: ZeroSite) -> Lines | None:
    value = full_constant(site.program, site.equation.inputs[1])
    if value is None or value.any():
        return None
    lines, config = site.operand(0), site.params["padding_config"]
    return tuple(padded(line, *sides) for line, sides in zip(lines, config, strict=True))


def padded(line: np.ndarray, low: int, high: int, interior: int) -> np.ndarray:
    """A line of an array that is padded with zeros."""
    size = len(line) + max(0, len(line) - 1) * interior + low + high
    index, rest = np.divmod(np.arange(size) - low, interior + 1)
    real = (rest == 0) & (index >= 0) & (index < len(line))
    padded_line: np.ndarray = real & line[np.where(real, index, 0)] if len(line) else real
    return padded_line


@ZEROS.rule("concatenate")
def _concatenate(site: ZeroSite) -> Lines | None:
    dim, pieces = site.params["dimension"], [site.operand(n) for n in range(len(site.in_shapes))]
    zero = [not all(line.any() for line in piece) for piece in pieces]
    along = [p[dim] & (not z) for p, z in zip(pieces, zero, strict=True)]
    across = [p for p, z in zip(pieces, zero, strict=True) if not z]
    return tuple(
        np.concatenate(along) if d == dim else _any([p[d] for p in across], n)
        for d, n in enumerate(site.out_shapes[0])
    )


def _any(lines: list[np.ndarray], length: int) -> np.ndarray:
    return np.any(lines, 0) if lines else np.zeros(length, bool)


@ZEROS.rule("slice")
def _slice(site: ZeroSite) -> Lines | None:
    p = site.params
    steps = p["strides"] or (1,) * len(site.out_shapes[0])
    bounds = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return tuple(line[slice(*bound)] for line, bound in zip(site.operand(0), bounds, strict=True))


@ZEROS.rule("rev")
def _reverse(site: ZeroSite) -> Lines | None:
    lines, dims = site.operand(0), site.params["dimensions"]
    return tuple(line[::-1] if d in dims else line for d, line in enumerate(lines))


@ZEROS.rule("transpose")
def _transpose(site: ZeroSite) -> Lines | None:
    lines = site.operand(0)
    return tuple(lines[d] for d in site.params["permutation"])


@ZEROS.rule("broadcast_in_dim")
def _broadcast(site: ZeroSite) -> Lines | None:
    lines, found = site.operand(0), list(everywhere(site.out_shapes[0]))
    for source, target in enumerate(site.params["broadcast_dimensions"]):
        found[target] = found[target] & lines[source]
    return tuple(found)


@ZEROS.rule("reshape", "squeeze", "expand_dims")
def _reshape(site: ZeroSite) -> Lines | None:
    if site.params.get("dimensions") is not None and site.name == "reshape":
        return None
    lines, found = site.operand(0), list(everywhere(site.out_shapes[0]))
    for target, source in kept_dims(site.in_shapes[0], site.out_shapes[0]).items():
        found[target] = lines[source]
    return tuple(found)


@ZEROS.rule("mul")
def _product(site: ZeroSite) -> Lines | None:
    """Zero where one of the factors is."""
    found = list(everywhere(site.out_shapes[0]))
    for n, shape in enumerate(site.in_shapes):
        if len(shape) == len(found):
            found = [a & b for a, b in zip(found, site.operand(n), strict=True)]
    return tuple(found)


@ZEROS.rule("add", "sub", "add_any")
def _sum(site: ZeroSite) -> Lines | None:
    """Zero where all summands are."""
    if any(shape != site.out_shapes[0] for shape in site.in_shapes):
        return None
    return _united([site.operand(n) for n in range(len(site.in_shapes))], site.out_shapes[0])


def _united(parts: list[Lines], shape: Sequence[int]) -> Lines:
    """Where any of several arrays of one shape may differ from zero."""
    some = [lines for lines in parts if all(line.any() for line in lines)]
    return tuple(_any([lines[d] for lines in some], n) for d, n in enumerate(shape))


@ZEROS.rule("dynamic_update_slice")
def _update(site: ZeroSite) -> Lines | None:
    """A piece written into zeros at a known start."""
    starts = [start for n in range(2, len(site.in_shapes)) if (start := site.fold(n)) is not None]
    if len(starts) < len(site.out_shapes[0]):
        return None
    room = [n - m for n, m in zip(*site.in_shapes[:2], strict=True)]
    firsts = [int(np.clip(start, 0, r)) for start, r in zip(starts, room, strict=True)]
    return _written(site.operand(0), site.operand(1), firsts, site.out_shapes[0])


@ZEROS.rule("scatter", "scatter-add")
def _scatter(site: ZeroSite) -> Lines | None:
    """A scatter of one slice of full rank at a known start, as of ``x.at[2:5].set(piece)``."""
    numbers, indices = site.params["dimension_numbers"], site.fold(1)
    rank = len(site.out_shapes[0])
    if indices is None or indices.ndim != 1 or len(numbers.update_window_dims) != rank:
        return None
    firsts = [0] * rank
    for d, start in zip(numbers.scatter_dims_to_operand_dims, indices, strict=True):
        firsts[d] = int(start)
    room = [n - m for n, m in zip(site.in_shapes[0], site.in_shapes[2], strict=True)]
    if any(not 0 <= first <= r for first, r in zip(firsts, room, strict=True)):
        return None
    return _written(site.operand(0), site.operand(2), firsts, site.out_shapes[0])


def _written(below: Lines, piece: Lines, firsts: list[int], shape: Sequence[int]) -> Lines:
    lines = [
        np.pad(line, (first, n - len(line) - first))
        for line, first, n in zip(piece, firsts, shape, strict=True)
    ]
    return _united([below, tuple(lines)], shape)
