"""ImageNet accuracy against the receptive field: circle area is FLOPs, with the logarithmic fit."""

from functools import partial

import numpy as np
from _networks import FAMILIES, NAMES, QUICK, family, label

from jaxrf import analyze, experiments, plot, zoo
from jaxrf.plot.regression import fit_log
from jaxrf.plot.scatter import Bubble
from jaxrf.text.table import TextTable

SHAPE = (1, 224, 224, 3)
# Published top-1 accuracy: Araujo, Norris and Sim, Distill 2019, data of the accuracy figure.
ACCURACY = {
    "alexnet_v2": 0.572,
    "vgg_16": 0.715,
    "inception_v2": 0.739,
    "inception_v3": 0.780,
    "inception_v4": 0.802,
    "inception_resnet_v2": 0.804,
    "resnet_v1_50": 0.752,
    "resnet_v1_101": 0.764,
    "resnet_v1_152": 0.768,
    "mobilenet_v1": 0.709,
}
COMPARED = ("vgg_16", "mobilenet_v1")


def derived(name):
    """Receptive field and FLOPs of a network's last feature map."""
    analysis = analyze(zoo.load(name), SHAPE)
    return {"r": analysis.output.size[0], "flops": analysis.flops(analysis.output.name)}


def items(options):
    """One network per item; quick: the shallow ones."""
    names = QUICK if options.quick else NAMES
    return {name: partial(derived, name) for name in names}


def summarize(results):
    """The points, the fit of accuracy = a + b ln r, and the comparison of VGG with MobileNet."""
    networks = {
        name: {**found, "family": family(name), "accuracy": ACCURACY[name]}
        for name, found in results.items()
    }
    fit = _fit(networks)
    large, small = (networks[name] for name in COMPARED)
    return {
        "networks": networks,
        "without": [name for name in ACCURACY if name not in networks],
        "fit": {
            "a": fit.a,
            "a_stderr": fit.a_stderr,
            "b": fit.b,
            "b_stderr": fit.b_stderr,
            "r2": fit.r2,
            "residual": fit.residual,
            "points": fit.points,
            "gain_of_doubling": fit.b * float(np.log(2)),
            "band_95": {r: fit.half_width(np.array(r)).item() for r in (200, 500, 1000, 2000)},
        },
        "comparison": {
            "networks": COMPARED,
            "flops_ratio": large["flops"] / small["flops"],
            "r": [large["r"], small["r"]],
            "accuracy_gain": large["accuracy"] - small["accuracy"],
        },
    }


def _fit(networks):
    points = networks.values()
    return fit_log([n["r"] for n in points], [n["accuracy"] for n in points])


def figure(numbers):
    """Circles, the fit, its band."""
    fit = _fit(numbers["networks"])
    bubbles = [
        Bubble(label(name), n["r"], 100 * n["accuracy"], n["flops"] / 1e9, n["family"])
        for name, n in numbers["networks"].items()
    ]
    drawn = plot.scatter(
        bubbles,
        families=FAMILIES,
        xlabel="receptive field (input pixels)",
        ylabel="ImageNet top-1 accuracy (%)",
        areas=(1, 5, 20),
        area_label="{:g} GFLOP",
        fit=lambda r: (100 * fit(r), 100 * fit.half_width(r)),
        fit_label=f"{100 * fit.a:.1f} + {100 * fit.b:.2f} ln r,  R² = {fit.r2:.2f}",
        band_label="95 % confidence",
        ylim=(52, 87),
    )
    return drawn.axes.figure


def table(numbers):
    """One row per network; the fit and the comparison below."""
    rows = tuple(
        (name, n["family"], str(n["r"]), f"{n['flops'] / 1e9:.2f}", f"{n['accuracy']:.3f}")
        for name, n in numbers["networks"].items()
    )
    fit, pair = numbers["fit"], numbers["comparison"]
    notes = (
        f"accuracy = {fit['a']:.3f}({fit['a_stderr']:.3f}) + {fit['b']:.4f}({fit['b_stderr']:.4f}) "
        f"ln r, R2 = {fit['r2']:.3f}, {fit['points']} networks",
        f"{COMPARED[0]} needs {pair['flops_ratio']:.1f} times the FLOPs of {COMPARED[1]} for "
        f"r = {pair['r'][0]} instead of {pair['r'][1]} and {100 * pair['accuracy_gain']:.1f} "
        "points of accuracy",
    )
    header = ("network", "family", "r", "GFLOP", "top-1 (published)")
    return TextTable("accuracy against receptive field, 224 px", header, rows, notes, words=2)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
