"""The positive linearisation: the same program with every path open.

A plain JAX function, linear in its input, in which an output reacts to an input exactly when some
path leads from one to the other: weights become positive and every operation an average of what it
ranges over, so that nothing cancels, blocks, or overflows. It runs the *original* primitives with
their original parameters wherever they are linear, so it shares no rule with the theory: only the
flat list of equations.

    weights -> 1 / fan-in;  elementwise -> mean of the dependent operands;  products -> sums;
    max, min, sort, argmax -> means over what they range over;  select -> all branches, predicate
    included;  rounding, comparisons and casts pass through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from operator import add

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.trace import compat
from jaxrf.trace.program import Equation, Program
from jaxrf.trace.rules.elementwise import ELEMENTWISE

__all__ = ["linearize"]

Operand = jax.Array | None  # None: the input cannot influence it
_RULES: dict[str, Callable] = {}


def linearize(
    program: Program, wanted: Sequence[int], *, source: int | None = None
) -> Callable[[jax.Array], list[jax.Array]]:
    """A linear function from one input of the program to the values numbered ``wanted``.

    Args:
        program: the flat program of a traced model.
        wanted: value numbers that the input can influence.
        source: value number of the input; the first one by default. Others count as weights.

    Returns:
        ``x -> [value, ...]`` in the dtype of ``x``; use float64.
    """
    last = set(wanted)
    start = program.inputs[0] if source is None else source

    def run(x: jax.Array) -> list[jax.Array]:
        values = {start: x}
        for eq in program.equations:
            operands = [values.get(i) for i in eq.inputs]
            if all(o is None for o in operands):
                continue
            rule = _RULES.get(eq.name, _everything)
            results = rule(eq, operands, lambda n, eq=eq: program.fold(eq.inputs[n]))
            values.update(zip(eq.outputs, results, strict=True))
            if last <= values.keys():
                break
        return [values[i] for i in wanted]

    return run


def _rule(*primitives: str):
    def register(function):
        for name in primitives:
            _RULES[name] = function
        return function

    return register


def _mean(parts: Sequence[jax.Array], shape: tuple[int, ...]) -> jax.Array:
    """Mean of arrays, broadcast to ``shape``."""
    return reduce(add, (jnp.broadcast_to(p, shape) for p in parts)) / len(parts)


def _everything(eq: Equation, operands: list[Operand], fold) -> list[jax.Array]:
    """An unknown operation: every output element sees every element of every operand."""
    means = [jnp.mean(o) for o in operands if o is not None]
    return [_mean(means, shape) for shape in eq.out_shapes]


@_rule(*ELEMENTWISE)
def _elementwise(eq, operands, fold):
    parts = [o for o in operands if o is not None]
    return [_mean(parts, eq.out_shapes[0])]


@_rule("optimization_barrier")
def _barrier(eq, operands, fold):
    return [jnp.zeros(s) if o is None else o for o, s in zip(operands, eq.out_shapes, strict=True)]


@_rule("transpose", "reshape", "squeeze", "expand_dims", "broadcast_in_dim", "slice", "rev")
@_rule("split")
def _move(eq, operands, fold):
    return compat.bind(eq, operands[0])


@_rule("reduce_sum", "cumsum")
def _sum(eq, operands, fold):
    scale = prod(eq.in_shapes[0]) / max(1, prod(eq.out_shapes[0]))
    return [r / scale for r in compat.bind(eq, operands[0])]


@_rule("concatenate")
def _concatenate(eq, operands, fold):
    dtype = next(o.dtype for o in operands if o is not None)
    pieces = [
        jnp.zeros(shape, dtype) if o is None else o
        for o, shape in zip(operands, eq.in_shapes, strict=True)
    ]
    return compat.bind(eq, *pieces)


@_rule("pad")
def _pad(eq, operands, fold):
    """The padding value fills the border; where it depends on the input, everything sees it."""
    dtype = next(o.dtype for o in operands if o is not None)
    x, value = operands
    zero = jnp.zeros((), dtype)
    padded = [] if x is None else [lax.pad(x, zero, eq.params["padding_config"])]
    return [_mean(padded + ([] if value is None else [value]), eq.out_shapes[0])]


@_rule("dynamic_slice")
def _dynamic_slice(eq, operands, fold):
    """At the known start; else the mean over all possible ones."""
    x, parts = operands[0], []
    starts = [fold(n) for n in range(1, len(operands))]
    if x is not None:
        for d, (size, start) in enumerate(zip(eq.params["slice_sizes"], starts, strict=True)):
            if size == x.shape[d]:
                continue
            if start is None:
                crops = x.shape[d] - size + 1
                window = [crops if i == d else 1 for i in range(x.ndim)]
                zero = np.zeros((), x.dtype)[()]
                x = lax.reduce_window(x, zero, lax.add, window, (1,) * x.ndim, "VALID") / crops
            else:
                x = lax.dynamic_slice_in_dim(x, int(start), size, d)
        parts.append(x)
    parts += [o for o in operands[1:] if o is not None]
    return [_mean(parts, eq.out_shapes[0])]


@_rule("conv_general_dilated")
def _convolution(eq, operands, fold):
    numbers = eq.params["dimension_numbers"]
    fan_in = prod(n for d, n in enumerate(eq.in_shapes[1]) if d != numbers.rhs_spec[0])
    return [_bilinear(eq, operands, fold, fan_in)]


@_rule("dot_general")
def _dot(eq, operands, fold):
    (contracted, _), _ = eq.params["dimension_numbers"]
    fan_in = prod(eq.in_shapes[0][d] for d in contracted)
    return [_bilinear(eq, operands, fold, fan_in)]


def _bilinear(eq: Equation, operands: list[Operand], fold, fan_in: int) -> jax.Array:
    """Each dependent side against positive weights on the other; known zeros stay zeros."""
    dtype = next(o.dtype for o in operands if o is not None)
    drop = {"preferred_element_type": None, "precision": None}
    parts = []
    for side in (0, 1):
        if operands[side] is None:
            continue
        known = fold(1 - side) if operands[1 - side] is None else None
        ones = np.ones(eq.in_shapes[1 - side]) if known is None else known != 0
        weights = jnp.asarray(ones / fan_in, dtype)
        pair = (operands[side], weights) if side == 0 else (weights, operands[side])
        parts.append(eq.primitive.bind(*pair, **{**eq.params, **drop}))
    return _mean(parts, eq.out_shapes[0])


@_rule("reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window")
def _pooling(eq, operands, fold):
    p = eq.params
    arrays = [o for o in operands if o is not None and o.ndim == len(eq.out_shapes[0])]
    parts = [o for o in operands if o is not None and o.ndim != len(eq.out_shapes[0])]
    for x in arrays:
        total = lax.reduce_window(
            x,
            np.zeros((), x.dtype)[()],
            lax.add,
            p["window_dimensions"],
            p["window_strides"],
            p["padding"],
            p["base_dilation"],
            p["window_dilation"],
        )
        parts.append(total / prod(p["window_dimensions"]))
    return [_mean(parts, shape) for shape in eq.out_shapes]


@_rule("reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or", "reduce_xor")
@_rule("argmax", "argmin")
def _reduction(eq, operands, fold):
    return [jnp.mean(operands[0], eq.params["axes"])]


@_rule("reduce")
def _general_reduction(eq, operands, fold):
    axes = eq.params["dimensions"]
    some = [o for o in operands if o is not None]
    means = [jnp.mean(o, axes) if o.shape == eq.in_shapes[0] else o for o in some]
    return [_mean(means, shape) for shape in eq.out_shapes]


@_rule("sort")
def _sort(eq, operands, fold):
    """Every output is ordered by the keys; only its own operand is in it."""
    dim, keys = eq.params["dimension"], range(eq.params["num_keys"])
    zero = jnp.zeros(eq.in_shapes[0], next(o.dtype for o in operands if o is not None))
    means = [None if o is None else jnp.mean(o, dim, keepdims=True) for o in operands]
    read = ([means[i] for i in {*keys, n} if means[i] is not None] for n in range(len(means)))
    return [_mean(some or [zero], zero.shape) for some in read]


@_rule("top_k")
def _top_k(eq, operands, fold):
    x = operands[0]
    dim = eq.params.get("axis", x.ndim - 1)
    return [jnp.broadcast_to(jnp.mean(x, dim, keepdims=True), shape) for shape in eq.out_shapes]
