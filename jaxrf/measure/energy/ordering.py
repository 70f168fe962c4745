"""Sorting, ranking and running maxima: every result is any of the elements, equally often.

The gate before an element is chosen with it: an element behind a closed ReLU is never among the
largest.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import Coefficient, Source, identity, scalar_if_uniform
from jaxrf.measure.energy.site import ENERGY, UNKNOWN, Operand, Site
from jaxrf.program import compat

GATED = "orders elements behind different gates, and takes these as equally open for all ranks"


@ENERGY.rule("sort")
def sort(site: Site) -> list[Operand]:
    """Every result may be any of the elements along the dimension."""
    dim = site.params["dimension"]
    results: list[Operand] = [None] * len(site.operands)
    for n in site.dependent:
        results[n] = _chosen(site, n, *_before_gates(site, n), dim)
    return results


@ENERGY.rule("top_k", "approx_top_k")
def top_k(site: Site) -> list[Operand]:
    """Every result may be any of the elements along the dimension; indices have no gradient."""
    dim = site.params.get("axis", site.params.get("reduction_dimension", -1))
    return [_chosen(site, 0, *_before_gates(site, 0), dim), None]


@ENERGY.rule("cummax", "cummin")
def running_choice(site: Site) -> list[Operand]:
    """Every result may be any of the elements up to its place."""
    axis, shape = site.params["axis"], site.in_shapes[0]
    source, gate = _before_gates(site, 0)
    energy, length = source.energy, shape[axis]
    if energy.shape[axis] > 1:
        share = np.tri(length) / np.arange(1, length + 1)[:, None]
        share = share[::-1, ::-1] if site.params["reverse"] else share
        energy = jnp.moveaxis(jnp.tensordot(share, energy, (1, axis)), 0, axis)
    return [tuple(t.scaled(gate) for t in identity(Source(energy, shape, True)))]


def _chosen(site: Site, n: int, source: Source, gate: Coefficient, dim: int) -> Operand:
    """The mean energy of all elements along a dimension, behind the gates of the chosen ones."""
    energy = source.energy.mean(dim, keepdims=True)
    combination = identity(Source(energy, site.out_shapes[n], source.correlated))
    return tuple(term.scaled(gate) for term in combination)


def _before_gates(site: Site, n: int) -> tuple[Source, Coefficient]:
    """The source of an operand before its gates, and the gates of the chosen elements."""
    combination, shape = site.combination(n), site.in_shapes[n]
    gate: Coefficient = 1.0
    if any(not isinstance(term.scale, float) for term in combination):
        if len(combination) == 1 and combination[0].per_element is None:
            gate = _gates(site, n, np.broadcast_to(combination[0].scale, shape))
            combination = (replace(combination[0], scale=1.0),)
        else:
            site.note(GATED, UNKNOWN)
    return as_source(combination, shape), gate


def _gates(site: Site, n: int, gate: np.ndarray) -> Coefficient:
    """The gates of an operand in the order of the result."""
    values = site.values

    def order(x):
        return compat.bind(site.equation, *values[:n], x, *values[n + 1 :])[n]

    with compat.float32(), jax.ensure_compile_time_eval():
        tangent = np.asarray(gate, values[n].dtype)
        return scalar_if_uniform(np.asarray(jax.jvp(order, (values[n],), (tangent,))[1]))
