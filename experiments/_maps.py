"""Maps as they are published: binned, in decades below their peak."""

import numpy as np

BINS = {1: 256, 2: 72}  # of a published map, along every axis


def binned(energy):
    """Decades below the peak, float16, of the mean over bins of equal width."""
    for axis, length in enumerate(energy.shape):
        count = min(length, BINS[energy.ndim])
        edges = np.linspace(0, length, count + 1).round().astype(int)[:-1]
        sizes = np.diff([*edges, length]).reshape(
            [-1 if a == axis else 1 for a in range(energy.ndim)]
        )
        energy = np.add.reduceat(energy, edges, axis) / sizes
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(energy / energy.max()), -12).astype(np.float16)
