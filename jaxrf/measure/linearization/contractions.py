"""Convolution and matrix products: the original primitives with positive weights.

All weights of a layer are alike, except for zeros that are known. Channels of its operand that meet
the same weights are averaged first, and of results that are alike one is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.site import LINEAR, Site, mean
from jaxrf.measure.linearization.thin import common, keeps_thin, whole


@LINEAR.rule("conv_general_dilated")
@keeps_thin
def convolution(site: Site):
    """A convolution with positive weights; the primitive itself handles groups and dilations."""
    (x, kernel), numbers = site.operands, site.params["dimension_numbers"]
    into, out = numbers.rhs_spec[1], numbers.rhs_spec[0]
    if x is not None and kernel is None and site.params["batch_group_count"] == 1:
        open_ = site.nonzero(1)
        taps = np.ones((1,) * x.ndim, bool) if open_ is None else _of_rank(open_, x.ndim)
        if taps.shape[into] == taps.shape[out] == 1:
            return [_with_equal_channels(site, x, taps)]
    return [_with_all_channels(site)]


def _with_equal_channels(site: Site, x: jax.Array, taps: np.ndarray) -> jax.Array:
    """A convolution with one kernel for all channels.

    Args:
        site: its equation.
        x: the operand, maybe thin.
        taps: bool, broadcastable to the kernel, of length 1 along its channels: its nonzeros.
    """
    numbers, groups = site.params["dimension_numbers"], site.params["feature_group_count"]
    channel, (out, _, *space) = numbers.lhs_spec[1], numbers.rhs_spec
    x = whole(x, site.in_shapes[0], numbers.lhs_spec[2:])
    if x.shape[channel] > 1 and x.shape[channel] != groups:
        split = (*x.shape[:channel], groups, -1, *x.shape[channel + 1 :])
        x = jnp.mean(x.reshape(split), channel + 1)
    left = x.shape[channel]
    shape = [site.in_shapes[1][d] if d in space else 1 for d in range(x.ndim)]
    shape[out] = left
    weights = jnp.asarray(np.broadcast_to(taps, shape) / max(1, prod(shape) // left), x.dtype)
    params = {**_params(site), "feature_group_count": left}
    found: jax.Array = site.equation.primitive.bind(x, weights, **params)
    each = site.in_shapes[1][out] // groups
    return found if left == 1 or each == 1 else jnp.repeat(found, each, numbers.out_spec[1])


def _with_all_channels(site: Site) -> jax.Array:
    """A convolution of which weights depend on the input, or some are known to be zero."""
    out = site.params["dimension_numbers"].rhs_spec[0]
    fan_in = max(1, prod(n for d, n in enumerate(site.in_shapes[1]) if d != out))
    parts = []
    for side, x in enumerate(site.operands):
        if x is None:
            continue
        open_, shape = site.nonzero(1 - side), site.in_shapes[1 - side]
        x = whole(x, site.in_shapes[side])
        # A full array is made while it runs: as a constant it would be kept, and large
        weights = (
            jnp.full(shape, 1 / fan_in, x.dtype)
            if open_ is None
            else jnp.asarray(np.broadcast_to(open_, shape) / fan_in, x.dtype)
        )
        parts.append(_bind(site, side, x, weights))
    return mean(parts, site.out_shapes[0])


@LINEAR.rule("dot_general")
@keeps_thin
def dot(site: Site):
    """A product of matrices with positive weights: dense layers, attention, resize matrices."""
    parts = [_matrix_product(site, side) for side in (0, 1) if site.operands[side] is not None]
    return [mean(parts, common(parts, len(site.out_shapes[0])))]


def _matrix_product(site: Site, side: int) -> jax.Array:
    """A product of matrices of which the other factor is weights."""
    x, other, batching = site.operands[side], 1 - side, site.params["dimension_numbers"][1]
    contracting, shape = site.params["dimension_numbers"][0], site.in_shapes[other]
    open_ = site.nonzero(other)
    nonzero = np.ones((1,) * len(shape), bool) if open_ is None else _of_rank(open_, len(shape))
    pairs = {**_pairs(contracting, side), **_pairs(batching, side)}
    varied = [d for d, e in pairs.items() if nonzero.shape[e] > 1]
    x = whole(x, site.in_shapes[side], varied)
    lengths = list(nonzero.shape)
    for d, e in pairs.items():
        lengths[e] = x.shape[d]
    fan_in = max(1, prod(x.shape[d] for d in contracting[side]))
    weights = jnp.asarray(np.broadcast_to(nonzero, lengths) / fan_in, x.dtype)
    return _bind(site, side, x, weights)


def _pairs(dims: Sequence[Sequence[int]], side: int) -> Mapping[int, int]:
    """Dimension of one factor -> that of the other one which it meets."""
    return dict(zip(dims[side], dims[1 - side], strict=True))


def _of_rank(array: np.ndarray, rank: int) -> np.ndarray:
    return array.reshape((1,) * (rank - array.ndim) + array.shape)


def _bind(site: Site, side: int, x: jax.Array, weights: jax.Array) -> jax.Array:
    pair = (x, weights) if side == 0 else (weights, x)
    found: jax.Array = site.equation.primitive.bind(*pair, **_params(site))
    return found


def _params(site: Site) -> dict:
    return {**site.params, "preferred_element_type": None, "precision": None}
