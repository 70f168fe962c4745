"""One equation on known values: in numpy where that is the same thing, else by JAX.

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

__all__ = ["evaluate"]


def evaluate(equation: Equation, operands: Sequence[np.ndarray]) -> list[np.ndarray] | None:
    """The results of an equation on arrays; None where it cannot run on its own."""
    function = _NUMPY.get(equation.name)
    if function is not None:
        with np.errstate(all="ignore"):
            result = function(equation.params, *operands)
        if result is not None:
            return [np.asarray(result)]
    try:
        # A measurement folds while it is being traced. Every dtype exists in 64 bits, and none is
        # changed: what was traced in float32 is rounded in float32.
        with jax.ensure_compile_time_eval(), compat.float64():
            return [np.asarray(r) for r in compat.bind(equation, *operands)]
    except Exception:  # whatever keeps it from running: what is not known is only a bound
        return None


def _divide(params, a, b):
    return a / b if a.dtype.kind == "f" else None  # integers are rounded towards zero by XLA


def _select(params, which, *cases):
    which = np.broadcast_to(which, np.shape(cases[0])).astype(np.intp)
    if len(cases) > 8:
        return None
    return np.choose(which, cases, mode="clip")  # so does XLA


def _convert(params, x):
    wanted = params["new_dtype"]
    plain = np.dtype(wanted).kind in "fiub" and x.dtype.kind in "fiub"
    if not plain or (x.dtype.kind == "f" and np.dtype(wanted).kind in "iu"):
        return None  # what is out of range is clamped by XLA, not wrapped
    return x.astype(wanted)


def _broadcast(params, x):
    shape = [1] * len(params["shape"])
    for source, target in enumerate(params["broadcast_dimensions"]):
        shape[target] = x.shape[source]
    return np.broadcast_to(np.reshape(x, shape), params["shape"])


def _reshape(params, x):
    return None if params.get("dimensions") else np.reshape(x, params["new_sizes"])


def _iota(params):
    shape, dim = params["shape"], params["dimension"]
    line = np.arange(shape[dim]).astype(params["dtype"])
    return np.broadcast_to(line.reshape([-1 if d == dim else 1 for d in range(len(shape))]), shape)


def _slice(params, x):
    steps = params["strides"] or (None,) * x.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    return x[tuple(slice(*bound) for bound in bounds)]


def _elementwise(function: Callable) -> Callable:
    return lambda params, *operands: function(*operands)


def _maximum(params, x):
    return np.max(x, axis=tuple(params["axes"])).astype(x.dtype)


def _sum(params, x):
    if x.dtype.kind not in "iu":
        return None  # the order matters
    return np.sum(x, axis=tuple(params["axes"])).astype(x.dtype)


_NUMPY: dict[str, Callable[..., Any]] = {
    **{
        name: _elementwise(getattr(np, function))
        for name, function in {
            "abs": "abs",
            "add": "add",
            "ceil": "ceil",
            "eq": "equal",
            "floor": "floor",
            "ge": "greater_equal",
            "gt": "greater",
            "le": "less_equal",
            "lt": "less",
            "max": "maximum",
            "min": "minimum",
            "mul": "multiply",
            "ne": "not_equal",
            "neg": "negative",
            "and": "bitwise_and",
            "or": "bitwise_or",
            "xor": "bitwise_xor",
            "not": "invert",
            "sign": "sign",
            "square": "square",
            "sub": "subtract",
        }.items()
    },
    "reduce_max": _maximum,
    "reduce_sum": _sum,
    "copy": lambda params, x: x,
    "name": lambda params, x: x,
    "stop_gradient": lambda params, x: x,
    "div": _divide,
    "select_n": _select,
    "convert_element_type": _convert,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "squeeze": lambda params, x: np.squeeze(x, tuple(params["dimensions"])),
    "transpose": lambda params, x: np.transpose(x, params["permutation"]),
    "concatenate": lambda params, *xs: np.concatenate(xs, params["dimension"]),
    "rev": lambda params, x: np.flip(x, params["dimensions"]),
    "iota": _iota,
    "slice": _slice,
}
