"""Effective fields of the article's networks at their last feature map: sigma against r.

Expected squared gradient of the central feature over random weights and standard normal inputs, all
channels, with jackknife errors over the random networks. Images hold the whole theoretical field
where that is at most 640 pixels, and have 640 pixels otherwise: that is stated beside every number,
as what lies outside of the image is not seen (640 pixels hold 4 sigma to each side of the widest).
"""

from functools import partial

import numpy as np
from _article import NETWORKS, spacious
from matplotlib.patches import Circle

from jaxrf import analyze, experiments, measure_erf, zoo
from jaxrf.plot import style
from jaxrf.tables import TextTable

LARGEST = 640  # pixels
THUMBNAIL = 97  # cells of a stored map
QUICK = NETWORKS[:3]


def effective(name, *, width, networks, samples):
    """Numbers, their errors, and a coarse map around the centre."""
    pixels = min(spacious(name, width=1 / 16).shape[1], LARGEST)
    network = zoo.load(name, width=width)
    field = analyze(network, (1, pixels, pixels, 3)).output
    erf = measure_erf(
        network, (1, pixels, pixels, 3), samples=samples, weight_seeds=networks, batch=2
    )
    sigma, error = np.mean(erf.sigma), np.mean(erf.errors["sigma"])
    map_, cell = _coarse(erf.map, erf.center, 4 * sigma)
    return {
        "image": pixels,
        "width": width,
        "size": field.size[0],
        "samples": samples,
        "networks": networks,
        "sigma": sigma,
        "sigma_error": error,
        "kurtosis": np.mean(erf.kurtosis),
        "kurtosis_error": np.mean(erf.errors["kurtosis"]),
        "r2": erf.r2,
        "luo_size": erf.luo_size,
        "flatness": sigma * np.sqrt(12) / field.size[0],
        "map": map_,
        "cell": cell,
    }


def _coarse(values, center, half):
    """Means over square cells around the centre: at most ``THUMBNAIL`` a side; their side."""
    cell = max(1, round(2 * half / THUMBNAIL))
    side = 2 * int(half / cell / 2 + 0.5) + 1
    first = [int(c + 0.5) - side * cell // 2 for c in center]
    cut = np.pad(values, side * cell)[
        tuple(slice(f + side * cell, f + 2 * side * cell) for f in first)
    ]
    cells = cut.reshape(side, cell, side, cell).mean((1, 3))
    return (cells / cells.max()).astype(np.float32), cell


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
    """Sigma against r, and the maps to one scale."""
    with style.context():
        return {"sigma": _against_size(numbers), "maps": _maps(numbers)}


def _against_size(numbers):
    figure = style.new_figure(height=2.8)
    ax = figure.add_subplot()
    ax.set_xscale("log")
    ax.set_yscale("log")
    sizes = np.array([n["size"] for n in numbers.values()], float)
    for name, n in numbers.items():
        ax.errorbar(
            n["size"], n["sigma"], 2 * n["sigma_error"], fmt="o", ms=3.5, color=style.MEASURED
        )
        ax.annotate(
            name, (n["size"], n["sigma"]), xytext=(4, -1), textcoords="offset points", size=5.5
        )
    line = np.array([sizes.min() * 0.8, sizes.max() * 1.25])
    ax.plot(line, line / np.sqrt(12), color=style.BOX, lw=0.8, label="flat: r/√12")
    ax.set_xlabel("theoretical size r (pixels)")
    ax.set_ylabel("σ of the effective field (pixels)")
    ax.legend(loc="upper left")
    return figure


def _maps(numbers):
    columns = 4
    rows = -(-len(numbers) // columns)
    figure = style.new_figure(style.DOUBLE_COLUMN, 1.75 * rows)
    for place, (name, n) in enumerate(numbers.items(), start=1):
        ax = figure.add_subplot(rows, columns, place)
        half = n["map"].shape[0] * n["cell"] / 2
        ax.imshow(
            n["map"],
            norm=style.energy_norm(),
            cmap=style.energy_colormap(),
            extent=(-half, half, half, -half),
        )
        ax.add_patch(Circle((0, 0), 2 * n["sigma"], fill=False, ec=style.GAUSSIAN, lw=0.9))
        ax.set_title(f"{name}\nr = {n['size']}, σ = {n['sigma']:.1f} px")
        style.whole_pixel_ticks(ax.xaxis, ax.yaxis)
    return figure


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
