"""Today's networks: the effective field of the last feature map inside the theoretical one.

Weights are random, as the framework draws them, with two exceptions: ConvNeXt's layer scale is 1,
since at its 1e-6 nothing of a block is left, and the U-Net has a quarter of its channels.
BatchNorm is at inference, with the statistics of a fresh network. Where the field is too large to
be measured as a whole, the image is smaller; the share of the theoretical field that it cuts off is
stated. Sigma is about the centroid of the energy, which stands beside it.

Networks written here draw fresh weights for every sample, and errors are over networks. Keras draws
once: errors are over the inputs of that one network, and another may differ by more.

Keras counts the channels of a depthwise kernel into its fan, so that residual branches with one
start almost silent: what is left is the narrowest path, a flat square, or in Xception, whose
shortcuts are 1x1 convolutions of stride 2, the lattice of pixels that those touch.
"""

from dataclasses import replace
from functools import partial

import _image_nets as images
import numpy as np
from _maps import SIGMAS, binned, close_up, window, with_error
from _modern import NETWORKS, endpoints

from jaxrf import analyze, experiments, plot
from jaxrf.measure.erf import measure_erf
from jaxrf.plot import style
from jaxrf.text.table import TextTable

# Length of the input: the field and a margin, or what takes seconds. Fields of the first two rows
# do not fit, those of the others do.
LENGTHS = {
    "DenseNet-121": 512,
    "NASNet-A mobile": 512,
    "Xception": 512,
    "ConvNeXt-T": 512,
    "MobileNetV2": 544,
    "MobileNetV3-S": 672,
    "EfficientNet-B0": 896,
    "EfficientNetV2-B0": 800,
    "RegNetX-400MF": 1024,
    "RegNetY-400MF": 608,
    "U-Net, same": 256,
    "PatchGAN 70": 256,
    "WaveNet": 6400,
    "TCN": 6400,
    "Demucs encoder": 8192,
}
QUICK = ("MobileNetV3-S", "PatchGAN 70", "TCN")
SAMPLES = 8
COLUMNS = 6
SHARE = "σ√12 / r"


def network(title):
    """The network as it is measured."""
    net = NETWORKS[title]
    if title == "U-Net, same":
        narrow = images.UNet(padding="SAME", width=16)
        return replace(net, build=lambda shape, real: narrow)
    return net


def field(title, samples):
    """Sigma, where the energy lies, and the map of one network."""
    net = network(title)
    spatial = (LENGTHS[title],) * (len(net.shape) - 2)
    shape = (1, *spatial, net.shape[-1])
    analysis = analyze(net.build(shape, True), shape)
    name = endpoints(net, analysis)[-1]
    erf = measure_erf(analysis, endpoint=name, samples=samples, batch=1)
    theory, numbers, errors = analysis[name], erf.numbers, erf.errors
    off = np.subtract(numbers["centroid"], erf.center)
    crop = erf.box
    if len(spatial) == 2:
        crop = window(erf.box, numbers["centroid"], numbers["sigma_centroid"])
    else:
        crop = [[i.low, i.high] for i in crop]
    return {
        "endpoint": name,
        "r": theory.size[0],
        "global": theory.is_global,
        "image": list(spatial),
        "samples": erf.samples,
        "units": f"{erf.tails.units} {' and '.join(f'{f}s' for f in erf.plan.factors)}",
        "effective": erf.tails.effective,
        "enough": erf.tails.enough,
        "center": list(erf.center),
        "field": [[i.low, i.high] for i in erf.virtual],
        "cut": erf.cut,
        "sigma": _mean(numbers["sigma_centroid"], errors["sigma_centroid"]),
        "centroid": _mean(off, errors["centroid"]),
        "sigma_about_center": _mean(numbers["sigma"], errors["sigma"]),
        "share": float(np.mean(numbers["flatness"])),
        "place": list(numbers["centroid"]),
        "sigmas": list(numbers["sigma_centroid"]),
        "crop": crop,
        "map": binned(erf.map[tuple(slice(low, high + 1) for low, high in crop)]),
    }


