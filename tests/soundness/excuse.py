"""Changes that do not count: something on the way was not finite in one run and is in the other.

Theory takes 0 * v for 0 and v - inf for -inf. Both hold for finite v alone, so a run in which some
value becomes infinite or NaN, or is so large that it no longer vanishes beside a mask of 1e30,
proves nothing. Such a run is looked at value by value: interpreted equation by equation, control
flow included. It counts where all values that differ are finite and of ordinary size in both runs.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from soundness.draw import Program
from soundness.truth import Truth
from soundness.weights import given

from jaxrf.program import compat

__all__ = ["counts"]

_LARGE = 1e15
_CALLS = {**compat.CALLS}


def counts(program: Program, truth: Truth, output: int, element: int, *, most: int = 6) -> bool:
    """Whether some change of an input element that changed an output did so by finite values."""
    where = np.argwhere(truth.differs[:, :, output] & (truth.changed == element))
    for base, run in where[:: max(1, len(where) // most)]:
        weights = {n: w[base] for n, w in truth.weights.items()}
        f = program.build(given(weights))
        before = _values(f, truth.inputs[base, 0])
        after = _values(f, truth.inputs[base, 1 + run])
        if len(before) != len(after):  # a data-dependent branch: nothing to compare value by value
            if all(map(_ordinary, before)) and all(map(_ordinary, after)):
                return True
        elif all(map(_alike, before, after)):
            return True
    return False


def _ordinary(value: np.ndarray) -> bool:
    return bool(np.isfinite(value).all()) and bool((np.abs(value) < _LARGE).all())


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two values differ only where both are finite and of ordinary size."""
    if a.shape != b.shape:
        return False
    differ = (a != b) & ~(np.isnan(a) & np.isnan(b))
    return _ordinary(a[differ]) and _ordinary(b[differ])


def _values(f, x: np.ndarray) -> list[np.ndarray]:
    """All floating-point values on the way, in order of execution."""
    seen: list[np.ndarray] = []
    with jax.default_matmul_precision("float32"):
        closed = jax.make_jaxpr(f)(x)
        jaxpr, constants = compat.open_jaxpr(closed)
        _run(jaxpr, constants, [x], seen)
    return seen


def _run(jaxpr, constants, arguments, seen: list[np.ndarray]) -> list[Any]:
    """Interpret a jaxpr, writing down what comes out of every equation."""
    values = dict(zip(jaxpr.invars, arguments, strict=True))
    values.update(zip(jaxpr.constvars, constants, strict=True))

    def read(atom):
        return atom.val if compat.is_literal(atom) else values[atom]

    for eqn in jaxpr.eqns:
        operands = [read(a) for a in eqn.invars]
        results = _inside(eqn, operands, seen)
        if results is None:
            params = eqn.primitive.get_bind_params(eqn.params)
            results = eqn.primitive.bind(*operands, **params)
            results = list(results) if eqn.primitive.multiple_results else [results]
        for v, result in zip(eqn.outvars, results, strict=True):
            values[v] = result
            if _is_float(v.aval):
                seen.append(np.asarray(result, np.float64))
    return [read(a) for a in jaxpr.outvars]


def _is_float(aval) -> bool:
    """Whether it is an array of floats, and not a reference to one."""
    plain = not hasattr(aval, "inner_aval") and hasattr(aval, "dtype")
    return plain and jax.numpy.issubdtype(aval.dtype, np.floating)


def _inside(eqn, operands, seen: list[np.ndarray]) -> list[Any] | None:
    """What a call, a branch or a loop returns, its inside written down too; None for others."""
    called, name = compat.body(eqn), eqn.primitive.name
    if called is not None:
        return _run(*called, operands, seen)
    if name == "cond":
        branches = eqn.params["branches"]
        taken = branches[int(np.clip(int(operands[0]), 0, len(branches) - 1))]
        return _run(*compat.open_jaxpr(taken), operands[1:], seen)
    if name == "while":
        p = eqn.params
        tests, bodies = p["cond_nconsts"], p["body_nconsts"]
        fixed, carry = operands[tests : tests + bodies], operands[tests + bodies :]
        test, body = compat.open_jaxpr(p["cond_jaxpr"]), compat.open_jaxpr(p["body_jaxpr"])
        while bool(_run(*test, [*operands[:tests], *carry], seen)[0]):
            carry = _run(*body, [*fixed, *carry], seen)
        return carry
    return _scanned(eqn, operands, seen) if name == "scan" else None


def _scanned(eqn, operands, seen: list[np.ndarray]) -> list[Any]:
    body, constants = compat.open_jaxpr(eqn.params["jaxpr"])
    length = eqn.params["length"]
    ranks = [
        (len(getattr(o.aval, "shape", ())), len(getattr(i.aval, "shape", ())))
        for o, i in zip(eqn.invars, body.invars, strict=True)
    ]
    stacked = [outer > inner for outer, inner in ranks]
    first = stacked.index(True) if any(stacked) else len(stacked)
    carries = sum(
        len(o.aval.shape) == len(i.aval.shape)
        for o, i in zip(eqn.outvars, body.outvars, strict=True)
    )
    fixed, carry = operands[: first - carries], operands[first - carries : first]
    rows: list[list[Any]] = [[] for _ in body.outvars[carries:]]
    order = range(length)[::-1] if eqn.params["reverse"] else range(length)
    for t in order:
        results = _run(body, constants, [*fixed, *carry, *(x[t] for x in operands[first:])], seen)
        carry = results[:carries]
        for row, made in zip(rows, results[carries:], strict=True):
            row.append(made)
    backwards = -1 if eqn.params["reverse"] else 1
    return [*carry, *(jax.numpy.stack(row[::backwards]) for row in rows)]
