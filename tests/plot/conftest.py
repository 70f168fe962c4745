"""A measured field without a measurement."""

import matplotlib
import numpy as np
import pytest

from jaxrf.measure.gaussian import fit_gaussian

matplotlib.use("Agg")


@pytest.fixture(scope="package")
def field():
    """A noisy Gaussian with compact support: energy, support, fit, standard error."""
    y, x = np.indices((64, 72)) - np.reshape((30.0, 34.0), (2, 1, 1))
    support = (abs(y) <= 16) & (abs(x) <= 18)
    truth = 3e-4 * np.exp(-(y**2) / 32 - x**2 / 72) * support
    blocks = truth * np.random.default_rng(0).chisquare(40, (8, 64, 72)) / 40
    energy = blocks.mean(axis=0)
    fit = fit_gaussian(energy[14:47, 16:53], (16.0, 18.0))
    return {
        "energy": energy,
        "support": support,
        "fit": fit,
        "stderr": blocks.std(axis=0, ddof=1) / np.sqrt(8),
    }