def _mean(values, errors):
    """[mean over the axes, its standard error if those of the axes go together]."""
    return [float(np.mean(values)), float(np.mean(errors))]


def items(options):
    """One network per item."""
    samples = 2 if options.quick else SAMPLES
    return {
        title: partial(field, title, samples) for title in (QUICK if options.quick else LENGTHS)
    }


def table(numbers):
    """One line per network."""
    rows = tuple(
        (
            title,
            n["endpoint"],
            "x".join(map(str, n["image"])),
            str(n["r"]),
            "yes" if n["global"] else "no",
            *(
                with_error(n[k][0], n[k][1] if n["enough"] else None)
                for k in ("sigma", "centroid", "sigma_about_center")
            ),
            f"{n['share']:.3f}",
            "-" if n["cut"] is None else f"{n['cut']:.0%}",
            f"{n['units']}, worth {n['effective']:.1f}",
        )
        for title, n in numbers.items()
    )
    columns = (
        *("network", "end-point", "image", "r", "global", "σ about the centroid"),
        *("centroid - centre", "σ about the centre", "σ√12/r", "cut off", "units"),
    )
    notes = (
        "E g², random weights, input pixels or samples, ± standard error; cut off: share of the",
        "theoretical field outside the image; σ√12/r about the centroid; inputs: of one network,",
        "whose weights Keras drew once; too few samples: worth fewer than five of equal energy",
    )
    return TextTable("effective fields of today's networks", columns, rows, notes, words=2)


def figure(numbers):
    """One panel per network: images in rows of six, signals below them."""
    planes = {t: n for t, n in numbers.items() if len(n["image"]) == 2}
    lines = {t: n for t, n in numbers.items() if len(n["image"]) == 1}
    rows = -(-len(planes) // COLUMNS)
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.7 * rows + 1.6)
        above, below = drawn.subfigures(2, 1, height_ratios=[1.7 * rows, 1.6])
        axes = list(above.subplots(rows, COLUMNS, squeeze=False).flat)
        for ax in axes[len(planes) :]:
            ax.set_visible(False)
        for ax, (title, n) in zip(axes, planes.items(), strict=False):
            image = close_up(n, ax).image
            _named(ax, title, n)
            ax.set_xlabel(
                f"σ = {_sigma(n)} px\nr = {n['r']} px\n{SHARE} = {n['share']:.2f}", fontsize=5.5
            )
        above.colorbar(
            image, ax=axes, aspect=30, fraction=0.02, pad=0.01, label="g² / peak",
            extend="min",
        )  # fmt: skip
        axes = below.subplots(1, len(lines), squeeze=False, sharey=True)[0]
        for ax, (title, n) in zip(axes, lines.items(), strict=True):
            plot.field_share(
                10.0 ** np.asarray(n["map"], dtype=float),
                crop=n["crop"], field=n["field"], center=n["place"], sigma=n["sigmas"], ax=ax,
            )  # fmt: skip
            _named(ax, title, n)
            ax.set_xlabel(
                f"σ = {_sigma(n)}, r = {n['r']} samples\n"
                f"{n['centroid'][0]:+.0f} from the middle, {SHARE} = {n['share']:.2f}",
                fontsize=6.0,
            )
        axes[0].set_ylabel("g² / peak")
        below.supxlabel(
            f"images: {SIGMAS:g}σ about the centroid to every side; signals: the field; "
            "red: theoretical field; orange: 2σ; hatched: not measured;\n"
            "*: a global operation adds the rest of the image",
            fontsize=6.0,
        )
    return drawn


def _sigma(n):
    """For a label: with its error, or as few digits as are known."""
    value, error = n["sigma"]
    return with_error(value, error) if n["enough"] else f"{value:.0f} (too few)"


def _named(ax, title, n):
    ax.set_title(title + ("*" if n["global"] else ""), fontsize=6.5)


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table, figure=figure)
