"""Branches, side by side: a condition that is not known selects among all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from jaxrf.program import compat
from jaxrf.program.writer import Writer

__all__ = ["cond"]


def cond(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
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
    predicate = eqn.invars[0], which
    writer.states.merge(before, ends, predicate, lambda *a: writer.trace(*a, place, sources))
    made: list[int] = []
    for atom, cases in zip(eqn.outvars, zip(*results, strict=True), strict=True):
        atoms = [eqn.invars[0], *(atom for _ in cases)]
        made += writer.trace(lax.select_n, atoms, [which, *cases], place, sources)
    return made
