"""Elementwise primitives: the derivative at the values of the calibrating pass, element by element.

Chains of them compose before anything is squared, so that GELU or SiLU, written in primitives that
read the pre-activation twice, have the mean of f'(x)^2 that they should.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import numpy as np

from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    identity,
    scalar_if_uniform,
)
from jaxrf.measure.energy.normalization import MAKES_SCALE, as_normalizer, through_normalization
from jaxrf.measure.energy.separable import separable_factors
from jaxrf.measure.energy.site import ENERGY, Operand, Site
from jaxrf.measure.energy.term_sums import sum_of_terms
from jaxrf.program import compat, primitives

# (primitive, position) -> derivative by that operand, where no compilation is needed for it.
DERIVATIVES: dict[tuple[str, int], Callable[..., np.ndarray | float]] = {
    **{(name, 0): lambda x: 1.0 for name in ("copy", "copy_p", "name", "convert_element_type")},
    **{(name, n): lambda a, b: 1.0 for name in ("add", "add_any") for n in (0, 1)},
    ("neg", 0): lambda x: -1.0,
    ("sub", 0): lambda a, b: 1.0,
    ("sub", 1): lambda a, b: -1.0,
    ("mul", 0): lambda a, b: b,
    ("mul", 1): lambda a, b: a,
    ("div", 0): lambda a, b: 1 / b,
    ("max", 0): lambda a, b: np.where(a > b, 1.0, np.where(a == b, 0.5, 0.0)),
    ("max", 1): lambda a, b: np.where(b > a, 1.0, np.where(a == b, 0.5, 0.0)),
    ("min", 0): lambda a, b: np.where(a < b, 1.0, np.where(a == b, 0.5, 0.0)),
    ("min", 1): lambda a, b: np.where(b < a, 1.0, np.where(a == b, 0.5, 0.0)),
}
# Derivatives that depend on how large a value is, not on its sign alone.
SMOOTH = ("logistic", "tanh", "erf", "erfc", "exp", "log1p")
POWERS = ("integer_pow", "square")
NONE = ("stop_gradient", "round", "floor", "ceil", "sign", "is_finite")
# Linear in each operand of these positions: the derivative is the profile of the others.
PROFILES = {("mul", 0), ("mul", 1), ("div", 0), ("select_n", 1), ("select_n", 2)}


@ENERGY.rule(*primitives.elementwise())
def elementwise(site: Site) -> list[Operand]:
    """The sum over operands of each times its derivative; the terms of one source add up."""
    eq = site.equation
    terms: LinearCombination = ()
    for n in site.dependent:
        derivative = _derivative(site, n)
        if derivative is None:
            continue
        others = [m for m in range(len(site.operands)) if m != n]
        profile = (eq.name, n) in PROFILES and all(site.fixed[m] for m in others)
        if profile and not isinstance(derivative, float):
            terms += _profiled(site, n, derivative)
        else:
            found = through_normalization(site, n, derivative)
            terms += _scaled(site.combination(n), derivative) if found is None else found
    for n in site.dependent:
        for term in site.combination(n):
            gated = not isinstance(term.scale, float)  # a norm squares what no gate has scaled
            product = eq.name == "mul" and len(site.dependent) > 1  # x * clip(x + 3), say
            if eq.name in SMOOTH or product or (eq.name in POWERS and gated):
                site.note_gate(term.source)
    gathered = sum_of_terms(terms, eq.out_shapes[0])
    if gathered and eq.name in MAKES_SCALE:
        gathered = as_normalizer(site, gathered)
    return [gathered or None]


@ENERGY.rule("optimization_barrier", "device_put")
def each_alone(site: Site) -> list[Operand]:
    """Output n is operand n."""
    return site.operands


def _derivative(site: Site, n: int) -> np.ndarray | float | None:
    """The derivative by operand ``n``: a number, or an array of the output's shape; None for 0."""
    eq, values = site.equation, site.values
    if eq.name in NONE or not np.issubdtype(values[n].dtype, np.inexact):
        return None
    known = DERIVATIVES.get((eq.name, n))
    with np.errstate(all="ignore"):
        found = _tangent(site, n) if known is None else known(*values)
        if found is None:
            return None
        if not isinstance(found, float):
            found = np.abs(found) if np.iscomplexobj(found) else found  # energies have no phase
            found = np.broadcast_to(np.asarray(found, np.float32), eq.out_shapes[0])
            if not np.isfinite(found).all():  # a square root of zero, say
                found = np.nan_to_num(found, posinf=0.0, neginf=0.0)
    found = scalar_if_uniform(found)
    return None if isinstance(found, float) and found == 0 else found


def _tangent(site: Site, n: int) -> np.ndarray | None:
    """The derivative by JAX."""
    values = site.values

    def function(x):
        return compat.bind(site.equation, *values[:n], x, *values[n + 1 :])[0]

    with compat.float32(), jax.ensure_compile_time_eval():
        _, tangent = jax.jvp(function, (values[n],), (np.ones_like(values[n]),))
        found = np.asarray(tangent)
    return found if np.issubdtype(found.dtype, np.inexact) else None


def _profiled(site: Site, n: int, profile: np.ndarray) -> LinearCombination:
    """An operand times a fixed profile, such as a mask or the counts of a padded average.

    It is applied element by element, where a gate would count by its mean.
    """
    combination = site.with_scalar_scales(n)
    lines = separable_factors(profile)
    if lines is not None:
        for axis, line in enumerate(lines):
            if len(line) > 1 and (line != line[0]).any():
                combination = site.apply_matrix(combination, axis, np.diag(line))
            else:
                combination = tuple(
                    replace(t, scale=float(t.scale) * float(line[0])) for t in combination
                )
        return combination
    source = site.store_as_source(n)
    energy = source.energy * np.asarray(profile, np.float64) ** 2
    return identity(Source(energy, site.out_shapes[0], source.correlated))


def _scaled(combination: LinearCombination, derivative: np.ndarray | float) -> LinearCombination:
    """Every term times the derivative, which is a gate."""
    return tuple(t.scaled(derivative) for t in combination)
