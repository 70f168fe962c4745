"""R^2 of a fitted Gaussian without the noise of the map.

A map of N units is the expected map plus noise, and noise is no misfit: with e the noise of the map
(as a vector over pixels), P the projection on what the fit can follow (amplitude and covariance, to
first order) and Q that on the mean and on the map itself, whose scale changes no R^2,

    E SSE = SSE of the expected map + E |(1 - P) e|^2,    E SST likewise + E |(1 - Q) e|^2.

Both expectations are estimated from the bootstrap replicates, whose deviation from the map is noise
of the same kind, and subtracted. The result may exceed 1 by chance; the caller clips it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jaxrf.measure.gaussian import GaussianFit
from jaxrf.measure.moments import axis_offsets

__all__ = ["noise_free_r2"]


def noise_free_r2(
    energy: np.ndarray,
    fit: GaussianFit,
    maps: np.ndarray,
    scales: np.ndarray,
) -> float:
    """R^2 of a map without its noise; not clipped at 1.

    Args:
        energy: float64 [*crop], the map.
        fit: of it, in the coordinates of the crop.
        maps: float64 [R, *crop], replicates of it, at least two.
        scales: [R], which turn the squared deviation of a replicate into that of the map.

    Returns:
        R^2; NaN for a constant map.

    Source: ``experiments/coverage.py``.
    """
    flat = energy.ravel() / energy.max()
    rows = maps.reshape(len(maps), -1)
    # no R^2 changes with the scale of a map, in which heavy tails scatter most
    deviations = rows * ((flat @ flat) / (rows @ flat))[:, None] - flat
    centred = flat - flat.mean()
    total = float(centred @ centred)
    if not total > 0:
        return float("nan")
    noise = np.sqrt(scales)[:, None] * _outside(deviations, _tangents(fit, energy.shape))
    scale = np.stack([np.ones_like(flat), flat], axis=1)
    variation = np.mean(scales * (_outside(deviations, scale) ** 2).sum(1))
    # never less than a tenth of what varies, where all of it is noise
    left = max(total - variation, 0.1 * total)
    value = 1.0 - ((1.0 - fit.r2) * total - np.mean((noise**2).sum(1))) / left
    return float(value)


def _tangents(fit: GaussianFit, shape: Sequence[int]) -> np.ndarray:
    """Derivatives of the fit by its amplitude and its covariance: [pixels, parameters]."""
    bell = fit.evaluate(shape)
    mesh = np.ix_(*axis_offsets(shape, fit.center))
    columns = [bell.ravel()]
    for i, x in enumerate(mesh):
        for y in mesh[i:]:
            columns.append((bell * x * y).ravel())
    return np.stack(columns, axis=1)


def _outside(vectors: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The part of vectors [R, pixels] that is orthogonal to columns [pixels, n]."""
    norms = np.linalg.norm(columns, axis=0)
    basis, sizes, _ = np.linalg.svd(columns / np.where(norms > 0, norms, 1), full_matrices=False)
    basis = basis[:, sizes > 1e-9 * sizes[0]]
    outside: np.ndarray = vectors - (vectors @ basis) @ basis.T
    return outside
