"""Convolutions: the mean squares of random weights over windows, or fixed filters axis by axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    identity,
    is_correlated,
)
from jaxrf.measure.energy.magnitudes import magnitudes
from jaxrf.measure.energy.pointwise import through_pointwise
from jaxrf.measure.energy.separable import separable_factors, window_matrix
from jaxrf.measure.energy.site import ENERGY, GIVEN_WEIGHTS, UNKNOWN, Operand, Site, spread_evenly
from jaxrf.measure.energy.weight_means import (
    NONZERO_MEAN,
    NONZERO_MEAN_SIZE,
    mean_of_weights,
    with_mean_scales,
    without_notes,
)

_CERTAIN = 6.0  # standard errors by which a tap must differ to have a variance of its own


@ENERGY.rule("conv_general_dilated")
def convolution(site: Site) -> list[Operand]:
    """The result of a convolution: E y^2 = sum over taps and channels of E w^2 E x^2."""
    if site.dependent != [0] or site.params["batch_group_count"] != 1:
        return spread_evenly(site)
    numbers = site.params["dimension_numbers"]
    kernel = np.transpose(magnitudes(site.values[1]), numbers.rhs_spec)
    if np.iscomplexobj(site.values[1]):
        if site.fixed[1]:
            site.note(GIVEN_WEIGHTS, UNKNOWN)
        return [_random(site, kernel)]
    if site.fixed[1]:
        filtered = _fixed(site, kernel, site.with_scalar_scales)
        if filtered is not None:
            return [filtered]
        site.note(GIVEN_WEIGHTS, UNKNOWN)
    elif (mean := mean_of_weights(kernel)) is not None:
        filter_ = np.broadcast_to(mean, kernel.shape)
        known = _fixed(without_notes(site), filter_, partial(with_mean_scales, site))
        if known is not None:
            return [_even(site, known) + _random(site, np.where(kernel == 0, 0, kernel - mean))]
        site.note(NONZERO_MEAN, NONZERO_MEAN_SIZE)
    return [_random(site, kernel)]


def _even(site: Site, combination: LinearCombination) -> LinearCombination:
    """The result of a filter that is the same for all output channels: one for all of them."""
    axis = site.params["dimension_numbers"].out_spec[1]
    if site.params["feature_group_count"] > 1:
        return combination
    layouts = (tuple(None if a == axis else d for a, d in enumerate(t.layout)) for t in combination)
    return tuple(
        replace(_first_row(t, axis), layout=i) for t, i in zip(combination, layouts, strict=True)
    )


def _first_row(term: Term, axis: int) -> Term:
    follows = term.layout[axis]
    matrix = None if follows is None else term.matrices[follows]
    return term if follows is None or matrix is None else term.with_matrix(follows, matrix[:1])


def _fixed(
    site: Site, kernel: np.ndarray, operand: Callable[[int], LinearCombination]
) -> LinearCombination | None:
    """An operand behind a fixed filter, axis by axis; None where the kernel is not separable."""
    p = site.params
    numbers, groups = p["dimension_numbers"], p["feature_group_count"]
    outputs, inputs = kernel.shape[:2]
    lines = separable_factors(kernel)
    depthwise = inputs == 1 and outputs == groups
    if lines is None or not (groups == 1 or (depthwise and (lines[0] == lines[0][0]).all())):
        return None
    combination = operand(0)
    axis = numbers.lhs_spec[1]
    if groups == 1:
        combination = site.apply_matrix(combination, axis, np.multiply.outer(lines[0], lines[1]))
    else:
        combination = site.apply_matrix(combination, axis, np.eye(outputs) * lines[0][0])
    for i, taps in enumerate(lines[2:]):
        axis = numbers.lhs_spec[2 + i]
        matrix = window_matrix(
            site.in_shapes[0][axis],
            site.out_shapes[0][numbers.out_spec[2 + i]],
            taps,
            stride=p["window_strides"][i],
            low=p["padding"][i][0],
            spacing=p["rhs_dilation"][i],
            holes=p["lhs_dilation"][i],
        )
        combination = site.apply_matrix(combination, axis, matrix)
    # axis d of the result is the axis of the operand that plays the same part
    order = [numbers.lhs_spec[numbers.out_spec.index(d)] for d in range(len(numbers.out_spec))]
    return tuple(
        type(t)(t.source, t.matrices, tuple(t.layout[d] for d in order), t.scale)
        for t in combination
    )


def _random(site: Site, kernel: np.ndarray) -> LinearCombination:
    p = site.params
    numbers, groups = p["dimension_numbers"], p["feature_group_count"]
    combination, made = site.combination(0), cast(LinearCombination, ())
    if groups == 1 and kernel.all() and _pointwise(site, kernel):
        order = [numbers.lhs_spec[numbers.out_spec.index(d)] for d in range(kernel.ndim)]
        made, combination = through_pointwise(
            site, 0, numbers.lhs_spec[1], float((kernel**2).mean()), kernel.shape[0]
        )
        made = tuple(replace(t, layout=tuple(t.layout[d] for d in order)) for t in made)
        if not combination:
            return made
    operand = as_source(combination, site.in_shapes[0])
    energy = jnp.transpose(operand.energy, numbers.lhs_spec)
    space = [site.in_shapes[0][d] for d in numbers.lhs_spec[2:]]
    energy = jnp.broadcast_to(energy, (*energy.shape[:2], *space))
    batch, channels = energy.shape[:2]
    read = kernel.shape[1]  # channels that one output reads
    if channels == 1:
        energy, apart = energy * read, 1
    else:
        energy = energy.reshape(batch, groups, read, *space).sum(2)
        apart = groups
    taps = _mean_squares(kernel, exact=site.fixed[1] and read == 1)
    out = lax.conv_general_dilated(
        energy.reshape(batch * apart, 1, *space),
        jnp.asarray(taps)[None, None],
        p["window_strides"],
        p["padding"],
        p["lhs_dilation"],
        p["rhs_dilation"],
    )
    out = out.reshape(batch, apart, *out.shape[2:])
    if apart > 1:
        out = jnp.repeat(out, kernel.shape[0] // apart, 1)
    out = _arranged(out, numbers.out_spec)
    correlated = is_correlated(combination, numbers.lhs_spec[2:])
    line = _profile(site, kernel, operand.channel_profile)
    return made + identity(Source(out, site.out_shapes[0], correlated, None, line))


def _profile(
    site: Site, kernel: np.ndarray, before: tuple[int, np.ndarray] | None
) -> tuple[int, np.ndarray] | None:
    """The relative energy that the drawn weights give to every channel of the result, of mean 1."""
    numbers = site.params["dimension_numbers"]
    line = (kernel**2).reshape(len(kernel), -1).mean(1)
    if kernel.shape[1] == 1 and before is not None and before[0] == numbers.lhs_spec[1]:
        line = line * np.repeat(before[1], len(kernel) // len(before[1]))
    return (numbers.out_spec[1], line / line.mean()) if line.any() else None


def _pointwise(site: Site, kernel: np.ndarray) -> bool:
    """Whether the convolution has one tap and stride 1, without padding."""
    p = site.params
    steps = (*p["window_strides"], *p["lhs_dilation"])
    return all(n == 1 for n in (*kernel.shape[2:], *steps)) and all(
        tuple(pad) == (0, 0) for pad in p["padding"]
    )


def _arranged(out: jax.Array, spec) -> jax.Array:
    """An array of (batch, channels, space) in the layout of the result."""
    return jnp.transpose(out, np.argsort(spec).tolist())


def _mean_squares(kernel: np.ndarray, *, exact: bool) -> np.ndarray:
    """The mean square over channels of every tap.

    One draw says little about one tap: all taps get the common mean unless they differ
    significantly. Taps that are zero in every channel (a masked kernel) stay zero.
    """
    squares = (kernel**2).reshape(-1, *kernel.shape[2:])
    per_tap = squares.mean(0)
    some = per_tap > 0
    if exact or not some.any():
        return per_tap
    chosen = squares[:, some]
    common = chosen.mean()
    error = chosen.std() / np.sqrt(len(squares))
    if np.abs(per_tap[some] - common).max() > _CERTAIN * error > 0:
        return per_tap
    return np.where(some, common, 0.0)
