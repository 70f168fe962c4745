"""Evaluate one equation on known arrays, in numpy where the result is the same, else by JAX.

Index tables, masks and resizing matrices are built inside the traced program from iota and a few
dozen common primitives; compiling them costs more than all of the theory does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.reading import Reading, Site

__all__ = ["VALUES", "evaluate"]

Arrays = list[np.ndarray]


def evaluate(equation: Equation, operands: Sequence[np.ndarray]) -> Arrays | None:
    """The results of an equation on arrays; None where it cannot run on its own."""
    with np.errstate(all="ignore"):  # what overflows does so silently, as in JAX
        found = VALUES(Site(equation, operands))
    return None if found is None else [np.asarray(result) for result in found]


def by_jax(site: Site) -> Arrays | None:
    """Evaluate by the primitive itself.

    A measurement folds while it is being traced. Every dtype exists in 64 bits, and none is
    changed: what was traced in float32 is rounded in float32.
    """
    try:
        with jax.ensure_compile_time_eval(), compat.float64():
            return [np.asarray(r) for r in compat.bind(site.equation, *site.operands)]
    except Exception:  # whatever keeps it from running: what is not known is only a bound
        return None


VALUES: Reading[Site, Arrays | None] = Reading("concrete values", default=by_jax)

# Primitive -> the numpy function that does the same, element by element.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "add": np.add,
    "ceil": np.ceil,
    "eq": np.equal,
    "floor": np.floor,
    "ge": np.greater_equal,
    "gt": np.greater,
    "le": np.less_equal,
    "lt": np.less,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "ne": np.not_equal,
    "neg": np.negative,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "sign": np.sign,
    "square": np.square,
    "sub": np.subtract,
}


@VALUES.rule(*_FUNCTIONS)
def elementwise(site: Site) -> Arrays:
    """Apply the function of numpy of the same meaning."""
    return [_FUNCTIONS[site.name](*site.operands)]


@VALUES.rule("copy", "name", "stop_gradient")
def same(site: Site) -> Arrays:
    """The operand itself."""
    return [site.operands[0]]


@VALUES.rule("div")
def divide(site: Site) -> Arrays | None:
    """Divide floats; integers are left to XLA, which rounds them towards zero."""
    a, b = site.operands
    return [a / b] if a.dtype.kind == "f" else None


@VALUES.rule("select_n")
def select(site: Site) -> Arrays | None:
    """The chosen case; an index out of range is clipped, as by XLA."""
    which, *cases = site.operands
    if len(cases) > 8:
        return None
    which = np.broadcast_to(which, np.shape(cases[0])).astype(np.intp)
    return [np.choose(which, cases, mode="clip")]


@VALUES.rule("convert_element_type")
def convert(site: Site) -> Arrays | None:
    """Between plain dtypes; what is out of the range of integers is clamped by XLA, not wrapped."""
    (x,), wanted = site.operands, np.dtype(site.params["new_dtype"])
    plain = wanted.kind in "fiub" and x.dtype.kind in "fiub"
    if not plain or (x.dtype.kind == "f" and wanted.kind in "iu"):
        return None
    return [x.astype(wanted)]


@VALUES.rule("broadcast_in_dim")
def broadcast(site: Site) -> Arrays:
    """Axes in their new places, spread over the others."""
    x, shape = site.operands[0], [1] * len(site.params["shape"])
    for source, target in enumerate(site.params["broadcast_dimensions"]):
        shape[target] = x.shape[source]
    return [np.broadcast_to(np.reshape(x, shape), site.params["shape"])]


@VALUES.rule("reshape")
def reshape(site: Site) -> Arrays | None:
    """A reshape in row-major order."""
    if site.params.get("dimensions"):
        return None
    return [np.reshape(site.operands[0], site.params["new_sizes"])]


@VALUES.rule("squeeze")
def squeeze(site: Site) -> Arrays:
    """Remove axes of length 1."""
    return [np.squeeze(site.operands[0], tuple(site.params["dimensions"]))]


@VALUES.rule("transpose")
def transpose(site: Site) -> Arrays:
    """Axes in another order."""
    return [np.transpose(site.operands[0], site.params["permutation"])]


@VALUES.rule("concatenate")
def concatenate(site: Site) -> Arrays:
    """Operands one after the other."""
    return [np.concatenate(site.operands, site.params["dimension"])]


@VALUES.rule("rev")
def reverse(site: Site) -> Arrays:
    """Axes turned round."""
    return [np.flip(site.operands[0], site.params["dimensions"])]


@VALUES.rule("iota")
def iota(site: Site) -> Arrays:
    """Numbers from 0 along one axis."""
    shape, dim = site.params["shape"], site.params["dimension"]
    line = np.arange(shape[dim]).astype(site.params["dtype"])
    line = line.reshape([-1 if d == dim else 1 for d in range(len(shape))])
    return [np.broadcast_to(line, shape)]


@VALUES.rule("slice")
def cut(site: Site) -> Arrays:
    """Every so many elements between two bounds, axis by axis."""
    (x,), p = site.operands, site.params
    steps = p["strides"] or (None,) * x.ndim
    bounds = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return [x[tuple(slice(*bound) for bound in bounds)]]


@VALUES.rule("reduce_max")
def largest(site: Site) -> Arrays:
    """The maximum."""
    (x,) = site.operands
    return [np.max(x, axis=tuple(site.params["axes"])).astype(x.dtype)]


@VALUES.rule("reduce_sum")
def total(site: Site) -> Arrays | None:
    """Sum whole numbers; floats are left to JAX, as their order matters."""
    (x,) = site.operands
    if x.dtype.kind not in "iu":
        return None
    return [np.sum(x, axis=tuple(site.params["axes"])).astype(x.dtype)]
