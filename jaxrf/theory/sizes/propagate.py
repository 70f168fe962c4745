"""One input axis through a traced program, for all lengths of a residue at once.

Where every operation on the way is a window, elementwise, or global, the field of every value is a
:class:`~jaxrf.geometry.periodic_maps.Periodic` map, exact for any length. It is carried forward,
one visit per equation: eqs (3) and (4) of the article forwards, united and checked by (12) and (13)
at joins. What is not of that kind (reshapes that mix the axis, tables of taps, unknown operations)
is lost, with its reason: those end-points are looked at at concrete lengths instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm
from typing import Any

from jaxrf.geometry.periodic_maps import IDENTITY_MAP, Periodic, compose, union
from jaxrf.geometry.words import IDENTITY, Move, OperandRead, Read
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.reading import interpret
from jaxrf.program.slices import reading
from jaxrf.theory.rules import THEORY
from jaxrf.theory.rules.site import Elsewhere, Site
from jaxrf.theory.solve.causal_joins import maps_end_together

__all__ = ["AxisState", "equation_reads", "propagate"]

Resolve = Callable[[Any], int | None]


@dataclass(frozen=True, slots=True)
class AxisState:
    """The field of one value along the input axis.

    Attributes:
        dim: its dimension that follows the axis; None where no path is local.
        field: interval of the axis for every index along ``dim``; None where no path is local.
        aligned: the operands of every join below have one centre, eqs (12) and (13), or end
            together (causal).
        via: the first operation below that sees the whole axis.
        mixed: dimensions along which a reshape has laid the axis together with others: an operation
            that reads all of them whole sees the whole axis, of others nothing is known.
        lost: why the axis cannot be followed to here; the rest then says nothing.
    """

    dim: int | None
    field: Periodic | None
    aligned: bool = True
    via: Equation | None = None
    mixed: frozenset[int] = frozenset()
    lost: str | None = None


def equation_reads(program: Program) -> list[tuple[Equation, list[Any] | None]]:
    """Every equation that the inputs can influence, with how each output reads; None: no rule.

    A rule may compute with lengths in a way that symbolic ones do not allow: then it says nothing.
    """
    found: list[tuple[Equation, list[Any] | None]] = []
    for eq in reading(program.equations, program.dependent):
        dependence = THEORY(Site(eq, program=program))
        if dependence is None:
            found.append((eq, None))
        else:
            found.append(
                (eq, dependence if isinstance(dependence, list) else [dependence] * len(eq.outputs))
            )
    return found


def propagate(
    equations: Sequence[tuple[Equation, list[Any] | None]], source: int, axis: int, resolve: Resolve
) -> dict[int, AxisState]:
    """The state of every value that the axis can influence.

    Args:
        equations: as :func:`equation_reads` has them.
        source: value number of the input.
        axis: of the input.
        resolve: a window's parameter, which may be a dimension expression, as an integer; None
            where it is not one and the same for all lengths.
    """
    dependences = dict(equations)

    def step(eq: Equation, operands: list[AxisState | None]) -> list[AxisState | None]:
        of_outputs = dependences[eq]
        if of_outputs is None:
            return [_lost(eq, "no rule for") for _ in eq.outputs]
        parts = (_parts(eq, dependence, operands, resolve) for dependence in of_outputs)
        return [_joined(eq, some) if some else None for some in parts]

    states = {source: AxisState(axis, IDENTITY_MAP)}
    interpret(list(dependences), states, step, reached=True)
    return states


def _parts(
    eq: Equation, dependence: Any, operands: Sequence[AxisState | None], resolve: Resolve
) -> list[AxisState]:
    """The operands as an output sees them."""
    if isinstance(dependence, Move):
        found = (operands[n] for n in dependence.moved(range(len(operands))))
        moved = [state for state in found if state is not None]
        if any(dependence.concatenates_along(d) for t in moved for d in _dims(t)):
            return [_lost(eq, "laid along the axis by")]
        kept = dependence.kept_dims(eq.in_shapes[0], eq.out_shapes[0])
        return [_moved(eq, t, kept) for t in moved]
    if isinstance(dependence, Elsewhere):
        return [_lost(eq, "not read as a window by")]
    return [
        _read(eq, state, read, resolve)
        for state, read in zip(operands, dependence, strict=True)
        if state is not None and read is not None
    ]


def _read(eq: Equation, state: AxisState, dependence: Any, resolve: Resolve) -> AxisState:
    """One operand through its read."""
    if state.lost or (state.field is None and not state.mixed):
        return state  # global already, however it is read
    if not isinstance(dependence, OperandRead):
        return _lost(eq, "not read as a window by")
    if len(dependence.parts) > 1:
        states = [_read(eq, state, part, resolve) for part in dependence.parts]
        return replace(_joined(eq, states), aligned=state.aligned)
    (read,) = dependence.parts
    if read.where is not None:
        return _lost(eq, "not read as a window by")
    if state.field is None:
        return _read_mixed(eq, state, read)
    steps = [(d, step[1]) for d, step in enumerate(read.dims) if step and step[0] == state.dim]
    if not steps or steps[0][1].reads_all:
        return AxisState(None, None, state.aligned, state.via or eq)
    access = steps[0][1].resolved(resolve) if len(steps) == 1 else None
    mapped = None if access is None else access.periodic_map()
    if mapped is None:
        return _lost(eq, "not a window of fixed padding:")
    return replace(state, dim=steps[0][0], field=compose(mapped, state.field))


def _read_mixed(eq: Equation, state: AxisState, dependence: Read) -> AxisState:
    """A read of a mixed axis: elementwise or whole; for a part of it the axis is lost."""
    steps = [(d, step) for d, step in enumerate(dependence.dims) if step and step[0] in state.mixed]
    if all(access.reads_all for _, (_, access) in steps):
        return AxisState(None, None, state.aligned, state.via or eq)
    if {dim for _, (dim, _) in steps} == state.mixed and all(a == IDENTITY for _, (_, a) in steps):
        return replace(state, mixed=frozenset(d for d, _ in steps))
    return _lost(eq, "mixed with other axes and read in part by")


def _is_one(n: Any) -> bool:
    return isinstance(n, int) and n == 1


def _dims(state: AxisState) -> frozenset[int]:
    """The dimensions that the axis lies along, if any."""
    return state.mixed if state.dim is None else state.mixed | {state.dim}


def _moved(eq: Equation, state: AxisState, kept: Mapping[int, int]) -> AxisState:
    """One operand after its elements were moved; ``kept`` are the dimensions that stay."""
    dims = state.mixed if state.dim is None else {state.dim}
    if state.lost or not dims:
        return state
    if state.dim is not None and state.dim in kept:
        return replace(state, dim=kept[state.dim])
    if dims <= kept.keys():
        return replace(state, mixed=frozenset(kept[d] for d in dims))
    others = set(range(len(eq.out_shapes[0]))) - set(kept.values())
    mixed = frozenset(d for d in others if not _is_one(eq.out_shapes[0][d]))
    if not dims.isdisjoint(kept):
        mixed |= {kept[d] for d in dims if d in kept}
    return AxisState(None, None, state.aligned, state.via, mixed)


def _joined(eq: Equation, parts: list[AxisState]) -> AxisState:
    """The union of the operands, checked by eqs (12) and (13)."""
    lost = next((t for t in parts if t.lost), None)
    if lost is not None:
        return lost
    via = next((t.via for t in parts if t.via), None)
    aligned = all(t.aligned for t in parts)
    mixed = {t.mixed for t in parts if t.mixed}
    if mixed:
        if len(mixed) > 1 or any(t.field for t in parts):
            return _lost(eq, "mixed with other axes in one operand of")
        return AxisState(None, None, aligned, via, mixed.pop())
    local = [(t.dim, t.field) for t in parts if t.field is not None]
    if not local:
        return AxisState(None, None, aligned, via)
    dim, first = local[0]
    field, centered, together = first, True, True
    for other_dim, other in local[1:]:
        if other is first and other_dim == dim:
            continue
        both = union(field, other) if other_dim == dim else None
        if both is None:
            return _lost(eq, "operands that move differently in")
        period = lcm(len(first.lows), len(other.lows))
        centered = centered and first.doubled_centers(period) == other.doubled_centers(period)
        together = together and maps_end_together(first, other, period)
        field = both
    return AxisState(dim, field, aligned and (centered or together), via)


def _label(eq: Equation) -> str:
    place = " ".join(p for p in (eq.scope, eq.source and f"at {eq.source}") if p)
    return f"{eq.name} ({place})" if place else eq.name


def _lost(eq: Equation, why: str) -> AxisState:
    return AxisState(None, None, lost=f"{why} {_label(eq)}")
