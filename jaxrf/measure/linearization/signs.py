"""Cotangents that are reset to 0 or 1, so that nothing underflows or overflows in any precision.

The support is where the gradient of the positive linearisation is not zero. All of its coefficients
are positive: a cotangent is nonzero exactly where a sum of terms is of which one is not zero, and
that does not change when all nonzero cotangents are replaced by 1. After that, one equation makes
of 0 and 1 numbers between its smallest coefficient (one over the number of elements that it ranges
over) and the number of elements and readers. Float32 holds these; it would hold no product of
hundreds of them. Sums of more than 2**24 ones are rounded, but no sum of positive numbers is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod

import jax
import jax.numpy as jnp

from jaxrf.measure.linearization.spectra import Spectrum
from jaxrf.measure.linearization.spectral_site import Value
from jaxrf.program import primitives
from jaxrf.program.equation import Equation

__all__ = ["reset", "with_signs"]

# Coefficients are 0 or 1, and no two results share an operand's element, if one operand counts.
_ONE_TO_ONE = frozenset(primitives.elementwise()) | frozenset(
    """
    concatenate device_put expand_dims optimization_barrier pad reshape rev select_n slice split
    squeeze transpose
    """.split()
)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def reset(x: jax.Array, least: float = 0.0) -> jax.Array:
    """``x``, whose cotangent becomes 1 where it is above ``least``, else 0.

    >>> jax.vjp(reset, jnp.ones(2))[1](jnp.array([1e-30, 0]))[0].tolist()
    [1.0, 0.0]
    """
    return x


def _forward(x: jax.Array, least: float) -> tuple[jax.Array, None]:
    return x, None


def _backward(least: float, _: None, cotangent: jax.Array) -> tuple[jax.Array]:
    return (jnp.asarray(cotangent > least, cotangent.dtype),)


reset.defvjp(_forward, _backward)


def with_signs(eq: Equation, operands: Sequence[Value]) -> Sequence[Value]:
    """The operands of an equation, their cotangents reset where it may change their sizes."""
    some = [n for n, x in enumerate(operands) if x is not None]
    spread = eq.in_shapes[some[0]] == () != eq.out_shapes[0]  # a scalar meets a whole array
    if len(some) == 1 and eq.name in _ONE_TO_ONE and not spread:
        return operands
    least = _least(eq) / len(some)
    return [None if x is None else _reset(x, least) for x in operands]


def _reset(x: jax.Array | Spectrum, least: float) -> jax.Array | Spectrum:
    if isinstance(x, Spectrum):
        return replace(x, signal=reset(x.signal, 0.0))
    return reset(x, least)


def _least(eq: Equation) -> float:
    """Half the smallest coefficient of a convolution, which some devices compute by transforms.

    Their rounding is far smaller, but not zero, and would become 1.
    """
    if eq.name != "conv_general_dilated":
        return 0.0
    out = eq.params["dimension_numbers"].rhs_spec[0]
    return 0.5 / max(1, prod(n for d, n in enumerate(eq.in_shapes[1]) if d != out))
