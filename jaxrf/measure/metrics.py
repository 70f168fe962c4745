"""The numbers that describe an ERF map, and their standard errors.

A map ``energy`` holds one non-negative weight per input pixel over n spatial axes; here it is
always the mean squared gradient E g^2 (sizes of |g| or relu(g) maps are not comparable: mean |g| is
sqrt(2) wider). ``center`` is the theoretical centre of the field in input pixels. Moments live in
:mod:`.moments`, the least-squares Gaussian in :mod:`.gaussian`; :func:`describe` gathers them all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.measure.gaussian import GaussianFit, fit_gaussian
from jaxrf.measure.moments import Moments, axis_offsets, checked_map, moments

__all__ = [
    "ENERGY_FRACTIONS",
    "GaussianFit",
    "Moments",
    "describe",
    "energy_radius",
    "fit_gaussian",
    "jackknife",
    "luo_size",
    "moments",
]

GAUSSIAN_MASS = 0.9545  # within two sigma in 1-D; Luo et al. use it as a threshold
ENERGY_FRACTIONS = (0.5, 0.9, 0.9545, 0.99)
PERIODS = {"angle": np.pi}  # statistics on a circle: an axis turned by pi is the same axis

Statistics = dict[str, Any]  # a float, or a tuple of one float per axis, under every name


def luo_size(energy: np.ndarray, center: Sequence[float], peak: float | None = None) -> float:
    """Side of the region above 4.55 % of the peak, in input pixels.

    ``size = (number of pixels with energy > (1 - 0.9545) * peak) ** (1 / n)``: a length in 1-D,
    the square root of an area in 2-D. For an isotropic 2-D Gaussian it is 4.406 sigma. The map is
    g^2; on |g| the same threshold would give a larger number.

    Args:
        energy: float64 [*spatial], mean squared gradient per input pixel.
        center: one coordinate per spatial axis, input pixels, 0-based.
        peak: value at the centre. By default the mean of the pixels nearest to the centre (2^n of
            them for a half-integral one); the amplitude of :func:`fit_gaussian` is less noisy.

    Returns:
        The size; NaN where the peak is not positive, as in the hole of a dilated field.

    Raises:
        InvalidInput: where the map or the centre cannot be used.

    Examples:
        >>> luo_size(np.array([0.0, 1.0, 2.0, 1.0, 0.0]), (2.0,))
        3.0

    Source: Luo et al. 2016, arXiv:1701.04128 (size of the ERF in its experiments).
    """
    energy, center = checked_map(energy, center)
    if peak is None:
        peak = float(energy[_nearest_pixels(energy.shape, center)].mean())
    if not peak > 0:
        return float("nan")
    return float(np.count_nonzero(energy > (1.0 - GAUSSIAN_MASS) * peak) ** (1.0 / energy.ndim))


def energy_radius(energy: np.ndarray, center: Sequence[float], fraction: float) -> float:
    """Radius of the smallest ball about the centre that holds a fraction of the energy.

    ``min { R : sum of energy over |x| <= R is at least fraction * sum(energy) }`` with Euclidean
    |x| in input pixels. Between the distances of successive pixels R^n grows evenly with the energy
    held, so that R varies continuously with the map; a radius that jumps would hide its standard
    error. For an isotropic 2-D Gaussian R = sqrt(-2 ln(1 - fraction)) sigma.

    Args:
        energy: float64 [*spatial], non-negative weight per input pixel.
        center: one coordinate per spatial axis, input pixels, 0-based.
        fraction: share of the energy, in (0, 1].

    Returns:
        The radius in input pixels, counted to pixel centres.

    Raises:
        InvalidInput: where the map, the centre or the fraction cannot be used.

    Examples:
        >>> energy_radius(np.ones(5), (2.0,), 0.6)
        1.0
    """
    if not 0.0 < fraction <= 1.0:
        raise InvalidInput(
            f"energy_radius: got fraction {fraction}, needed 0 < fraction <= 1; pass a share"
        )
    energy, center = checked_map(energy, center)
    return _energy_radii(energy, center, (fraction,))[0]


def describe(
    energy: np.ndarray, center: Sequence[float], *, start: GaussianFit | None = None
) -> Statistics:
    """Every number that describes a map.

    Args:
        energy: float64 [*spatial], mean squared gradient per input pixel, cropped to the
            theoretical box (the crop matters to ``r2`` alone).
        center: one coordinate per spatial axis in that crop, input pixels, 0-based.
        start: a fit of a similar map, which spares the search; see :func:`jackknife`.

    Returns:
        ``sigma`` and ``kurtosis`` (per axis, by moments), ``angle`` (radians, by moments; NaN
        unless 2-D), ``sigma_fit`` (per axis), ``amplitude_fit`` and ``r2`` (least squares),
        ``luo_size`` (centre pixel) and ``luo_size_fit`` (fitted peak), and ``energy_radius_F`` for
        every F of ``ENERGY_FRACTIONS``. Lengths in input pixels.

    Raises:
        InvalidInput: where the map or the centre cannot be used.
    """
    energy, center = checked_map(energy, center)
    about = moments(energy, center)
    fit = fit_gaussian(energy, center, start=start)
    radii = _energy_radii(energy, center, ENERGY_FRACTIONS)
    return {
        "sigma": about.sigma,
        "angle": about.angle,
        "kurtosis": about.kurtosis,
        "sigma_fit": fit.sigma,
        "amplitude_fit": fit.amplitude,
        "r2": fit.r2,
        "luo_size": luo_size(energy, center),
        "luo_size_fit": luo_size(energy, center, peak=fit.amplitude),
        **{f"energy_radius_{f}": r for f, r in zip(ENERGY_FRACTIONS, radii, strict=True)},
    }


def jackknife(
    blocks: np.ndarray, statistic: Callable[[np.ndarray], Mapping[str, float | tuple[float, ...]]]
) -> Statistics:
    """Delete-one-block standard errors of any statistics of a map.

    With theta_i the statistic of the mean of all blocks but the i-th,
    ``stderr = sqrt((B - 1) / B * sum_i (theta_i - mean theta)^2)``. Differences of the ``angle``
    are taken modulo pi.

    Args:
        blocks: float64 [B, *spatial], sums of squared gradients over B equally large blocks of
            independent samples. The statistic sees mean blocks, so one with the unit of the map
            (``amplitude_fit``) comes out in units of a block's sum.
        statistic: from a map [*spatial] to named numbers or tuples of numbers.

    Returns:
        The standard errors under the same names and in the same shapes; NaN for B < 2.

    Raises:
        InvalidInput: where there is no block, or the statistic refuses a map.

    Examples:
        >>> blocks = np.array([[1.0, 1.0], [1.0, 3.0], [1.0, 5.0]])
        >>> jackknife(blocks, lambda mean: {"last": float(mean[1])})  # sqrt(var / B)
        {'last': 1.1547005383792515}

        A fit to start from makes every replicate cheap:

        >>> rng = np.random.default_rng(0)
        >>> blocks = np.exp(-np.arange(-20, 21) ** 2 / 50) * rng.chisquare(50, (8, 41))
        >>> fit = fit_gaussian(blocks.mean(axis=0), (20,))
        >>> errors = jackknife(blocks, lambda mean: describe(mean, (20,), start=fit))
        >>> 0.0 < errors["sigma"][0] < 0.1
        True

    Source: Efron & Stein 1981, The jackknife estimate of variance.
    """
    blocks = np.asarray(blocks, dtype=np.float64)
    count = len(blocks) if blocks.ndim > 1 else 0
    if count == 0:
        raise InvalidInput(
            f"jackknife: got blocks of shape {blocks.shape}, needed [B, *spatial] with B >= 1; "
            "stack one sum of squared gradients per block"
        )
    if count == 1:
        return {name: _like(value, np.nan) for name, value in statistic(blocks[0]).items()}
    total = blocks.sum(axis=0)
    # Rounding of a difference must not turn a pixel that only one block reached negative.
    replicates = [statistic(np.maximum(total - block, 0.0) / (count - 1)) for block in blocks]
    return {
        name: _standard_error([r[name] for r in replicates], PERIODS.get(name))
        for name in replicates[0]
    }


def _nearest_pixels(shape: Sequence[int], center: Sequence[float]) -> tuple[np.ndarray, ...]:
    """Index of the pixels of the map that are nearest to the centre: two an axis where half-way."""
    return np.ix_(
        *(
            np.unique(np.clip([np.ceil(c - 0.5), np.floor(c + 0.5)], 0, size - 1).astype(int))
            for size, c in zip(shape, center, strict=True)
        )
    )


def _energy_radii(
    energy: np.ndarray, center: Sequence[float], fractions: Sequence[float]
) -> tuple[float, ...]:
    """The radii of several fractions from one sort of the pixels by distance."""
    squares = (x**2 for x in np.ix_(*axis_offsets(energy.shape, center)))
    squared = sum(squares, start=np.zeros(energy.shape))
    reached = energy > 0
    squared, weights = squared[reached], energy[reached] / energy.max()
    order = np.argsort(squared, kind="stable")
    squared, held = squared[order], np.cumsum(weights[order])
    ring_ends = np.flatnonzero(np.diff(squared, append=np.inf))
    volume = squared[ring_ends] ** (energy.ndim / 2)
    filled = np.interp(np.multiply(fractions, held[-1]), held[ring_ends], volume)
    return tuple((filled ** (1 / energy.ndim)).tolist())


def _standard_error(
    replicates: Sequence[float | tuple[float, ...]], period: float | None
) -> float | tuple[float, ...]:
    """The jackknife's standard error of one statistic, number by number."""
    values = np.array(replicates, dtype=np.float64)
    if period is not None:
        values = (values - values[0] + period / 2) % period
    count = len(values)
    squares = np.sum((values - values.mean(axis=0)) ** 2, axis=0)
    return _like(replicates[0], np.sqrt((count - 1) / count * squares))


def _like(example: float | tuple[float, ...], values: np.ndarray | float) -> float | tuple:
    """Values as a float or a tuple of floats, whichever the example is."""
    if isinstance(example, tuple):
        return tuple(np.broadcast_to(values, (len(example),)).tolist())
    return float(values)
