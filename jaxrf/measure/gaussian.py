"""The Gaussian that describes an ERF map: least squares about the theoretical centre.

Model: ``amplitude * exp(-x^T covariance^-1 x / 2)`` at offset x from the centre, the centre fixed
by theory, amplitude and covariance free.

Method: the amplitude is linear, so it is eliminated (variable projection: Golub & Pereyra 1973).
With f the map, g the bell of amplitude one, P the inverse covariance and
``a = <f, g> / <g, g>``, the sum of squares is ``<f, f> - a <f, g>`` and its gradient with respect
to P is ``a (M[f g] - a M[g g])``, where M are second moments. A step costs one exponential per
pixel and never forms the [pixels, parameters] Jacobian of a general least-squares solver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from jaxrf.measure.moments import (
    axis_offsets,
    checked_map,
    major_angle,
    moments,
    second_moments,
)

NARROWEST = 0.2  # input pixels; a narrower bell is one pixel wide, whatever its sigma
WIDEST = 10.0  # times the sigma by moments; a wider bell is flat over the map
STARTS = (1.0, 0.5, 0.25, 0.125)  # times the sigma by moments: a peak on a pedestal is far narrower


@dataclass(frozen=True, eq=False)
class GaussianFit:
    """A Gaussian fitted to an ERF map.

    Attributes:
        center: the fixed centre, input pixels, one coordinate per axis.
        amplitude: value at the centre, in the unit of the map.
        covariance: float64 [n, n], input pixels squared.
        r2: 1 - SSE / SST over every pixel of the map that was passed; NaN for a constant map.
    """

    center: tuple[float, ...]
    amplitude: float
    covariance: np.ndarray
    r2: float

    @property
    def sigma(self) -> tuple[float, ...]:
        """Standard deviation of each axis's marginal, input pixels."""
        return tuple(np.sqrt(self.covariance.diagonal()).tolist())

    @property
    def angle(self) -> float:
        """Direction of the major axis in radians, see :func:`~.moments.major_angle`."""
        return major_angle(self.covariance)

    def evaluate(self, shape: Sequence[int]) -> np.ndarray:
        """The Gaussian on the pixels of a map.

        Args:
            shape: the map's shape, one length per axis.

        Returns:
            float64 [*shape], in the unit of the fitted map.
        """
        offsets = axis_offsets(shape, self.center)
        return self.amplitude * _bell(offsets, np.linalg.inv(self.covariance))

    def profile(self, offsets: np.ndarray, axis: int = -1) -> np.ndarray:
        """The Gaussian along the line through the centre parallel to an axis.

        Args:
            offsets: distances from the centre along ``axis``, input pixels.
            axis: the spatial axis.

        Returns:
            float64 array of the shape of ``offsets``, in the unit of the fitted map.
        """
        precision = np.linalg.inv(self.covariance)[axis, axis]
        values: np.ndarray = self.amplitude * np.exp(-0.5 * precision * np.asarray(offsets) ** 2)
        return values

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        return {
            "center": list(self.center),
            "amplitude": self.amplitude,
            "covariance": self.covariance.tolist(),
            "r2": self.r2,
        }


