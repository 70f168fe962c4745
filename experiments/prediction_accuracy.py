"""Predicted against sampled effective fields: families of operations, and networks of the zoo.

Every one is sampled with a fresh network, input and signs for every sample, and predicted without
any of them. Sigma is compared in per cent, with the standard error of the sampled one. The shape is
the relative distance of the two maps, each of sum 1, over the distance that the noise of the
sampled map alone would make: 1 is as good as the sampling can tell. The networks of the zoo, at a
quarter of their width, see photographs. Networks of tokens have four blocks of width 64.
"""

from functools import partial

import numpy as np
from _families import FAMILIES, SIDE, network
from _token_nets import MIXERS
from _token_nets import Net as TokenNet

from jaxrf import experiments, measure_erf, predict_erf, zoo
from jaxrf.experiments.claims import Claim, decide
from jaxrf.experiments.evidence import Band, Estimate, exact
from jaxrf.images import load_images
from jaxrf.plot import style
from jaxrf.tables import TextTable

SHAPE = (1, SIDE, SIDE, 3)
QUICK = ("linear",)
NETWORKS = ("vgg_16", "resnet_v1_50")
PIXELS, NARROW = 224, 0.25
SAMPLES, DRAWS = 384, 32  # of a family
MORE = {"transformer": 768}  # whose gradients have heavy tails
BLOCKS, TOKEN_SHAPE = 4, (1, 96, 96, 3)
WITHIN, NOISES = 2.0, 1.3  # per cent of sigma; distance of maps over sampling noise


def accuracy(model, shape, *, samples, draws, inputs=None):
    """Sigma and shape, predicted and sampled."""
    predicted = predict_erf(model, shape, inputs=inputs, draws=draws)
    sampled = measure_erf(model, shape, inputs=inputs, samples=samples)
    one = predicted.map / predicted.map.sum()
    other = sampled.map / sampled.map.sum()
    noise = np.sqrt(((sampled.stderr / sampled.map.sum()) ** 2).sum())
    off = 100 * (np.mean(predicted.sigma) / np.mean(sampled.sigma) - 1)
    shape_off = np.sqrt(((one - other) ** 2).sum()) / noise
    return {
        "samples": samples,
        "predicted": np.mean(predicted.sigma),
        "sampled": np.mean(sampled.sigma),
        "error": np.mean(sampled.errors["sigma"]),
        "off": off,
        "off_error": 100 * np.mean(sampled.errors["sigma"]) / np.mean(sampled.sigma),
        "shape": shape_off,
        "assumptions": len(predicted.assumptions),
    }


def of_family(name, samples, draws=DRAWS):
    """A small network."""
    return accuracy(network(name), SHAPE, samples=samples, draws=draws)


def of_tokens(mixer, samples):
    """Patches, and blocks that mix them."""
    return accuracy(TokenNet(mixer, BLOCKS), TOKEN_SHAPE, samples=samples, draws=16)


def of_zoo(name, samples):
    """A network of the zoo with photographs."""
    shape = (1, PIXELS, PIXELS, 3)
    images = load_images("skimage", shape)
    return accuracy(
        zoo.load(name, width=NARROW), shape, samples=samples, draws=len(images), inputs=images
    )


def items(options):
    """One a family, one a network."""
    if options.quick:
        return {name: partial(of_family, name, 16, draws=1) for name in QUICK}
    families = {name: partial(of_family, name, MORE.get(name, SAMPLES)) for name in FAMILIES}
    families |= {name: partial(of_tokens, name, 192) for name in MIXERS}
    return families | {name: partial(of_zoo, name, 32) for name in NETWORKS}


def judged(results):
    """The rows, and what is claimed of each."""
    found = decide(
        Claim(
            f"{name}: sigma within {WITHIN} %, shape within {NOISES} times the sampling noise",
            "jaxrf, docs/prediction.md",
            (
                Band([Estimate("% off", n["off"], n["off_error"], n["samples"])], -WITHIN, WITHIN),
                Band([exact("shape over noise", n["shape"])], high=NOISES),
            ),
        )
        for name, n in results.items()
    )
    return {"rows": results, "claims": dict(zip(results, found, strict=True))}


def figure(numbers):
    """Predicted against sampled sigma; how far it is off, and the shape, a row a network."""
    rows = numbers["rows"]
    places = np.arange(len(rows))[::-1]
    with style.context():
        figure = style.new_figure(width=style.DOUBLE_COLUMN, height=0.6 + 0.16 * len(rows))
        left, right = figure.subplots(1, 2, sharey=True)
        verdicts = np.array([c["verdict"] for c in numbers["claims"].values()])
        off = np.array([n["off"] for n in rows.values()])
        errors = np.array([2 * n["off_error"] for n in rows.values()])
        shapes = np.array([n["shape"] for n in rows.values()])
        left.axvspan(-WITHIN, WITHIN, color="0.9", lw=0)
        right.axvspan(0, NOISES, color="0.9", lw=0)
        for color, label in zip(("C0", "C3", "0.5"), dict.fromkeys(verdicts), strict=False):
            which = verdicts == label
            if which.any():
                options = {"fmt": "o", "ms": 3, "color": color, "label": label}
                left.errorbar(off[which], places[which], xerr=errors[which], **options)
                right.plot(shapes[which], places[which], "o", ms=3, color=color)
        left.set(yticks=places, yticklabels=list(rows), xlabel="σ predicted, % off (± 2 s.e.)")
        left.legend(loc="lower right")
        right.set(xlim=(0, None), xlabel="distance of maps / sampling noise")
    return figure


def table(numbers):
    """One row a network."""
    rows = tuple(
        (
            name,
            f"{n['samples']}",
            f"{n['predicted']:.3f}",
            f"{n['sampled']:.3f} ± {n['error']:.3f}",
            f"{n['off']:+.1f} ± {n['off_error']:.1f}",
            f"{n['shape']:.2f}",
            f"{n['assumptions']}",
            numbers["claims"][name]["verdict"],
        )
        for name, n in numbers["rows"].items()
    )
    header = ("network", "samples", "σ predicted", "σ sampled", "% off", "shape / noise",
              "stated", "claim")  # fmt: skip
    notes = (
        f"Claim: σ within {WITHIN:g} %, maps within {NOISES} times the sampling noise.",
        "Stated: assumptions that the prediction itself warned of.",
        f"vgg_16 and what follows: {NARROW} of the width, {PIXELS} px, photographs.",
    )
    return TextTable("Predicted against sampled effective fields", header, rows, notes, words=1)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=judged, figure=figure, table=table)
