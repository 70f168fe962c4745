"""The numbers that describe an ERF map.

A map ``energy`` holds one non-negative weight per input pixel over n spatial axes, the mean squared
gradient E g^2 unless stated otherwise. The same functions describe maps of |g| or relu(g), but such
numbers are not comparable with each other (mean |g| is sqrt(2) wider). ``center`` is the
theoretical centre of the field in input pixels. Moments are in :mod:`.moments`, the least-squares
Gaussian is in :mod:`.gaussian`; :func:`describe` gathers all numbers.
"""

from collections.abc import Sequence

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.measure.bootstrap import Statistics
from jaxrf.measure.gaussian import GaussianFit, fit_gaussian
from jaxrf.measure.moments import Moments, checked_map, moments
from jaxrf.measure.profiles import balls, squares

__all__ = [
    "ENERGY_FRACTIONS",
    "SQUARE_SHARES",
    "GaussianFit",
    "Moments",
    "center_value",
    "central_square",
    "describe",
    "energy_radii",
    "energy_radius",
    "fit_gaussian",
    "luo_size",
    "moments",
    "square_area",
    "square_sides",
]

GAUSSIAN_MASS = 0.9545  # within two sigma in 1-D; Luo et al. use it as a threshold
ENERGY_FRACTIONS = (0.5, 0.9, 0.9545, 0.99)
SQUARE_SHARES = (0.2, 0.3, 0.5, 0.99)


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
        peak = center_value(energy, center)
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
    return energy_radii(energy, center, (fraction,))[0]


def central_square(energy: np.ndarray, center: Sequence[float], share: float) -> float:
    """Side of the smallest square about the centre that holds a share of the energy.

    ``side = 2 h + 1`` with h the smallest max-norm distance from the centre, in input pixels, such
    that the pixels no further away hold at least the share of all energy: odd for a centre on a
    pixel, even for one half-way. The map is taken as it is, so a factor changes nothing; a square
    that leaves the map counts in full.

    Args:
        energy: float64 [*spatial], non-negative weight per input pixel.
        center: one coordinate per spatial axis, input pixels, 0-based.
        share: of the energy, in (0, 1].

    Returns:
        The side in input pixels.

    Raises:
        InvalidInput: where the map, the centre or the share cannot be used.

    Examples:
        >>> central_square(np.ones((5, 5)), (2.0, 2.0), 0.3), central_square(np.ones(4), (1.5,), 1)
        (3.0, 4.0)

    Source: the high-contribution area of Ding et al. 2022 (RepLKNet), arXiv:2203.06717, whose
    script takes the middle of the image and a logarithm instead (:mod:`jaxrf.measure.recipes`).
    """
    if not 0.0 < share <= 1.0:
        raise InvalidInput(f"central_square: got share {share}, needed 0 < share <= 1")
    energy, center = checked_map(energy, center)
    return square_sides(energy, center, (share,))[0]


