"""Predicted against sampled effective fields: families of operations, and networks of the zoo.

Every one is sampled with a fresh network, input and signs for every sample, and predicted without
any of them, from as many draws as a user gets. Sigma is compared in per cent, with the standard
errors of both. The shape is the relative distance of the two maps, each of sum 1, over the distance
that noise alone would make, which two independent halves of the sample tell: 1 is as good as the
sampling can tell. The networks of the zoo, at a quarter of their width, see photographs. Networks
of tokens have four blocks of width 64. Twelve families were held out: chosen before the rules were
changed, and run once at the end.
"""

from functools import partial

import numpy as np
from _families import FAMILIES, SIDE, Net
from _held_families import HELD_OUT, HELD_SHAPE
from _line_families import LINE_SHAPE, LINES
from _token_nets import MIXERS
from _token_nets import Net as TokenNet

from jaxrf import experiments, measure_erf, predict_erf, zoo
from jaxrf.experiments.claims import FAILS, HOLDS, UNDECIDED, Claim, decide
from jaxrf.experiments.evidence import Band, Estimate
from jaxrf.measure.images import load_images
from jaxrf.plot import style
from jaxrf.text.table import TextTable

SHAPE = (1, SIDE, SIDE, 3)
QUICK = ("linear",)
NETWORKS = ("vgg_16", "resnet_v1_50")
PIXELS, NARROW = 224, 0.25
SAMPLES = 256  # of a family
MORE = {"transformer": 512}  # whose gradients have heavy tails
BLOCKS, TOKEN_SHAPE = 4, (1, 96, 96, 3)
WIDEST = 45.0  # per cent that the figure shows
WITHIN, SURE = 2.0, 2.0  # per cent of sigma; standard errors of an interval


