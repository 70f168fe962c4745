"""Control flow, written out: loops unrolled, branches side by side.

So are stacks, which are concatenations of pieces with one more dimension.

Each function appends equations to a :class:`~jaxrf.program.flatten.Writer` and returns the numbers
of the outputs, or None where it cannot: then what it appended is taken back, the equation stays as
it is, depends on everything, and the result says so. What is written out can be run, measured and
derived like any other equation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.program import compat
from jaxrf.program.devices import shard_map
from jaxrf.program.states import merge

if TYPE_CHECKING:
    from jaxrf.program.flatten import Writer

__all__ = ["CONTROL"]

LONGEST = 200_000  # equations that a loop may become


def scan(writer: Writer, eqn, inputs, place: str, sources) -> Sequence[int] | None:
    """The body once a step; what runs along with the loop has one dimension more outside."""
    body, constants = compat.open_jaxpr(eqn.params["jaxpr"])
    length = eqn.params["length"]
    if length * (len(body.eqns) + 1) > LONGEST:
        return None
    stacked = [_rank(o) > _rank(i) for o, i in zip(eqn.invars, body.invars, strict=True)]
    carries = sum(_rank(o) == _rank(i) for o, i in zip(eqn.outvars, body.outvars, strict=True))
    first = stacked.index(True) if any(stacked) else len(stacked)
    fixed, carry = list(inputs[: first - carries]), list(inputs[first - carries : first])
    columns = [
        writer.trace(_rows(length, 0), [atom], [number], place, sources)
        for atom, number in zip(eqn.invars[first:], inputs[first:], strict=True)
    ]
    steps = range(length)[::-1] if eqn.params["reverse"] else range(length)
    rows: dict[int, list[int]] = {}
    for t in steps:
        step = [*fixed, *carry, *(column[t] for column in columns)]
        outputs = writer.write(body, constants, step, place, sources)
        carry, rows[t] = outputs[:carries], outputs[carries:]
    made = []
    for n, atom in enumerate(body.outvars[carries:]):
        column = [rows[t][n] for t in range(length)]
        empty = jnp.zeros((0, *atom.aval.shape), atom.aval.dtype)
        join = _stacked(0) if length else lambda empty=empty: [empty]
        made += writer.trace(join, [atom] * length, column, place, sources)
    return [*carry, *made]


def stack(writer: Writer, eqn, inputs, place: str, sources) -> Sequence[int]:
    """Operands side by side along a new dimension."""
    return writer.trace(_stacked(eqn.params["axis"]), eqn.invars, inputs, place, sources)


def unstack(writer: Writer, eqn, inputs, place: str, sources) -> Sequence[int]:
    """Every index of a dimension on its own."""
    rows = _rows(len(eqn.outvars), eqn.params["axis"])
    return writer.trace(rows, eqn.invars, inputs, place, sources)


def _stacked(axis: int) -> Callable:
    return lambda *xs: [lax.concatenate([lax.expand_dims(x, (axis,)) for x in xs], axis)]


def _rows(length: int, axis: int) -> Callable:
    return lambda x: [lax.index_in_dim(x, n, axis, keepdims=False) for n in range(length)]


def _rank(atom) -> int:
    return len(getattr(atom.aval, "shape", ()))


def while_(writer: Writer, eqn, inputs, place: str, sources) -> Sequence[int] | None:
    """As many turns as a predicate that follows from known values asks for."""
    p = eqn.params
    test, test_constants = compat.open_jaxpr(p["cond_jaxpr"])
    body, constants = compat.open_jaxpr(p["body_jaxpr"])
    test_fixed = inputs[: p["cond_nconsts"]]
    fixed = inputs[p["cond_nconsts"] : p["cond_nconsts"] + p["body_nconsts"]]
    carry = list(inputs[p["cond_nconsts"] + p["body_nconsts"] :])
    start = len(writer.equations)
    while len(writer.equations) - start <= LONGEST:
        (go_on,) = writer.write(test, test_constants, [*test_fixed, *carry], place, sources)
        known = writer.folding.get(go_on)
        if known is None:
            break  # the data decide
        if not known:
            return carry
        carry = writer.write(body, constants, [*fixed, *carry], place, sources)
    return None


def cond(writer: Writer, eqn, inputs, place: str, sources) -> Sequence[int]:
    """The branch that is taken where that is known, else all of them and a select."""
    branches, (which, *operands) = eqn.params["branches"], inputs
    known = writer.folding.get(which)
    if known is not None:
        branches = [branches[int(np.clip(known, 0, len(branches) - 1))]]
    before, ends, results = dict(writer.states.held), [], []
    for branch in branches:
        writer.states.held = dict(before)
        body, constants = compat.open_jaxpr(branch)
        results.append(writer.write(body, constants, operands, place, sources))
        ends.append(writer.states.held)
    if len(results) == 1:
        return results[0]
    merge(writer, before, ends, (eqn.invars[0], which), place, sources)
    made: list[int] = []
    for atom, cases in zip(eqn.outvars, zip(*results, strict=True), strict=True):
        atoms = [eqn.invars[0], *(atom for _ in cases)]
        made += writer.trace(lax.select_n, atoms, [which, *cases], place, sources)
    return made


def reduction(writer: Writer, eqn, inputs, place: str, sources) -> Sequence[int] | None:
    """A collective over axes of ``vmap``, which are dimensions by now."""
    axes, join = eqn.params["axes"], _REDUCTIONS[eqn.primitive.name]
    if not all(isinstance(axis, int) for axis in axes) or eqn.params.get("axis_index_groups"):
        return None
    return writer.trace(lambda *xs: [join(x, axes) for x in xs], eqn.invars, inputs, place, sources)


_REDUCTIONS: dict[str, Callable] = {
    "psum": lambda x, axes: jnp.sum(x, axes, dtype=x.dtype),
    "pmax": jnp.max,
    "pmin": jnp.min,
}
CONTROL: dict[str, Callable[..., Sequence[int] | None]] = {
    "scan": scan,
    "while": while_,
    "cond": cond,
    "shard_map": shard_map,
    "stack": stack,
    "unstack": unstack,
    **dict.fromkeys(_REDUCTIONS, reduction),
}