def describe(
    energy: np.ndarray,
    center: Sequence[float],
    *,
    start: GaussianFit | None = None,
    size: Sequence[int | None] | None = None,
    image: Sequence[int] | None = None,
    origin: Sequence[int] | None = None,
) -> Statistics:
    """Every number that describes a map.

    Args:
        energy: float64 [*spatial], the map (mean squared gradient per input pixel, or another
            quantity), cropped to the theoretical box (the crop matters to ``r2``
            and ``pixel_share`` alone).
        center: one coordinate per spatial axis in that crop, input pixels, 0-based.
        start: a fit of a similar map, which spares the search.
        size: theoretical size r per axis, input pixels; None where there is none (then NaN).
        image: length of the image per axis, for area ratios; that of the map by default.
        origin: first pixel of the crop in the image, per axis; 0 by default.

    Returns:
        ``covariance`` (n x n, by moments about the centre, input pixels squared), ``sigma`` and
        ``kurtosis`` (per axis, by moments about the centre), ``angle`` (radians, by moments; NaN
        unless 2-D), ``centroid`` (mean per axis, in pixels of the image) and ``sigma_centroid``
        (per axis, about the centroid), ``sigma_fit`` (per axis), ``amplitude_fit`` and ``r2``
        (least squares), ``luo_size`` (centre pixel) and ``luo_size_fit`` (fitted peak),
        ``energy_radius_F`` for every F of ``ENERGY_FRACTIONS``, ``square_side_T`` and
        ``square_area_T`` (inside the image, over the image's) for every T of ``SQUARE_SHARES``,
        ``flatness`` (per axis, ``sigma_centroid sqrt(12) / r``: 1 for a flat field; r is the crop
        where that is longer, as across a circular border),
        ``size_share`` (``luo_size / r``, r the geometric mean of the axes), and ``pixel_share``
        (pixels above 4.55 % of the centre, over all of the crop). Lengths in input pixels.

    Raises:
        InvalidInput: where the map or the centre cannot be used.
    """
    energy, center = checked_map(energy, center)
    about = moments(energy, center)
    fit = fit_gaussian(energy, center, start=start)
    radii = energy_radii(energy, center, ENERGY_FRACTIONS)
    sides = square_sides(energy, center, SQUARE_SHARES)
    image = energy.shape if image is None else image
    corner = np.zeros(energy.ndim) if origin is None else np.asarray(origin, float)
    r = np.array([np.nan if s is None else s for s in size or [None] * energy.ndim], float)
    luo = luo_size(energy, center)
    areas: Statistics = {}
    for share, side in zip(SQUARE_SHARES, sides, strict=True):
        areas[f"square_side_{share}"] = side
        areas[f"square_area_{share}"] = square_area(side, np.add(center, corner), image)
    # a field that comes in over a circular border is as wide as the crop, not as r
    wide = np.where(np.isnan(r), r, np.maximum(r, energy.shape))
    return {
        "covariance": tuple(tuple(row) for row in about.covariance.tolist()),
        "sigma": about.sigma,
        "centroid": tuple(np.add(about.centroid, corner).tolist()),
        "sigma_centroid": about.sigma_centroid,
        "angle": about.angle,
        "kurtosis": about.kurtosis,
        "sigma_fit": fit.sigma,
        "amplitude_fit": fit.amplitude,
        "r2": fit.r2,
        "luo_size": luo,
        "luo_size_fit": luo_size(energy, center, peak=fit.amplitude),
        **{f"energy_radius_{f}": r for f, r in zip(ENERGY_FRACTIONS, radii, strict=True)},
        **areas,
        "flatness": tuple((np.array(about.sigma_centroid) * np.sqrt(12) / wide).tolist()),
        "size_share": float(luo / np.exp(np.log(r).mean())),
        "pixel_share": float(luo**energy.ndim / energy.size),
    }


def center_value(energy: np.ndarray, center: Sequence[float]) -> float:
    """Mean of the pixels nearest to the centre (2^n of them for a half-integral one)."""
    return float(energy[_nearest_pixels(energy.shape, center)].mean())


def _nearest_pixels(shape: Sequence[int], center: Sequence[float]) -> tuple[np.ndarray, ...]:
    """Index of the pixels of the map that are nearest to the centre: two per axis if half-way."""
    return np.ix_(
        *(
            np.unique(np.clip([np.ceil(c - 0.5), np.floor(c + 0.5)], 0, size - 1).astype(int))
            for size, c in zip(shape, center, strict=True)
        )
    )


def energy_radii(
    energy: np.ndarray, center: tuple[float, ...], fractions: Sequence[float]
) -> tuple[float, ...]:
    """:func:`energy_radius` for several fractions at once, of a map that was checked."""
    profile = balls(energy.shape, center)
    return tuple(profile.lengths(profile.held(energy), fractions).tolist())


def square_sides(
    energy: np.ndarray, center: tuple[float, ...], shares: Sequence[float]
) -> tuple[float, ...]:
    """:func:`central_square` for several shares at once, of a map that was checked."""
    profile = squares(energy.shape, center)
    return tuple((2.0 * profile.lengths(profile.held(energy), shares) + 1.0).tolist())


def square_area(
    side: float,
    center: Sequence[float],
    image: Sequence[int],
) -> float:
    """Area of the part of a square inside an image, over the area of the image.

    Args:
        side: of the square, input pixels.
        center: one coordinate per spatial axis, input pixels of the image, 0-based.
        image: its length per axis.
    """
    half, area = (side - 1.0) / 2.0, 1.0
    for middle, length in zip(center, image, strict=True):
        low, high = max(middle - half, 0.0), min(middle + half, length - 1.0)
        area *= max(high - low + 1.0, 0.0) / length
    return float(area)
