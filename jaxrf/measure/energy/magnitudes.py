"""Magnitudes of values, since energies have no phase."""

from __future__ import annotations

import jax
import numpy as np

__all__ = ["magnitudes"]


def magnitudes(values: jax.typing.ArrayLike) -> np.ndarray:
    """Real values as float64, with their signs; the absolute values of complex ones."""
    found = np.asarray(values)
    return np.asarray(np.abs(found) if np.iscomplexobj(found) else found, np.float64)
