"""Reductions and cumulative sums."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    identity,
    scalar_if_uniform,
)
from jaxrf.measure.energy.site import ENERGY, Operand, Site
from jaxrf.program import compat


@ENERGY.rule("reduce_sum")
def total(site: Site) -> list[Operand]:
    """A sum: a row of ones along every reduced axis."""
    combination, axes = site.with_scalar_scales(0), site.params["axes"]
    for axis in axes:
        combination = site.apply_matrix(combination, axis, np.ones((1, site.in_shapes[0][axis])))
    return [without_axes(combination, axes)]


def without_axes(combination: LinearCombination, axes) -> LinearCombination:
    """A value without some axes of length 1."""

    def less(term: Term) -> Term:
        layout = tuple(d for axis, d in enumerate(term.layout) if axis not in axes)
        if isinstance(term.scale, float):
            return replace(term, layout=layout)
        scale, along = np.squeeze(term.scale, tuple(axes)), term.per_element
        if along is not None and along[1] is not None:
            gone = sum(axis < along[1] for axis in axes)
            along = (along[0], None if along[1] in axes else along[1] - gone)
        return replace(term, layout=layout, scale=scale, per_element=along)

    return tuple(less(t) for t in combination)


@ENERGY.rule("cumsum")
def running(site: Site) -> list[Operand]:
    """A cumulative sum: a triangular matrix of ones."""
    axis = site.params["axis"]
    triangle = np.tri(site.in_shapes[0][axis])
    matrix = triangle.T if site.params["reverse"] else triangle
    return [site.apply_matrix(site.with_scalar_scales(0), axis, matrix)]


@ENERGY.rule("reduce_max", "reduce_min")
def choice(site: Site) -> list[Operand]:
    """A maximum passes one of n elements, each equally often, behind the gate of the chosen one."""
    axes, shape, value = site.params["axes"], site.in_shapes[0], site.values[0]
    choose = np.max if site.name == "reduce_max" else np.min
    chosen = value == choose(value, tuple(axes), keepdims=True)
    source = as_source(site.combination(0), shape, lambda gate: float(np.mean(gate[chosen])))
    number = prod(shape[d] for d in axes if source.energy.shape[d] > 1)
    energy = jnp.sum(source.energy, tuple(axes)) / number
    return [identity(Source(energy, site.out_shapes[0], source.correlated))]


@ENERGY.rule("reduce_prod")
def product(site: Site) -> list[Operand]:
    """A product: the sum of the elements, each times the product of the others."""
    (value,) = site.values
    with compat.float32(), jax.ensure_compile_time_eval():
        result, back = jax.vjp(lambda x: compat.bind(site.equation, x)[0], value)
        (others,) = back(jnp.ones_like(result))
    for term in site.combination(0):
        site.note_gate(term.source)
    combination = tuple(
        term.scaled(scalar_if_uniform(np.asarray(others))) for term in site.combination(0)
    )
    return total(replace(site, operands=[combination], store=lambda n, combination: None))


@ENERGY.rule("argmax", "argmin", "bitcast_convert_type", "reduce_and", "reduce_or", "reduce_xor")
def index(site: Site) -> list[Operand]:
    """Integers, truth values and bits have no gradient."""
    return [None]
