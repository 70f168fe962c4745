"""Matrix products: dense layers, known matrices (image resizing), attention."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.linear_combination import LinearCombination, Source, is_correlated
from jaxrf.measure.energy.magnitudes import magnitudes
from jaxrf.measure.energy.pointwise import through_pointwise
from jaxrf.measure.energy.site import ENERGY, GIVEN_WEIGHTS, UNKNOWN, Operand, Site
from jaxrf.measure.energy.uncorrelated_parts import Part, as_combination, parts_of
from jaxrf.measure.energy.weight_means import (
    NONZERO_MEAN,
    NONZERO_MEAN_SIZE,
    mean_of_weights,
    with_mean_scales,
    without_notes,
)


@ENERGY.rule("dot_general")
def dot(site: Site) -> list[Operand]:
    """A known matrix composes with the terms; random weights count by their mean square."""
    parts: LinearCombination = ()
    for n in list(site.dependent):
        if site.fixed[1 - n]:
            mapped = _known(site, n)
            if mapped is None:
                site.note(GIVEN_WEIGHTS, UNKNOWN)
            parts += _drawn(site, n) if mapped is None else mapped
        else:
            parts += _drawn(site, n)
    return [parts]


def _drawn(site: Site, n: int) -> LinearCombination:
    """An operand behind random weights: their mean is a known matrix, the rest makes energy."""
    if site.fixed[1 - n]:
        return _random(site, n, magnitudes(site.values[1 - n]))
    weights = magnitudes(site.values[1 - n])
    if np.iscomplexobj(site.values[1 - n]):
        return _random(site, n, weights)
    mean = mean_of_weights(weights.reshape(1, -1))
    if mean is None or (n in site.dependent and 1 - n in site.dependent):
        return _random(site, n, weights)
    combination = _known(
        without_notes(site), n, np.full(weights.shape, float(mean)), with_mean_scales(site, n)
    )
    if combination is None:
        site.note(NONZERO_MEAN, NONZERO_MEAN_SIZE)
        return _random(site, n, weights)
    brought = range(len(site.out_shapes[0]))[-1:] if n == 0 else range(1)
    even = (tuple(None if a in brought else d for a, d in enumerate(t.layout)) for t in combination)
    same = tuple(replace(t, layout=i) for t, i in zip(combination, even, strict=True))
    return same + _random(site, n, np.where(weights == 0, 0, weights - mean))


def _known(
    site: Site,
    n: int,
    matrix: np.ndarray | None = None,
    combination: LinearCombination | None = None,
) -> LinearCombination | None:
    """An operand behind a known matrix along one axis; None for any other contraction."""
    (contracted, batch) = site.params["dimension_numbers"]
    axes, others = contracted[n], contracted[1 - n]
    even = matrix is not None
    matrix = np.asarray(site.values[1 - n]) if matrix is None else matrix
    if len(axes) != 1 or batch[0] or matrix.ndim != 2 or np.iscomplexobj(matrix):
        return None
    matrix = (matrix.T if others[0] == 0 else matrix).astype(np.float64)
    matrix = matrix[:1] if even else matrix
    combination = site.apply_matrix(
        site.with_scalar_scales(n) if combination is None else combination, axes[0], matrix
    )
    rank = len(site.in_shapes[n])
    free = [d for d in range(rank) if d != axes[0]]
    order = [*free, axes[0]] if n == 0 else [axes[0], *free]
    return tuple(
        type(t)(t.source, t.matrices, tuple(t.layout[d] for d in order), t.scale)
        for t in combination
    )


def _random(site: Site, n: int, weights: np.ndarray) -> LinearCombination:
    """An operand behind weights of mean zero: E y^2 = sum over contracted axes of E w^2 E x^2."""
    (contracted, batch) = site.params["dimension_numbers"]
    rank = len(site.in_shapes[n])
    free = [d for d in range(rank) if d not in contracted[n] and d not in batch[n]]
    combination: LinearCombination = ()
    left = site.combination(n)
    if len(contracted[n]) == 1 and not batch[n] and _new(site, n) == 1 and weights.all():
        (axis,) = contracted[n]
        order = [*free, axis] if n == 0 else [axis, *free]
        made, left = through_pointwise(
            site,
            n,
            axis,
            float((weights**2).mean()),
            weights.size // weights.shape[contracted[1 - n][0]],
        )
        combination += tuple(replace(t, layout=tuple(t.layout[d] for d in order)) for t in made)
    for part in parts_of(left, site.in_shapes[n], free):
        source = _through(site, n, part.source, free, weights**2)
        first = len(batch[n]) + (0 if n == 0 else _new(site, n))
        same = frozenset(first + free.index(d) for d in part.constant_along)
        combination += as_combination(Part(source, same))
    return combination


def _new(site: Site, n: int) -> int:
    """The number of axes of the result that come from the weights."""
    (contracted, _) = site.params["dimension_numbers"]
    return len(site.out_shapes[0]) - len(site.in_shapes[n]) + len(contracted[n])


def _through(site: Site, n: int, source: Source, free: list[int], weights: np.ndarray) -> Source:
    """The energy of a source behind the weights."""
    eq, shape, energy = site.equation, site.in_shapes[n], source.energy
    (contracted, batch) = site.params["dimension_numbers"]
    axes, front = contracted[n], list(batch[n])
    correlated = is_correlated(site.combination(n), [*front, *free])
    open_ = site.nonzero(1 - n)
    if open_ is not None:  # masked weights
        squares = weights.mean() / open_.mean() * np.broadcast_to(open_, weights.shape)
        full = jnp.broadcast_to(energy, shape)
        pair = (full, jnp.asarray(squares)) if n == 0 else (jnp.asarray(squares), full)
        params = {**eq.params, "preferred_element_type": None, "precision": None}
        return Source(eq.primitive.bind(*pair, **params), eq.out_shapes[0], True)
    repeats = prod(shape[d] for d in axes if energy.shape[d] == 1)
    energy = energy.sum(tuple(axes), keepdims=True) * (repeats * float(weights.mean()))
    energy = jnp.transpose(energy, [*front, *free, *axes])
    lengths = list(energy.shape[: len(front) + len(free)])
    at = len(lengths) if n == 0 else len(front)
    lengths[at:at] = [1] * _new(site, n)
    return Source(energy.reshape(lengths), eq.out_shapes[0], correlated)
