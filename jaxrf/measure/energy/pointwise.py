"""Pointwise weights, dense layers over channels and 1x1 convolutions, commute with maps of places.

They are the same at every place, so that a known map of places before them and one behind them
compose,

    B W (A s) = (B A) (W s):

only the channels become energy, and the map of places stays as it is. Squaring A and B one after
the other would make four 3-tap pools with 1x1 convolutions between them 24 % too wide. Gates in
between differ from place to place: their mean commutes, and the rest becomes energy. A map that
differs between channels (decays) is split into its principal components over channels, each of
which is a map that all channels have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    identity,
    is_correlated,
    mean_scale,
)
from jaxrf.measure.energy.site import Site

__all__ = ["through_pointwise"]

_COMPONENTS = 4  # of a map that differs between channels; the rest becomes energy


def through_pointwise(
    site: Site, n: int, channel: int, gain: float, width: int
) -> tuple[LinearCombination, LinearCombination]:
    """A value behind pointwise weights: terms that keep their map of places, and the rest.

    Args:
        site: of the weights.
        n: the operand.
        channel: its axis that the weights contract.
        gain: mean square of the weights.
        width: channels of the result.

    Returns:
        Terms behind the weights, ``channel`` in place as the axis of the result; and the terms of
        the operand that are to be squared as they are.
    """
    combination, shape = site.combination(n), site.in_shapes[n]
    made: LinearCombination = ()
    left: LinearCombination = ()
    for source in dict.fromkeys(t.source for t in combination):
        group = tuple(t for t in combination if t.source is source)
        axis = group[0].layout[channel]
        if axis is None or not all(_maps_places(t, channel, axis) for t in group):
            left += group
            continue
        common = tuple(c for t in group for c in _common(t, channel))
        if not common:
            left += group
            continue
        if any(not isinstance(t.scale, float) for t in group):
            whole = as_source(group, shape)
            rest = jnp.maximum(whole.energy - as_source(common, shape).energy, 0.0)
            places = [a for a in range(len(shape)) if a != channel]
            left += identity(
                Source(rest, whole.shape, source.correlated or is_correlated(group, places))
            )
        behind: dict[Source, Source] = {}
        first = _summed(source, axis, gain, width)  # components have one energy, and signs apart
        for c in common:
            behind.setdefault(c.source, first if c.source is source else replace(first))
            made += (replace(c, source=behind[c.source]),)
    return made, left


def _maps_places(term: Term, channel: int, axis: int) -> bool:
    """Whether a term maps places and leaves channels as they are."""
    if term.layout[channel] != axis or term.matrices[axis] is not None:
        return False
    return term.per_element is not None or any(m is not None for m in term.matrices)


def _common(term: Term, channel: int) -> list[Term]:
    """The maps of places, scaled by numbers, that all channels of a term have in common."""
    if isinstance(term.scale, float):
        return [term]
    if term.per_element is None:
        mean = mean_scale(term)
        return [replace(term, scale=mean)] if mean else []
    axis, place = term.per_element
    if place is None:
        return []
    scale = np.asarray(term.scale, np.float64)
    others = tuple(d for d in range(scale.ndim - 1) if d not in (channel, place))
    scale = scale.mean(others, keepdims=True)
    lines = np.moveaxis(scale, (channel, place), (-3, -2)).reshape(
        scale.shape[channel], scale.shape[place], scale.shape[-1]
    )
    return [
        replace(
            term.with_matrix(axis, matrix),
            source=replace(term.source),  # components are orthogonal over channels
            layout=tuple(axis if a == place else d for a, d in enumerate(term.layout)),
            scale=1.0,
            per_element=None,
        )
        for matrix in _principal(lines)
    ]


def _principal(lines: np.ndarray) -> list[np.ndarray]:
    """The principal components over the first axis, whose squares add up to the mean square.

    >>> one = np.arange(4.0).reshape(1, 2, 2)
    >>> bool(np.allclose(np.abs(_principal(np.concatenate([one, one]))[0]), one[0]))
    True
    """
    flat = lines.reshape(len(lines), -1)
    _, sizes, rows = np.linalg.svd(flat, full_matrices=False)
    few = min(_COMPONENTS, int((sizes > 1e-6 * sizes[0]).sum())) if sizes.size else 0
    scaled: Sequence[np.ndarray] = sizes[:few, None] * rows[:few] / np.sqrt(len(lines))
    return [row.reshape(lines.shape[1:]) for row in scaled]


def _summed(source: Source, axis: int, gain: float, width: int) -> Source:
    """A source behind the weights: the sum of the energies of its channels."""
    repeats = source.shape[axis] if source.energy.shape[axis] == 1 else 1
    energy = source.energy.sum(axis, keepdims=True) * (repeats * gain)
    shape = tuple(width if d == axis else k for d, k in enumerate(source.shape))
    return Source(energy, shape, source.correlated)
