"""Normalisation of a value by its own standard deviation: LayerNorm, GroupNorm, RMSNorm.

    y = x / s,  s^2 = mean of x^2 over N elements:   dy_i = (dx_i - y_i / N sum_j y_j dx_j) / s

The way through ``s`` is a projection. With independent elements the expected square is

    E dy_i^2 = ((1 - 2/N) E dx_i^2 + 1/N^2 sum_j E dx_j^2) / s^2

where the last term comes through ``s`` alone. This formula replaces the steps of the program (a
square, a mean, a root), each of which has heavy tails, so that the product of their averages is
not the average of their product. Subtracting the mean is linear, and exact without a formula.

A mean over all elements of 1/s^2 misses two things. Values are smaller where padding is read, so
that borders have larger scales than the middle: a profile per axis is kept. And the weights just
before the normalisation decide both s and what it scales, the more so the fewer they are: the mean
gain is that of a random change of the input (:mod:`jaxrf.measure.energy.tangents`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    identity,
    normalizer,
)
from jaxrf.measure.energy.site import Site

__all__ = ["APPLIES_SCALE", "MAKES_SCALE", "as_normalizer", "profile", "through_normalization"]

OVER_PLACES = "normalises over places: what they all lose is taken as independent of gates behind"
OVER_PLACES_SIZE = 40.0  # 41 to 65 places: InstanceNorm 16 to 20 %, GroupNorm up to 35 %
UNMEASURED = "normalises: its scale is taken as independent of the few weights just before it"
UNMEASURED_SIZE = 10.0
MAKES_SCALE = ("rsqrt", "sqrt")  # the primitives that compute the scale
_LONG = 4096  # elements of an axis whose borders are a small part of it
_SMOOTH = 8  # windows of smoothing along an axis
APPLIES_SCALE = {"mul": "rsqrt", "div": "sqrt"}  # the primitive that applies it -> computes it


def as_normalizer(site: Site, combination: LinearCombination) -> LinearCombination:
    """The result of a (reciprocal) square root, marked as a scale that may normalise."""
    shape = site.out_shapes[0]
    return identity(replace(as_source(combination, shape), normalizer=(site.name, prod(shape))))


def through_normalization(
    site: Site, n: int, derivative: np.ndarray | float
) -> LinearCombination | None:
    """The share of operand ``n`` in a product with a normaliser; None for any other operation.

    The operand that is normalised adds everything, the normaliser nothing.
    """
    name, shape = site.name, site.out_shapes[0]
    if len(site.dependent) != 2 or name not in APPLIES_SCALE:
        return None
    ours, theirs = (normalizer(site.combination(m)) for m in (n, 1 - n))
    if (ours or theirs or ("", 0))[0] != APPLIES_SCALE[name] or (ours and theirs):
        return None
    number = prod(shape) / (ours or theirs or ("", 1))[1]  # as many are scaled as were measured
    if number <= 2:
        return None
    if ours:
        return ()
    combination, same = site.combination(n), _constant_axes(site.combination(1 - n), shape)
    if any(a not in (0, len(shape) - 1) for a in same):
        site.note(OVER_PLACES, OVER_PLACES_SIZE)
    elif not site.measured_change(None):
        site.note(UNMEASURED, UNMEASURED_SIZE)
    followed = [a for a in range(len(shape)) if all(t.layout[a] is not None for t in combination)]
    lines, even = profile(derivative, [a for a in followed if a not in same])
    apart = tuple(t.scaled(even) for t in combination)
    factor = _correction(site, n, apart, lines, 1 - 1 / number)
    for axis, line in lines.items():
        apart = tuple(_times_profile(t, axis, line) for t in apart)
    energy = factor * as_source(apart, shape).energy
    for axis in same:
        energy = energy.mean(axis, keepdims=True)
    way = Source(jnp.asarray(energy / number), shape, True)
    kept = np.sqrt(factor * (1 - 2 / number))
    return tuple(t.scaled(float(kept)) for t in apart) + identity(way)


def profile(
    derivative: np.ndarray | float, axes: Sequence[int]
) -> tuple[dict[int, np.ndarray], np.ndarray | float]:
    """A scale as the product of one profile per axis, of mean square 1, and of the rest.

    Values are smaller where padding is read, and with them the scales that they are divided by, so
    that a mean over all places would be wrong in the middle and at the borders. Profiles are
    smoothed, since one draw says little about one place.

    Args:
        derivative: the scale.
        axes: that get a profile.

    Returns:
        The profile of every axis that has one, and the rest of the scale.
    """
    lines: dict[int, np.ndarray] = {}
    for axis in axes if np.ndim(derivative) else ():
        others = tuple(d for d in range(np.ndim(derivative)) if d != axis)
        squares = np.mean(np.square(derivative, dtype=np.float64), others, keepdims=True)
        if squares.all() and squares.size <= _LONG:
            line = np.sqrt(_smooth(squares.ravel() / squares.mean()))
            lines[axis] = line
            derivative = derivative / line.reshape(squares.shape)
    return lines, derivative


def _smooth(line: np.ndarray) -> np.ndarray:
    """A moving average, over shorter windows at the ends."""
    half = line.size // _SMOOTH // 2
    ends = np.concatenate([[0.0], np.cumsum(line)])
    low = np.maximum(np.arange(line.size) - half, 0)
    high = np.minimum(np.arange(line.size) + half + 1, line.size)
    return (ends[high] - ends[low]) / (high - low)


def _times_profile(term: Term, axis: int, line: np.ndarray) -> Term:
    """A term times a profile along an axis of the value that follows an axis of the source."""
    follows = term.layout[axis]
    assert follows is not None, "a profile was put along an axis that a term is the same along"
    before = term.matrices[follows]
    after = np.diag(line) if before is None else line[:, None] * before
    return term.with_matrix(follows, after)


def _correction(
    site: Site, n: int, even: LinearCombination, lines: dict[int, np.ndarray], passed: float
) -> float:
    """The measured gain of a random change of the input, relative to the formula's.

    The formula holds for scales that are independent of what they scale. Without a measurement the
    correction is 1.

    Args:
        site: of the product.
        n: the operand that is normalised.
        even: the operand times its scale without the profiles.
        lines: profiles of the scale by axis.
        passed: share of the energy that the projection leaves.
    """
    before, after = site.measured_change(n), site.measured_change(None)
    if before is None or after is None:
        return 1.0
    gain = (
        passed * _level(even, site.out_shapes[0]) / _level(site.combination(n), site.in_shapes[n])
    )
    for axis, line in lines.items():
        gain *= np.mean(before[axis] / before[axis].mean() * line**2)
    return after[0].mean() / (before[0].mean() * gain)


def _level(combination: LinearCombination, shape: tuple[int, ...]) -> float:
    """The mean energy of a value all of whose sources have energy 1."""
    sources = {t.source for t in combination}
    ones = {s: replace(s, energy=jnp.ones((1,) * len(s.shape))) for s in sources}
    unit = tuple(replace(t, source=ones[t.source]) for t in combination)
    return float(as_source(unit, shape).energy.mean())


def _constant_axes(combination: LinearCombination, shape: tuple[int, ...]) -> list[int]:
    """The axes along which a normaliser is constant."""
    term = next(t for t in combination if t.source.normalizer)
    same = [d is None or term.source.shape[d] == 1 for d in term.layout]
    return [axis for axis, n in enumerate(shape) if n > 1 and same[axis]]
