"""R^2 of a fitted Gaussian without the noise of the map.

A map of N units is the expected map plus noise, and noise is no misfit: with e the noise of the map
(as a vector over pixels), P the projection on what the fit can follow (amplitude and covariance, to
first order) and Q that on the mean and on the map itself, whose scale changes no R^2,

    E SSE = SSE of the expected map + E |(1 - P) e|^2,    E SST likewise + E |(1 - Q) e|^2.

Both expectations are estimated from the bootstrap replicates, whose deviation from the map is noise
of the same kind, and subtracted. What is left may exceed 1 by chance; it is cut there.
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
    """R^2 of a map without its noise; not cut at 1.

    Args:
        energy: float64 [*crop], the map.
        fit: of it, in the coordinates of the crop.
        maps: float64 [R, *crop], replicates of it, at least two.
        scales: [R], what turns the squared deviation of a replicate into that of the map.
    """
    flat = energy.ravel() / energy.max()
    deviations = maps.reshape(len(maps), -1) / energy.max() - flat
    centred = flat - flat.mean()
    follows = _basis(_tangents(fit, energy.shape))
    scale = _basis(np.stack([np.ones_like(flat), flat], axis=1))
    misfit = float(np.mean(scales * _outside(deviations, follows)))
    variation = float(np.mean(scales * _outside(deviations, scale)))
    total = float(centred @ centred)
    if not total > 0:
        return float("nan")
    # never less than a tenth of what varies, where all of it is noise
    left = max(total - variation, 0.1 * total)
    return float(1.0 - ((1.0 - fit.r2) * total - misfit) / left)


def _tangents(fit: GaussianFit, shape: Sequence[int]) -> np.ndarray:
    """What a small change of the amplitude or the covariance adds: [pixels, parameters]."""
    bell = fit.evaluate(shape)
    mesh = np.ix_(*axis_offsets(shape, fit.center))
    columns = [bell.ravel()]
    for i, x in enumerate(mesh):
        for y in mesh[i:]:
            columns.append((bell * x * y).ravel())
    return np.stack(columns, axis=1)


def _basis(columns: np.ndarray) -> np.ndarray:
    """Orthonormal, of the space that columns span."""
    norms = np.linalg.norm(columns, axis=0)
    vectors, sizes, _ = np.linalg.svd(columns / np.where(norms > 0, norms, 1), full_matrices=False)
    return vectors[:, sizes > 1e-9 * sizes[0]]


def _outside(vectors: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Squared lengths [R] of vectors [R, pixels] outside the span of a basis."""
    inside = vectors @ basis
    return np.maximum((vectors**2).sum(1) - (inside**2).sum(1), 0.0)
