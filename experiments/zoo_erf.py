"""Effective fields of the article's networks at their last feature map: sigma against r.

Expected squared gradient of the central feature over random weights and standard normal inputs, all
channels, with bootstrap errors over the random networks. Images hold the whole theoretical field
where that is at most 640 pixels, and have 640 pixels otherwise: that is stated beside every number,
as what lies outside of the image is not seen (640 pixels hold 4 sigma to each side of the widest).
"""

from functools import partial

import numpy as np
from _article import NETWORKS, spacious
from _maps import binned
from _networks import FAMILIES, family, label

from jaxrf import analyze, experiments, measure_erf, plot, zoo
from jaxrf.plot import style
from jaxrf.plot.scatter import Bubble
from jaxrf.tables import TextTable

LARGEST = 640  # pixels
COLUMNS = 6
QUICK = NETWORKS[:3]


def effective(name, *, width, networks, samples):
    """Numbers, their errors, and the map in bins."""
    pixels = min(spacious(name, width=1 / 16).shape[1], LARGEST)
    network = zoo.load(name, width=width)
    field = analyze(network, (1, pixels, pixels, 3)).output
    erf = measure_erf(
        network, (1, pixels, pixels, 3), samples=samples, weight_seeds=networks, batch=2
    )
    return {
        "image": pixels,
        "width": width,
        "size": field.size[0],
        "samples": samples,
        "networks": networks,
        "sigma": np.mean(erf.sigma),
        "sigma_error": np.mean(erf.errors["sigma"]),
        "kurtosis": np.mean(erf.kurtosis),
        "kurtosis_error": np.mean(erf.errors["kurtosis"]),
        "r2": erf.r2,
        "luo_size": erf.luo_size,
        "flatness": np.mean(erf.sigma) * np.sqrt(12) / field.size[0],
        "center": list(erf.center),
        "field": [[i.low, i.high] for i in erf.virtual],
        "crop": [[i.low, i.high] for i in erf.box],
        "map": binned(erf.map[erf.crop]),
    }


def items(options):
    """One a network."""
    if options.quick:
        return {n: partial(effective, n, width=0.25, networks=4, samples=8) for n in QUICK}
    return {n: partial(effective, n, width=1.0, networks=8, samples=16) for n in NETWORKS}


def table(numbers):
    """Sigma and shape beside the theoretical size."""
    rows = tuple(
        (
            name,
            str(n["image"]),
            str(n["size"]),
            f"{n['sigma']:.1f} ± {n['sigma_error']:.1f}",
            f"{n['flatness']:.3f}",
            f"{n['kurtosis']:.2f} ± {n['kurtosis_error']:.2f}",
            f"{n['r2']:.3f}",
            f"{n['luo_size']:.0f}",
        )
        for name, n in numbers.items()
    )
    header = ("network", "image", "r", "σ", "σ√12/r", "kurtosis", "R²", "Luo size")
    notes = (
        "g² map of the central feature, random weights; lengths in input pixels;",
        "σ√12/r is 1 for a flat field; kurtosis is the excess over a Gaussian's.",
    )
    return TextTable("Effective fields of the last feature map", header, rows, notes)


def figure(numbers):
    """Sigma against r, and the maps, each to the scale of its theoretical field."""
    return {"sigma": _against_size(numbers), "maps": _maps(numbers)}


def _against_size(numbers):
    bubbles = [
        Bubble(label(name), n["size"], n["sigma"], 1.0, family(name)) for name, n in numbers.items()
    ]
    drawn = plot.scatter(
        bubbles,
        xlabel="theoretical size r (input pixels)",
        ylabel="σ of the effective field (input pixels)",
        families=FAMILIES,
        fit=lambda r: (r / np.sqrt(12), None),
        fit_label="flat field: r / √12",
        yscale="log",
        ylim=(10, 1500),
        largest=3.0,
    )
    return drawn.axes.figure


def _maps(numbers):
    rows = -(-len(numbers) // COLUMNS)
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.5 * rows + 0.2)
        axes = list(drawn.subplots(rows, COLUMNS, squeeze=False).flat)
        for ax in axes[len(numbers) :]:
            ax.set_visible(False)
        for ax, (name, n) in zip(axes, numbers.items(), strict=False):
            made = plot.field_share(
                10.0 ** np.asarray(n["map"], dtype=float),
                crop=n["crop"],
                field=n["field"],
                center=n["center"],
                sigma=[n["sigma"]] * 2,
                ax=ax,
            )
            ax.set_title(label(name), fontsize=6.5)
            ax.set_xlabel(f"r = {n['size']} px\nσ√12 / r = {n['flatness']:.2f}", fontsize=6.0)
        drawn.colorbar(
            made.image, ax=axes, aspect=30, fraction=0.02, pad=0.01, label="g² / peak", extend="min"
        )
        drawn.supxlabel(
            "red: theoretical field; orange: 2σ; hatched: outside the measured image", fontsize=6.0
        )
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
