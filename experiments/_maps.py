"""Maps as they are published: the part of interest, binned, in decades below their peak."""

import numpy as np

from jaxrf import plot

BINS = {1: 256, 2: 72}  # of a published map, along every axis
SIGMAS = 4.0  # of a map, to every side, that a panel shows


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


def window(box, center, sigma):
    """The part of a box within ``SIGMAS`` of a centre: [low, high] per axis, inclusive.

    Args:
        box: intervals that were measured, input pixels.
        center: of the energy, per axis.
        sigma: standard deviation, per axis.
    """
    return [
        [
            max(i.low, int(np.floor(c - SIGMAS * s))),
            min(i.high, int(np.ceil(c + SIGMAS * s))),
        ]
        for i, c, s in zip(box, center, sigma, strict=True)
    ]


def close_up(n, ax):
    """A panel of a plane map, as wide as its effective field; the theoretical one may be outside.

    Args:
        n: "map" over "crop" (:func:`window`), "field", "place" and "sigmas" of the contour.
        ax: where it is drawn.
    """
    made = plot.field_share(
        10.0 ** np.asarray(n["map"], dtype=float),
        crop=n["crop"], field=n["field"], center=n["place"], sigma=n["sigmas"], ax=ax,
    )  # fmt: skip
    half = SIGMAS * max(n["sigmas"])
    ax.set_xlim(n["place"][1] - half, n["place"][1] + half)
    ax.set_ylim(n["place"][0] + half, n["place"][0] - half)
    return made


def with_error(value, error):
    """A number with its standard error, to the error's second digit; without one, "too few"."""
    if error is None or not np.isfinite(error):
        digits = ".3g" if abs(value) < 1000 else ".0f"
        return f"{value:{digits}} (too few samples)"
    if error == 0:
        return f"{value:.4g} ± 0"
    digits = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{digits}f} ± {error:.{digits}f}"