def fit_gaussian(
    energy: np.ndarray, center: Sequence[float], *, start: GaussianFit | None = None
) -> GaussianFit:
    """Least-squares Gaussian about a fixed centre.

    Minimises ``SSE = sum (energy - amplitude exp(-x^T covariance^-1 x / 2))^2`` over every pixel
    passed; ``r2 = 1 - SSE / sum (energy - mean energy)^2``. Zeros outside the theoretical field
    would flatter r2, so the caller passes the crop to the theoretical box (and its centre in the
    coordinates of that crop). No sigma falls below 0.2 input pixels, where the bell is one pixel. A
    map without a peak, such as the flat field of one layer, ends at the bound of ten times its
    sigma by moments, and its r2 is near zero.

    Args:
        energy: float64 [*spatial], non-negative weight per input pixel.
        center: one coordinate per spatial axis, input pixels, 0-based.
        start: a fit of a similar map to start from, instead of the moments.

    Returns:
        The fit; see :class:`GaussianFit`.

    Raises:
        InvalidInput: where the map or the centre cannot be used.

    Examples:
        >>> truth = GaussianFit((20.0, 20.5), 3.0, np.array([[9.0, 2.0], [2.0, 16.0]]), r2=1.0)
        >>> fit = fit_gaussian(truth.evaluate((41, 42)), truth.center)
        >>> np.round(fit.covariance, 3).tolist(), round(fit.r2, 9)
        ([[9.0, 2.0], [2.0, 16.0]], 1.0)
    """
    energy, center = checked_map(energy, center)
    peak = energy.max()
    target = energy / peak
    about = moments(target, center)
    # Axes in units of their own sigma, so that the search is well scaled for any map.
    unit = np.maximum(about.sigma, NARROWEST)
    coordinates = [x / u for x, u in zip(axis_offsets(energy.shape, center), unit, strict=True)]
    if start is None:
        begin = _best_start(target, coordinates, about.covariance / np.outer(unit, unit))
    else:
        begin = _parameters(start.covariance / np.outer(unit, unit))

    lower, upper = np.full((2, len(begin)), [[-np.inf], [np.inf]])
    lower[: energy.ndim] = -np.log(WIDEST)
    upper[: energy.ndim] = np.log(unit / NARROWEST)
    solution = minimize(
        lambda parameters: _loss_and_gradient(parameters, target, coordinates),
        np.clip(begin, lower, upper),
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([lower, upper], axis=1),
        options={"ftol": 1e-13, "gtol": 1e-8},
    )

    factor = _factor(solution.x, energy.ndim)
    bell = _bell(coordinates, factor @ factor.T)
    amplitude = np.sum(target * bell) / np.sum(bell**2)
    residual = np.sum((target - amplitude * bell) ** 2)
    spread = np.sum((target - target.mean()) ** 2)
    inverse = np.linalg.inv(factor)
    return GaussianFit(
        center=center,
        amplitude=float(amplitude * peak),
        covariance=inverse.T @ inverse * np.outer(unit, unit),
        r2=float(1.0 - residual / spread) if spread > 0 else float("nan"),
    )


def _bell(coordinates: Sequence[np.ndarray], precision: np.ndarray) -> np.ndarray:
    """exp(-x^T precision x / 2) on the grid that the coordinates span."""
    mesh = np.ix_(*coordinates)
    exponent = sum(-0.5 * precision[i, i] * x**2 for i, x in enumerate(mesh))
    for i, x in enumerate(mesh):
        for j in range(i + 1, len(mesh)):
            exponent -= (precision[i, j] * x) * mesh[j]
    bell: np.ndarray = np.exp(exponent, out=exponent)
    return bell


def _loss_and_gradient(
    parameters: np.ndarray, target: np.ndarray, coordinates: Sequence[np.ndarray]
) -> tuple[float, np.ndarray]:
    """SSE / <f, f> at the best amplitude, and its gradient (formulas: module docstring)."""
    n = target.ndim
    factor = _factor(parameters, n)
    bell = _bell(coordinates, factor @ factor.T)
    matched = target * bell
    squared = np.square(bell, out=bell)
    amplitude = matched.sum() / squared.sum()
    total = np.sum(target**2)
    by_precision = second_moments(matched, coordinates)
    by_precision -= amplitude * second_moments(squared, coordinates)
    by_factor = 2.0 * amplitude / total * by_precision @ factor
    gradient = np.concatenate(
        [by_factor.diagonal() * factor.diagonal(), by_factor[np.tril_indices(n, -1)]]
    )
    return 1.0 - amplitude * matched.sum() / total, gradient


def _factor(parameters: np.ndarray, n: int) -> np.ndarray:
    """Lower Cholesky factor of the inverse covariance: log diagonal first, then what is below."""
    factor = np.diag(np.exp(parameters[:n]))
    factor[np.tril_indices(n, -1)] = parameters[n:]
    return factor


def _parameters(covariance: np.ndarray) -> np.ndarray:
    """The parameters of a covariance, kept invertible where an axis has no extent."""
    n = len(covariance)
    factor = np.linalg.cholesky(np.linalg.inv(covariance + 1e-6 * np.eye(n)))
    return np.concatenate([np.log(factor.diagonal()), factor[np.tril_indices(n, -1)]])


def _best_start(
    target: np.ndarray, coordinates: Sequence[np.ndarray], covariance: np.ndarray
) -> np.ndarray:
    """The parameters of the multiple of the moments' covariance that fits best."""
    candidates = [_parameters(covariance * scale**2) for scale in STARTS]
    return min(candidates, key=lambda p: _loss_and_gradient(p, target, coordinates)[0])
