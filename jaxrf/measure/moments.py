"""The moments of an ERF map about its theoretical centre: covariance, sigma, angle, kurtosis.

A map ``energy`` holds one non-negative weight per input pixel, usually the mean squared gradient
E g^2, over n spatial axes. ``center`` is the theoretical centre of the field, in input pixels:
0-based, pixel centres at integers, so a field of even size has a half-integral centre. It may lie
outside the map near borders. Moments are about this centre unless they are named after the
centroid, the mean of the map; for a causal or recurrent field the two are far apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jaxrf.errors import InvalidInput

ROUNDING = 1e-9  # relative difference of second moments below which a map counts as isotropic


@dataclass(frozen=True, eq=False)
class Moments:
    """Second and fourth moments of a map about its centre.

    Attributes:
        covariance: float64 [n, n], input pixels squared.
        sigma: square roots of the diagonal of ``covariance``, input pixels, one per axis.
        angle: direction of the major axis of a 2-D map, see :func:`major_angle`; NaN otherwise.
        kurtosis: excess kurtosis of each axis's marginal, 0 for a Gaussian; NaN where sigma is 0.
        centroid: mean per axis, input pixels, in the coordinates of the map.
        sigma_centroid: standard deviation about the centroid, input pixels, one per axis.
    """

    covariance: np.ndarray
    sigma: tuple[float, ...]
    angle: float
    kurtosis: tuple[float, ...]
    centroid: tuple[float, ...]
    sigma_centroid: tuple[float, ...]


def moments(energy: np.ndarray, center: Sequence[float]) -> Moments:
    """Second and fourth moments of a map, in input pixels.

    With weights w = energy / sum(energy) and offsets x from the centre,
    ``covariance[i, j] = sum w x_i x_j`` and ``kurtosis[i] = sum w x_i^4 / covariance[i, i]^2 - 3``.

    Args:
        energy: float64 [*spatial], non-negative weight per input pixel.
        center: one coordinate per spatial axis, input pixels, 0-based.

    Returns:
        The moments; see :class:`Moments`.

    Raises:
        InvalidInput: where the map or the centre cannot be used.

    Examples:
        >>> moments(np.ones((3, 3)), (1.0, 1.0)).sigma  # one 3x3 layer: sigma^2 = 2/3
        (0.816496580927726, 0.816496580927726)

    Source: a stack of layers with kernel k_l, dilation d_l and stride s_l has an expected-energy
    map with sigma^2 = sum_l (prod_{j<l} s_j)^2 d_l^2 (k_l^2 - 1) / 12, and for n layers 3x3
    sigma^2 = 2n/3 and kurtosis -1.5/n; ``tests/measure/test_metrics.py`` proves both.
    """
    energy, center = checked_map(energy, center)
    weights = energy / energy.max()
    weights /= weights.sum()
    offsets = axis_offsets(weights.shape, center)
    covariance = second_moments(weights, offsets)
    variance = covariance.diagonal()
    shift, fourth = (axis_moments(weights, center, power) for power in (1, 4))
    with np.errstate(invalid="ignore"):  # 0 / 0 where a map has no extent: documented as NaN
        kurtosis = fourth / variance**2 - 3.0
    return Moments(
        covariance=covariance,
        sigma=tuple(np.sqrt(variance).tolist()),
        angle=major_angle(covariance),
        kurtosis=tuple(kurtosis.tolist()),
        centroid=tuple((shift + center).tolist()),
        sigma_centroid=tuple(np.sqrt(np.maximum(variance - shift**2, 0.0)).tolist()),
    )


def major_angle(covariance: np.ndarray) -> float:
    """Angle of the major axis of a 2-D covariance, in radians in (-pi/2, pi/2].

    ``angle = atan2(2 c_yx, c_xx - c_yy) / 2``, counted from the last axis (x) towards the first
    (y): positive where the energy lies along growing x and growing y.

    Args:
        covariance: float64 [n, n], axes in the order of the map, (y, x) for n = 2.

    Returns:
        The angle; 0.0 where the map is isotropic up to rounding; NaN unless n = 2.

    Examples:
        >>> round(major_angle(np.array([[2.0, 1.0], [1.0, 2.0]])) / np.pi, 12)
        0.25
    """
    if covariance.shape != (2, 2):
        return float("nan")
    (yy, yx), (_, xx) = covariance.tolist()
    rounding = ROUNDING * (yy + xx)
    tilt = 2.0 * yx if abs(2.0 * yx) > rounding else 0.0
    stretch = xx - yy if abs(xx - yy) > rounding else 0.0
    return float(np.arctan2(tilt, stretch)) / 2.0


def second_moments(weights: np.ndarray, coordinates: Sequence[np.ndarray]) -> np.ndarray:
    """Sums of ``weights * x_i * x_j`` over the map, not normalised.

    Args:
        weights: float64 [*spatial].
        coordinates: per axis a float64 array of that axis's length.

    Returns:
        float64 [n, n], symmetric.
    """
    n = weights.ndim
    result = np.empty((n, n))
    for i, x in enumerate(coordinates):
        result[i, i] = marginal(weights, i) @ x**2
        for j in range(i + 1, n):
            # einsum, since a threaded BLAS burns more time in waiting than in a product this small
            along_j = np.einsum("i,ij->j", x, marginal(weights, i, j))
            result[i, j] = result[j, i] = along_j @ coordinates[j]
    return result


def axis_moments(maps: np.ndarray, center: Sequence[float], power: int) -> np.ndarray:
    """Sums of ``map * x**power`` over maps, with x the offset from a centre along each axis.

    Args:
        maps: float64 [*batch, *spatial].
        center: one coordinate per spatial axis, input pixels.
        power: of the offsets.

    Returns:
        float64 [*batch, n], not normalised.
    """
    rank = len(center)
    batch = range(maps.ndim - rank)
    offsets = axis_offsets(maps.shape[maps.ndim - rank :], center)
    lines = (marginal(maps, *batch, len(batch) + axis) for axis in range(rank))
    return np.stack([m @ x**power for m, x in zip(lines, offsets, strict=True)], axis=-1)


def described(numbers: np.ndarray, center: np.ndarray) -> dict[str, np.ndarray]:
    """Energy, centroid, sigma and sigma about the centroid of maps, from their moments.

    Args:
        numbers: float64 [..., 1 + 2 n]: energy, first and second moments about the centre.
        center: float64, broadcastable to [..., n].

    Returns:
        The four by name; NaN for a map without energy.
    """
    energy, rank = numbers[..., 0], numbers.shape[-1] // 2
    with np.errstate(all="ignore"):  # 0 / 0: documented as NaN
        relative = numbers[..., 1:] / energy[..., None]
    first, second = relative[..., :rank], relative[..., rank:]
    return {
        "energy": energy,
        "centroid": center + first,
        "sigma": np.sqrt(second),
        "sigma_centroid": np.sqrt(np.maximum(second - first**2, 0.0)),
    }


def marginal(weights: np.ndarray, *keep: int) -> np.ndarray:
    """The sum of a map over all axes but those in ``keep`` (ascending)."""
    summed: np.ndarray = weights.sum(
        axis=tuple(axis for axis in range(weights.ndim) if axis not in keep)
    )
    return summed


def axis_offsets(shape: Sequence[int], center: Sequence[float]) -> list[np.ndarray]:
    """Offsets of the pixels from the centre, per axis a float64 array of that axis's length."""
    return [np.arange(size) - middle for size, middle in zip(shape, center, strict=True)]