def accuracy(model, shape, *, samples, draws=None, inputs=None):
    """Sigma and shape, predicted and sampled."""
    predicted = predict_erf(model, shape, inputs=inputs, draws=draws)
    halves = [
        measure_erf(model, shape, inputs=inputs, samples=samples // 2, seed=seed) for seed in (0, 1)
    ]
    one, other = (half.map / half.map.sum() for half in halves)
    sampled = (one + other) / 2
    noise = np.sqrt(((one - other) ** 2).sum()) / 2
    distance = np.sqrt(((predicted.map / predicted.map.sum() - sampled) ** 2).sum())
    sigma = np.mean([half.sigma for half in halves])
    error = np.sqrt(sum(np.mean(half.errors["sigma"]) ** 2 for half in halves)) / 2
    own = np.mean(predicted.errors["sigma"])
    expected = np.mean(predicted.sigma)
    return {
        "samples": samples,
        "draws": predicted.draws,
        "predicted": expected,
        "predicted_error": own,
        "sampled": sigma,
        "error": error,
        "off": 100 * (expected / sigma - 1),
        "off_error": 100 * (expected / sigma) * np.hypot(error / sigma, own / expected),
        "shape": distance / noise,
        "stated": max(predicted.sizes, default=0.0),
        "assumptions": list(predicted.assumptions),
    }


def of_family(steps, shape, samples, draws=None):
    """A small network."""
    return accuracy(Net(steps), shape, samples=samples, draws=draws)


def of_tokens(mixer, samples):
    """Patches, and blocks that mix them."""
    return accuracy(TokenNet(mixer, BLOCKS), TOKEN_SHAPE, samples=samples)


def of_zoo(name, samples):
    """A network of the zoo with photographs."""
    shape = (1, PIXELS, PIXELS, 3)
    images = load_images("skimage", shape)
    return accuracy(
        zoo.load(name, width=NARROW), shape, samples=samples, draws=len(images), inputs=images
    )


def items(options):
    """One item per family, one per network."""
    if options.quick:
        return {name: partial(of_family, FAMILIES[name], SHAPE, 16) for name in QUICK}
    work = {}
    for shape, lines in ((LINE_SHAPE, LINES), (HELD_SHAPE, HELD_OUT)):
        work |= {name: partial(of_family, s, shape, 2 * SAMPLES) for name, s in lines.items()}
    work |= {
        name: partial(of_family, steps, SHAPE, MORE.get(name, SAMPLES))
        for name, steps in FAMILIES.items()
    }
    work |= {name: partial(of_tokens, name, 128) for name in MIXERS}
    return work | {name: partial(of_zoo, name, 32) for name in NETWORKS}


def judged(results):
    """The rows, and whether what is claimed of each holds."""
    found = decide([_claim(name, n) for name, n in results.items()])
    claims = dict(zip(results, found, strict=True))
    return {"rows": results, "claims": claims, "held_out": [n for n in results if n in HELD_OUT]}


def _claim(name, n):
    """Equivalence: the band is 2 %, or what the prediction says that its assumptions may move."""
    band = max(WITHIN, n["stated"])
    what = "what its assumptions state" if n["stated"] > WITHIN else f"{WITHIN:g} %"
    return Claim(
        f"{name}: predicted sigma within {what}",
        "jaxrf, docs/prediction.md",
        Band([Estimate("% off", n["off"], n["off_error"], n["samples"])], -band, band),
    )


def figure(numbers):
    """Predicted against sampled sigma; how far it is off, and the shape, one row per network."""
    rows = numbers["rows"]
    places = np.arange(len(rows))[::-1]
    with style.context():
        figure = style.new_figure(width=style.DOUBLE_COLUMN, height=0.6 + 0.15 * len(rows))
        left, right = figure.subplots(1, 2, sharey=True)
        verdicts = np.array([c["verdict"] for c in numbers["claims"].values()])
        stated = np.array([n["stated"] for n in rows.values()])
        off = np.array([n["off"] for n in rows.values()])
        errors = np.array([SURE * n["off_error"] for n in rows.values()])
        shapes = np.array([n["shape"] for n in rows.values()])
        left.axvspan(-WITHIN, WITHIN, color="0.9", lw=0)
        right.axvline(1.0, color="0.7", lw=0.8)
        band = np.minimum(np.where(stated > WITHIN, stated, 0.0), WIDEST)
        left.hlines(places, -band, band, color="0.9", lw=3, zorder=0, label="stated")
        verdict_colors = {HOLDS: "C0", UNDECIDED: "C1", FAILS: "C3"}
        for label, color in verdict_colors.items():
            which = verdicts == label
            if which.any():
                options = {"fmt": "o", "ms": 3, "color": color, "label": label}
                left.errorbar(off[which], places[which], xerr=errors[which], **options)
                right.plot(shapes[which], places[which], "o", ms=3, color=color)
        labels = [f"{name} *" if name in numbers["held_out"] else name for name in rows]
        left.set(yticks=places, yticklabels=labels, xlabel="σ predicted, % off (± 2 s.e.)")
        left.set(xlim=(-WIDEST, WIDEST), ylim=(-1, len(rows)))
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
        right.set(xlim=(0, None), xlabel="distance of maps / sampling noise")
    return figure


def table(numbers):
    """One row per network."""
    rows = tuple(
        (
            name,
            f"{n['samples']}",
            f"{n['draws']}",
            f"{n['predicted']:.3f} ± {n['predicted_error']:.3f}",
            f"{n['sampled']:.3f} ± {n['error']:.3f}",
            f"{n['off']:+.1f} ± {n['off_error']:.1f}",
            f"{n['shape']:.2f}",
            f"{n['stated']:.2g}" if n["stated"] else "-",
            numbers["claims"][name]["verdict"],
        )
        for name, n in numbers["rows"].items()
    )
    header = ("network", "samples", "draws", "σ predicted", "σ sampled", "% off", "shape / noise",
              "stated", "claim")  # fmt: skip
    notes = (
        f"Claim: σ ± {SURE:g} s.e. within {WITHIN:g} %, or within what is stated.",
        "Stated: the per cent of σ that the prediction's own assumptions say they may move.",
        "Shape / noise: distance of the maps over that of two halves of the sample; 1 is exact.",
        f"Held out while rules were changed: {', '.join(numbers['held_out']) or 'none'}.",
        f"vgg_16 and what follows: {NARROW} of the width, {PIXELS} px, photographs.",
    )
    return TextTable("Predicted against sampled effective fields", header, rows, notes, words=1)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=judged, figure=figure, table=table)
