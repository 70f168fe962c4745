"""Reductions and running sums."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.form import Form, Source, Term, identity, uniform
from jaxrf.measure.energy.settling import settled
from jaxrf.measure.energy.site import ENERGY, Operand, Site
from jaxrf.program import compat


@ENERGY.rule("reduce_sum")
def total(site: Site) -> list[Operand]:
    """A row of ones along every axis."""
    form, axes = site.scaled_evenly(0), site.params["axes"]
    for axis in axes:
        form = site.mix(form, axis, np.ones((1, site.in_shapes[0][axis])))
    return [without(form, axes)]


def without(form: Form, axes) -> Form:
    """The same less axes of length 1."""

    def less(term: Term) -> Term:
        layout = tuple(d for axis, d in enumerate(term.layout) if axis not in axes)
        if isinstance(term.scale, float):
            return replace(term, layout=layout)
        scale, along = np.squeeze(term.scale, tuple(axes)), term.along
        if along is not None and along[1] is not None:
            gone = sum(axis < along[1] for axis in axes)
            along = (along[0], None if along[1] in axes else along[1] - gone)
        return replace(term, layout=layout, scale=scale, along=along)

    return tuple(less(t) for t in form)


@ENERGY.rule("cumsum")
def running(site: Site) -> list[Operand]:
    """A triangle of ones."""
    axis = site.params["axis"]
    triangle = np.tri(site.in_shapes[0][axis])
    matrix = triangle.T if site.params["reverse"] else triangle
    return [site.mix(site.scaled_evenly(0), axis, matrix)]


@ENERGY.rule("reduce_max", "reduce_min")
def choice(site: Site) -> list[Operand]:
    """One of n elements is passed, each as often; the gate before it is that of the chosen."""
    axes, shape, value = site.params["axes"], site.in_shapes[0], site.values[0]
    choose = np.max if site.name == "reduce_max" else np.min
    chosen = value == choose(value, tuple(axes), keepdims=True)
    source = settled(site.form(0), shape, lambda gate: float(np.mean(gate[chosen])))
    number = prod(shape[d] for d in axes if source.energy.shape[d] > 1)
    energy = jnp.sum(source.energy, tuple(axes)) / number
    return [identity(Source(energy, site.out_shapes[0], source.mixed))]


@ENERGY.rule("reduce_prod")
def product(site: Site) -> list[Operand]:
    """A sum of the elements, each times the product of the others."""
    (value,) = site.values
    with compat.float32(), jax.ensure_compile_time_eval():
        result, back = jax.vjp(lambda x: compat.bind(site.equation, x)[0], value)
        (others,) = back(jnp.ones_like(result))
    for term in site.form(0):
        site.gate(term.source)
    form = tuple(term.scaled(uniform(np.asarray(others))) for term in site.form(0))
    return total(replace(site, operands=[form], keep=lambda n, form: None))


@ENERGY.rule("argmax", "argmin", "bitcast_convert_type", "reduce_and", "reduce_or", "reduce_xor")
def index(site: Site) -> list[Operand]:
    """No gradient: whole numbers, truth values, bits."""
    return [None]