def checked_map(
    energy: np.ndarray, center: Sequence[float]
) -> tuple[np.ndarray, tuple[float, ...]]:
    """The map as float64 and the centre as floats, after the checks every metric relies on.

    Args:
        energy: array [*spatial].
        center: one coordinate per spatial axis, input pixels.

    Returns:
        The two, converted.

    Raises:
        InvalidInput: for a wrong rank, non-finite or negative values, or a map without energy.
    """
    energy = np.asarray(energy, dtype=np.float64)
    center = tuple(float(coordinate) for coordinate in np.atleast_1d(center))
    if energy.ndim == 0 or energy.size == 0:
        raise InvalidInput(
            f"ERF map: got shape {energy.shape}, needed at least one spatial axis and one pixel; "
            "pass the map without batch and channel axes"
        )
    if len(center) != energy.ndim or not np.all(np.isfinite(center)):
        raise InvalidInput(
            f"ERF map: got center {center}, needed {energy.ndim} finite coordinates for a map of "
            f"shape {energy.shape}; pass one coordinate per spatial axis"
        )
    low, high = energy.min(), energy.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InvalidInput(
            "ERF map: got NaN or infinite values, needed finite weights; "
            "look for an overflow in the gradients and scale the impulse down"
        )
    if low < 0:
        raise InvalidInput(
            f"ERF map: got the negative value {low:.3g}, needed weights >= 0; "
            "pass squared gradients, not gradients"
        )
    if high == 0:
        raise InvalidInput(
            "ERF map: got all zeros, needed some energy; "
            "check that the chosen output depends on this part of the input"
        )
    return energy, center
