"""The check that a restriction equals the same box of the whole model, in values and gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.program.execute import endpoint_function
from jaxrf.program.trace import Traced, trace
from jaxrf.restriction.boxes import Box, Span
from jaxrf.restriction.cut_model import CutModel, cut_model

__all__ = ["check", "check_traced", "drawn_boxes"]


def drawn_boxes(rng: np.random.Generator, shape: Sequence[int], count: int) -> list[Box]:
    """Boxes at corners, edges and in the interior: single elements, pairs, any length, all."""
    return [tuple(_span(rng, n) for n in shape) for _ in range(count)]


def _span(rng: np.random.Generator, n: int) -> Span:
    kind = rng.integers(5)
    if kind == 0:
        return Span(0, n)
    size = min(n, 1 if kind < 3 else 2 if kind == 3 else int(rng.integers(1, n + 1)))
    low = int(rng.choice([0, n - size, rng.integers(n - size + 1)]))
    return Span(low, low + size)


def check(f: Any, shape: Any, *, boxes: int = 3, seed: int = 0, tolerance: float = 1e-4) -> list:
    """Check drawn boxes of the output of a model; returns the restrictions."""
    return check_traced(trace(f, shape), boxes=boxes, seed=seed, tolerance=tolerance)


def check_traced(
    traced: Traced,
    name: str | None = None,
    *,
    boxes: int | Sequence[Box] = 3,
    seed: int = 0,
    tolerance: float = 1e-4,
) -> list[CutModel]:
    """Check boxes of an end-point of a traced model; returns the restrictions.

    Args:
        traced: the model.
        name: of the end-point; the output by default.
        boxes: or how many are drawn.
        seed: of boxes, weights, inputs and cotangents.
        tolerance: relative to the largest value, and to the largest gradient.
    """
    rng = np.random.default_rng(seed)
    name = traced.output if name is None else name
    number = traced.endpoints[name]
    shape = traced.program.shapes[number]
    chosen = drawn_boxes(rng, shape, boxes) if isinstance(boxes, int) else boxes
    variables, inputs = _variables(traced, rng), _inputs(traced, rng)
    cotangent = jnp.asarray(rng.normal(size=shape), traced.program.dtype(number))
    whole = _compiled(endpoint_function(traced, name), variables, inputs, cotangent)
    found = []
    for box in chosen:
        cut = cut_model(traced.program, number, box)
        _compare(cut, whole, variables, inputs, cotangent, tolerance)
        found.append(cut)
    return found


def _variables(traced: Traced, rng: np.random.Generator) -> Any:
    """Those of the model, drawn ones, or small numbers where it has shapes alone."""
    with suppress(InvalidInput):
        return traced.draw(jax.random.key(0))
    return jax.tree.map(
        lambda v: (
            jnp.asarray(0.1 * rng.normal(size=v.shape), v.dtype)
            if jnp.issubdtype(v.dtype, jnp.floating)
            else jnp.zeros(v.shape, v.dtype)
        ),
        traced.network.variables,
    )


def _inputs(traced: Traced, rng: np.random.Generator) -> list[jax.Array]:
    """Normal numbers, and small whole ones."""
    return [
        jnp.asarray(
            rng.normal(size=i.shape)
            if jnp.issubdtype(i.dtype, jnp.inexact)
            else rng.integers(0, 2, i.shape),
            i.dtype,
        )
        for i in traced.inputs
    ]


def _compiled(f: Callable, variables: Any, inputs: Any, cotangent: jax.Array) -> Callable:
    """The function (variables, inputs, cotangent) -> (values, gradients by all inputs).

    There are no gradients of what is no real number, or where JAX cannot differentiate.
    """

    def both(variables: Any, inputs: Any, cotangent: Any) -> tuple[Any, Any]:
        values, back = jax.vjp(lambda x: f(variables, x), inputs)
        return values, [g for g in back(cotangent)[0] if g.dtype != jax.dtypes.float0]

    if jnp.issubdtype(cotangent.dtype, jnp.floating):
        try:
            jax.eval_shape(both, variables, inputs, cotangent)
        except Exception:  # a model that JAX cannot differentiate
            pass
        else:
            return jax.jit(both)
    return jax.jit(lambda variables, inputs, _: (f(variables, inputs), []))


def _compare(
    cut: CutModel,
    whole: Callable,
    variables: Any,
    inputs: Sequence[Any],
    cotangent: jax.Array,
    tolerance: float,
) -> None:
    part = tuple(slice(*span) for span in cut.box)
    only = jnp.zeros_like(cotangent).at[part].set(cotangent[part])
    values, expected = whole(variables, inputs, only)
    mine = _compiled(lambda v, x: cut.value(v, cut.crop(x)), variables, inputs, cotangent[part])
    got, gradients = mine(variables, inputs, cotangent[part])
    assert (got.shape, got.dtype) == (values[part].shape, values.dtype)
    _close(got, values[part], values, tolerance)
    for gradient, want in zip(gradients, expected, strict=True):
        _close(gradient, want, want, tolerance)


def _close(got: Any, want: Any, scale: Any, tolerance: float) -> None:
    """Equal but for rounding; what is not finite need not be."""
    got, want, scale = (np.asarray(a) for a in (got, want, scale))
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want)
        return
    finite = np.isfinite(want)
    largest = np.abs(scale[np.isfinite(scale)]).max(initial=0)
    worst = np.abs(np.where(finite, got, 0) - np.where(finite, want, 0)).max(initial=0)
    assert worst <= tolerance * largest + 1e-30
