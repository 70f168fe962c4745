"""Today's networks: the effective field of the last feature map inside the theoretical one.

Weights are random, as the framework draws them, with two exceptions: ConvNeXt's layer scale is 1,
since at its 1e-6 nothing of a block is left, and the U-Net has a quarter of its channels.
BatchNorm is at inference, with the statistics of a fresh network. Where the field is too large to
be measured as a whole, the image is smaller, and what is outside of it is blank.

Keras counts the channels of a depthwise kernel into its fan, so that residual branches with one
start almost silent: what is left is the narrowest path, a flat square, or in Xception, whose
shortcuts are 1x1 convolutions of stride 2, the lattice of pixels that those touch.
"""

from dataclasses import replace
from functools import partial

import _image_nets as images
import numpy as np
from _maps import binned
from _modern import NETWORKS, endpoints

from jaxrf import analyze, experiments, plot
from jaxrf.measure.erf import erf_of
from jaxrf.plot import style
from jaxrf.tables import TextTable

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
SAMPLES = 4
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
    erf = erf_of(
        analysis, at=None, endpoint=name, samples=samples, seed=0, weight_seeds=1, inputs=None,
        variables=None, batch=1, progress=None, checkpoint=None, resume=False,
    )  # fmt: skip
    theory = analysis[name]
    mean, spread = about_its_mean(erf.map, erf.center)
    return {
        "endpoint": name,
        "r": theory.size[0],
        "global": theory.is_global,
        "image": list(spatial),
        "samples": erf.samples,
        "center": list(erf.center),
        "field": [[i.low, i.high] for i in erf.virtual],
        "sigma": list(erf.sigma),
        "sigma_stderr": list(erf.errors["sigma"]),
        "share": float(np.mean(erf.sigma)) * 12**0.5 / theory.size[0],
        "mean_from_center": mean,
        "sigma_about_mean": spread,
        "r2": erf.r2,
        "crop": [[i.low, i.high] for i in erf.box],
        "map": binned(erf.map[erf.crop]),
    }


def about_its_mean(energy, center):
    """(mean position from the theoretical centre, standard deviation about that mean) an axis."""
    means, spreads = [], []
    for axis, middle in enumerate(center):
        along = energy.sum(tuple(a for a in range(energy.ndim) if a != axis))
        place = np.arange(len(along)) - middle
        mean = float((along * place).sum() / along.sum())
        means.append(mean)
        spreads.append(float(np.sqrt((along * (place - mean) ** 2).sum() / along.sum())))
    return means, spreads


def items(options):
    """One network an item."""
    samples = 2 if options.quick else SAMPLES
    return {
        title: partial(field, title, samples) for title in (QUICK if options.quick else LENGTHS)
    }


def table(numbers):
    """One line a network."""
    rows = tuple(
        (
            title,
            n["endpoint"],
            "x".join(map(str, n["image"])),
            str(n["r"]),
            "yes" if n["global"] else "no",
            f"{np.mean(n['sigma']):.3g}",
            f"{n['share']:.3f}",
            f"{np.mean(n['mean_from_center']):+.3g}",
            f"{np.mean(n['sigma_about_mean']):.3g}",
        )
        for title, n in numbers.items()
    )
    columns = (
        *("network", "end-point", "image", "r", "global", "sigma", "sigma sqrt(12) / r"),
        *("mean - centre", "sigma about mean"),
    )
    return TextTable("effective fields, g^2, random weights", columns, rows, words=2)


def figure(numbers):
    """One panel a network: images in rows of six, signals below them."""
    planes = {t: n for t, n in numbers.items() if len(n["image"]) == 2}
    lines = {t: n for t, n in numbers.items() if len(n["image"]) == 1}
    rows = -(-len(planes) // COLUMNS)
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.5 * rows + 1.6)
        above, below = drawn.subfigures(2, 1, height_ratios=[1.5 * rows, 1.6])
        axes = list(above.subplots(rows, COLUMNS, squeeze=False).flat)
        for ax in axes[len(planes) :]:
            ax.set_visible(False)
        for ax, (title, n) in zip(axes, planes.items(), strict=False):
            image = panel(title, n, n["center"], n["sigma"], ax).image
            ax.set_xlabel(f"r = {n['r']} px\n{SHARE} = {n['share']:.2f}", fontsize=6.0)
        above.colorbar(
            image, ax=axes, aspect=30, fraction=0.02, pad=0.01, label="g² / peak",
            extend="min",
        )  # fmt: skip
        axes = below.subplots(1, len(lines), squeeze=False, sharey=True)[0]
        for ax, (title, n) in zip(axes, lines.items(), strict=True):
            mean = n["center"][0] + n["mean_from_center"][0]
            panel(title, n, [mean], n["sigma_about_mean"], ax)
            share = n["sigma_about_mean"][0] * 12**0.5 / n["r"]
            ax.set_xlabel(
                f"r = {n['r']}, {SHARE} = {share:.2f} about the mean,\n"
                f"{n['mean_from_center'][0]:+.0f} samples from the middle of the field",
                fontsize=6.0,
            )
        axes[0].set_ylabel("g² / peak")
        below.supxlabel(
            "red: theoretical field; orange: 2σ; hatched: outside the measured image; "
            "*: a global operation adds the rest of the image",
            fontsize=6.0,
        )
    return drawn


def panel(title, n, center, sigma, ax):
    """One network."""
    made = plot.field_share(
        10.0 ** np.asarray(n["map"], dtype=float),
        crop=n["crop"], field=n["field"], center=center, sigma=sigma, ax=ax,
    )  # fmt: skip
    ax.set_title(title + ("*" if n["global"] else ""), fontsize=6.5)
    return made


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table, figure=figure)
