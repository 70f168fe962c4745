"""Loops, unrolled: the body once per step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from jaxrf.program import compat
from jaxrf.program.expansions.stacks import pieces_of, stacked
from jaxrf.program.writer import Writer

__all__ = ["scan", "while_"]

LONGEST = 200_000  # equations that a loop may become


def scan(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int] | None:
    """The body once per step; what runs along with the loop has one dimension more outside."""
    body, constants = compat.open_jaxpr(eqn.params["jaxpr"])
    length = eqn.params["length"]
    if length * (len(body.eqns) + 1) > LONGEST:
        return None
    runs = [_rank(o) > _rank(i) for o, i in zip(eqn.invars, body.invars, strict=True)]
    carries = sum(_rank(o) == _rank(i) for o, i in zip(eqn.outvars, body.outvars, strict=True))
    first = runs.index(True) if any(runs) else len(runs)
    fixed, carry = list(inputs[: first - carries]), list(inputs[first - carries : first])
    columns = [
        writer.trace(pieces_of(length, 0), [atom], [number], place, sources)
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
        join = stacked(0) if length else lambda empty=empty: [empty]
        made += writer.trace(join, [atom] * length, column, place, sources)
    return [*carry, *made]


def while_(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int] | None:
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


def _rank(atom: compat.Atom) -> int:
    return len(getattr(atom.aval, "shape", ()))
