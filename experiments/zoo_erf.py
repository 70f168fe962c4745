"""Effective fields of the article's networks at their last feature map: sigma against r.

Expected squared gradient of the central feature over random weights and standard normal inputs, all
channels, with errors and intervals over the random networks. Images hold the whole theoretical
field where that is at most 640 pixels, and have 640 pixels otherwise: the share of the field that
is cut off stands beside every number (640 pixels hold 4 sigma to each side of the widest).
"""

from functools import partial

import numpy as np
from _article import NETWORKS, spacious
from _maps import SIGMAS, binned, close_up, window, with_error
from _networks import FAMILIES, family, label

from jaxrf import analyze, experiments, measure_erf, plot, zoo
from jaxrf.plot import style
from jaxrf.plot.scatter import Bubble
from jaxrf.text.table import TextTable

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
    numbers, errors, enough = erf.numbers, erf.errors, erf.tails.enough
    crop = window(erf.box, numbers["centroid"], numbers["sigma_centroid"])
    return {
        "image": pixels,
        "width": width,
        "size": field.size[0],
        "samples": samples,
        "networks": networks,
        "effective": erf.tails.effective,
        "enough": enough,
        "sigma": np.mean(erf.sigma),
        "sigma_error": np.mean(errors["sigma"]),
        "kurtosis": np.mean(erf.kurtosis),
        "kurtosis_error": np.mean(errors["kurtosis"]),
        "r2": numbers["r2"],
        "luo_size": numbers["luo_size"],
        "interval": erf.intervals() and {k: list(erf.intervals()[k]) for k in ("r2", "luo_size")},
        "centroid": list(np.subtract(numbers["centroid"], erf.center)),
        "centroid_error": list(errors["centroid"]),
        "cut": erf.cut,
        "flatness": np.mean(numbers["flatness"]),
        "center": list(erf.center),
        "place": list(numbers["centroid"]),
        "sigmas": list(numbers["sigma_centroid"]),
        "field": [[i.low, i.high] for i in erf.virtual],
        "crop": crop,
        "map": binned(erf.map[tuple(slice(low, high + 1) for low, high in crop)]),
    }


def items(options):
    """One item per network."""
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
            "-" if n["cut"] is None else f"{n['cut']:.0%}",
            with_error(n["sigma"], n["sigma_error"] if n["enough"] else None),
            f"{n['flatness']:.3f}",
            with_error(n["kurtosis"], n["kurtosis_error"] if n["enough"] else None),
            _between(n, "r2", ".4f"),
            _between(n, "luo_size", ".0f"),
            f"{n['networks']}, worth {n['effective']:.1f}",
        )
        for name, n in numbers.items()
    )
    header = (
        *("network", "image", "r", "cut off", "σ", "σ√12/r", "kurtosis", "R²", "Luo size"),
        "networks",
    )
    notes = (
        "g² map of the central feature, random weights; lengths in input pixels; σ about the",
        "theoretical centre, ± standard error over networks; in brackets 95 % intervals;",
        "R² without the noise of the map; cut off: share of the theoretical field outside the",
        "image; σ√12/r is 1 for a flat field; kurtosis is the excess over a Gaussian's.",
    )
    return TextTable("Effective fields of the last feature map", header, rows, notes)


def _between(n, key, digits):
    """A number with its interval, where there are samples enough for one."""
    if not n["interval"]:
        return f"{n[key]:{digits}} (too few samples)"
    low, high = n["interval"][key]
    return f"{n[key]:{digits}} [{low:{digits}}, {high:{digits}}]"


def figure(numbers):
    """Sigma against r, and the maps, each to the scale of its effective field."""
    return {"sigma": _against_size(numbers), "maps": _maps(numbers)}


def _against_size(numbers):
    bubbles = [
        Bubble(label(name), n["size"], n["sigma"], 1.0, family(name)) for name, n in numbers.items()
    ]
    with style.context():
        ax = style.new_figure(style.DOUBLE_COLUMN, 3.2).add_subplot()
        for name, n in numbers.items():
            if n["enough"]:
                color = style.CATEGORIES[FAMILIES.index(family(name))]
                ax.errorbar(
                    n["size"], n["sigma"], 2 * n["sigma_error"], color=color, linewidth=0.8,
                    capsize=2.5, zorder=5,
                )  # fmt: skip
    drawn = plot.scatter(
        bubbles,
        xlabel="theoretical size r (input pixels)",
        ylabel="σ of the effective field (input pixels), ±2 errors",
        families=FAMILIES,
        fit=lambda r: (r / np.sqrt(12), None),
        fit_label="flat field: r / √12",
        ylim=(0, 1.15 * max(n["sigma"] for n in numbers.values())),
        largest=2.0,
        ax=ax,
    )
    return drawn.axes.figure


def _maps(numbers):
    rows = -(-len(numbers) // COLUMNS)
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.7 * rows + 0.2)
        axes = list(drawn.subplots(rows, COLUMNS, squeeze=False).flat)
        for ax in axes[len(numbers) :]:
            ax.set_visible(False)
        for ax, (name, n) in zip(axes, numbers.items(), strict=False):
            made = close_up(n, ax)
            ax.set_title(label(name), fontsize=6.5)
            ax.set_xlabel(
                f"σ = {with_error(n['sigma'], n['sigma_error'] if n['enough'] else None)} px\n"
                f"r = {n['size']} px\nσ√12 / r = {n['flatness']:.2f}",
                fontsize=5.5,
            )
        drawn.colorbar(
            made.image, ax=axes, aspect=30, fraction=0.02, pad=0.01, label="g² / peak", extend="min"
        )
        drawn.supxlabel(
            f"{SIGMAS:g}σ to every side; red: theoretical field; orange: 2σ; "
            "hatched: outside the measured image",
            fontsize=6.0,
        )
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
