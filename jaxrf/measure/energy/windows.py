"""Pooling: sums compose as matrices; a maximum passes one of its inputs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import Source, identity
from jaxrf.measure.energy.separable import window_matrix
from jaxrf.measure.energy.site import ENERGY, Operand, Site
from jaxrf.program import compat


@ENERGY.rule("reduce_window_sum")
def window_sum(site: Site) -> list[Operand]:
    """A sum over windows: one matrix per axis."""
    p, combination = site.params, site.with_scalar_scales(0)
    for axis, size in enumerate(p["window_dimensions"]):
        length, outputs = site.in_shapes[0][axis], site.out_shapes[0][axis]
        if size == 1 and length == outputs and p["window_strides"][axis] == 1:
            continue
        matrix = window_matrix(
            length,
            outputs,
            np.ones(size),
            stride=p["window_strides"][axis],
            low=p["padding"][axis][0],
            spacing=p["window_dilation"][axis],
            holes=p["base_dilation"][axis],
        )
        combination = site.apply_matrix(combination, axis, matrix)
    return [combination]


@ENERGY.rule("reduce_window_max", "reduce_window_min")
def window_choice(site: Site) -> list[Operand]:
    """A maximum passes one of k inputs, each equally often: 1/k of the energy, times the gate.

    A ReLU and a maximum behind it are one decision: the gate of the *largest* of k inputs counts,
    which is open far more often than that of any input.
    """
    p, shape = site.params, site.in_shapes[0]
    source = as_source(site.combination(0), shape, lambda gate: _passed(site, gate))
    along = [size > 1 or step > 1 for size, step in
             zip(p["window_dimensions"], p["window_strides"], strict=True)]  # fmt: skip
    along = [a or p["padding"][d] != (0, 0) for d, a in enumerate(along)]
    space = [n if a else source.energy.shape[d] for d, (n, a) in
             enumerate(zip(shape, along, strict=True))]  # fmt: skip

    def total(x):
        return lax.reduce_window(
            x,
            np.zeros((), x.dtype)[()],
            lax.add,
            p["window_dimensions"],
            p["window_strides"],
            p["padding"],
            p["base_dilation"],
            p["window_dilation"],
        )

    energy = jnp.broadcast_to(source.energy, space)
    number = total(jnp.ones([n if a else 1 for n, a in zip(space, along, strict=True)]))
    pooled = total(energy) / jnp.maximum(number, 1)
    windows = zip(p["window_dimensions"], p["window_strides"], strict=True)
    overlap = any(size > step for size, step in windows)
    if overlap and source.correlated:
        site.note(
            "chooses among correlated neighbours as if each were equally likely: those at the rim "
            "of a window are more likely",
            9.0,
        )
    return [identity(Source(pooled, site.out_shapes[0], source.correlated or overlap))]


def _passed(site: Site, gate: np.ndarray) -> float:
    """The mean of a gate (a product of scales) over the elements that the maximum chooses."""
    value = site.values[0]
    with compat.float32(), jax.ensure_compile_time_eval():
        tangent = np.asarray(gate, value.dtype)
        chosen = jax.jvp(lambda x: compat.bind(site.equation, x)[0], (value,), (tangent,))[1]
        return float(np.mean(np.asarray(chosen, np.float64)))
