"""Predicted against sampled effective fields: one small network a family of operations.

Each family is sampled with a fresh network, input and signs for every sample. Sigma is compared in
per cent, with the standard error of the sampled one; the shape by the relative distance of the two
maps, each of sum 1, over the distance that the noise of the sampled map alone would make: 1 is as
good as the sampling can tell.
"""

from functools import partial

import numpy as np
from _families import FAMILIES, SIDE, network

from jaxrf import experiments, measure_erf, predict_erf
from jaxrf.plot import style
from jaxrf.tables import TextTable

SHAPE = (1, SIDE, SIDE, 3)
QUICK = ("linear", "ReLU", "residual", "bilinear")


def accuracy(name, samples):
    """Sigma and shape, predicted and sampled."""
    predicted = predict_erf(network(name), SHAPE)
    sampled = measure_erf(network(name), SHAPE, samples=samples)
    one = predicted.map / predicted.map.sum()
    other = sampled.map / sampled.map.sum()
    noise = np.sqrt(((sampled.stderr / sampled.map.sum()) ** 2).sum())
    return {
        "samples": samples,
        "predicted": np.mean(predicted.sigma),
        "sampled": np.mean(sampled.sigma),
        "error": np.mean(sampled.errors["sigma"]),
        "off": 100 * (np.mean(predicted.sigma) / np.mean(sampled.sigma) - 1),
        "off_error": 100 * np.mean(sampled.errors["sigma"]) / np.mean(sampled.sigma),
        "shape": np.sqrt(((one - other) ** 2).sum()) / noise,
        "assumptions": len(predicted.assumptions),
    }


def items(options):
    """One a family."""
    names, samples = (QUICK, 32) if options.quick else (FAMILIES, 512)
    return {name: partial(accuracy, name, samples) for name in names}


def figure(numbers):
    """How far sigma is off, and the shape, a row a family."""
    rows = np.arange(len(numbers))[::-1]
    with style.context():
        figure = style.new_figure(width=style.DOUBLE_COLUMN, height=0.5 + 0.2 * len(rows))
        left, right = figure.subplots(1, 2, sharey=True)
        off = [n["off"] for n in numbers.values()]
        errors = [2 * n["off_error"] for n in numbers.values()]
        left.axvspan(-2, 2, color="0.9", lw=0)
        left.errorbar(off, rows, xerr=errors, fmt="o", ms=3)
        left.set(yticks=rows, yticklabels=list(numbers), xlabel="σ, predicted to sampled (% off)")
        right.axvspan(0, 1.3, color="0.9", lw=0)
        right.plot([n["shape"] for n in numbers.values()], rows, "o", ms=3)
        right.set(xlim=(0, None), xlabel="distance of maps / sampling noise")
    return figure


def table(numbers):
    """One row a family."""
    rows = tuple(
        (
            name,
            f"{n['predicted']:.3f}",
            f"{n['sampled']:.3f} ± {n['error']:.3f}",
            f"{n['off']:+.1f} ± {n['off_error']:.1f}",
            f"{n['shape']:.2f}",
        )
        for name, n in numbers.items()
    )
    header = ("family", "σ predicted", "σ sampled", "% off", "shape / noise")
    samples = max(n["samples"] for n in numbers.values())
    return TextTable(f"prediction against {samples} samples", header, rows, words=1)


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
