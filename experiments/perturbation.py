"""Gradient against perturbation: does E g^2 rank pixels as noise of finite size does?

A unit is a random network with its own inputs, or a photograph in a trained EfficientNet-Lite0. Its
map of g^2 and its maps of influence (noise on one pixel or cell at a time, from a thousandth to
three standard deviations of the input) are each taken twice, from independent halves of the
samples. Spearman's correlation over the pixels of the support, gradient of one half against
influence of the other, is held against its ceiling, the root of the product of both split-half
correlations. The same *beyond the mean map*: of each map over the mean of its kind over all
networks, which takes out that everything falls off with the distance. Ratio of sigmas beside it.
"""

from functools import partial

import _efficientnet_lite as lite
import flax.linen as nn
import numpy as np
from scipy.stats import rankdata

from jaxrf import analyze, experiments
from jaxrf.errors import InvalidInput
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.field_location import field_location
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.perturbed_sampler import PerturbedSampler
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from jaxrf.plot import style
from jaxrf.text.table import TextTable

SIDE, WIDTH = 11, 8
AMPLITUDES = (1e-3, 0.3, 1.0, 3.0)  # standard deviations of the input
UNITS, DRAWS = 20, 24  # networks, samples of each
TRAINED = "EfficientNet-Lite0"
TRAINED_SIZE, TRAINED_DEPTH, TRAINED_CELL, TRAINED_DRAWS = 64, 5, 6, 10
REPLICATES = 400
CLEAR = 0.2  # a lower ceiling is noise, and nothing can be said over it
RANK, BEYOND, SIGMA = "rank", "beyond", "sigma ratio"


def conv(gain=2.0, stride=1):
    """3x3, gain / fan-in."""
    draw = nn.initializers.variance_scaling(gain, "fan_in", "normal")
    return nn.Conv(WIDTH, (3, 3), stride, use_bias=False, kernel_init=draw)


class Net(nn.Module):
    """A function inside a scope of parameters."""

    run: object

    @nn.compact
    def __call__(self, x):
        """Images to features."""
        return self.run(x)


def chain(activation, gain, depth=4):
    """``depth`` layers, the activation between them."""

    def run(x):
        for n in range(depth):
            x = conv(gain)(activation(x) if n else x)
        return x

    return Net(run)


def residual(x):
    """Two blocks x + W relu(W relu(x))."""
    x = conv(1.0)(x)
    for _ in range(2):
        x = x + conv()(nn.relu(conv()(nn.relu(x))))
    return x


def pooled(x):
    """Layers with a 3x3 maximum between."""
    x = nn.relu(conv()(x))
    x = nn.max_pool(x, (3, 3), (1, 1), "SAME")
    return conv()(nn.relu(conv()(x)))


def attention(x):
    """A layer, self-attention over all pixels with its skip, a layer."""
    x = conv(1.0)(x)
    n, h, w, c = x.shape
    flat = x.reshape(n, h * w, c)
    q, k, v = (nn.Dense(c, use_bias=False)(flat) for _ in range(3))
    mixed = nn.softmax(q @ k.transpose(0, 2, 1)) @ v
    return conv(1.0)(x + mixed.reshape(x.shape))


MODELS = {
    "linear": chain(lambda x: x, 1.0),
    "ReLU": chain(nn.relu, 2.0),
    "GELU": chain(nn.gelu, 2.0),
    "tanh": chain(nn.tanh, 1.0),
    "tanh, saturated": chain(nn.tanh, 9.0),
    "residual": Net(residual),
    "max pool": Net(pooled),
    "attention": Net(attention),
}


def sampled(analysis, plan, inputs, variables, estimators):
    """[estimators, samples, cells] of given weights: mean energy of each cell of the support."""
    name = analysis.find(None)
    at = analysis.position(name, None)
    location = field_location(analysis, name, at)
    options = (analysis, name, at, plan, inputs, None, 4)
    first = PerturbedSampler(*options, estimators[-1], center=location.center)
    labels, sizes = first.labels, np.bincount(first.labels[first.labels >= 0])
    drawn = []
    for estimator in estimators:
        if isinstance(estimator, Perturbation):
            sampler = PerturbedSampler(*options, estimator, center=location.center)
        else:
            sampler = Sampler(*options, estimator)
        rows = []
        for weights, samples in variables(sampler):
            maps = sampler.energies(weights, samples).reshape(len(samples), -1)
            inside = labels.ravel() >= 0
            rows.append([np.bincount(labels.ravel()[inside], m[inside]) / sizes for m in maps])
        drawn.append(rows)
    offsets = np.argwhere(labels >= 0) - np.array(location.center)
    squares = np.bincount(labels[labels >= 0], (offsets**2).sum(1)) / sizes
    return np.array(drawn), squares * sizes, sizes


def halves(drawn):
    """[estimators, units, 2, cells], float: means over the two halves of the samples."""
    return np.stack([drawn[:, :, half::2].mean(2) for half in (0, 1)], 2)


def random_networks(model, units, draws):
    """Halves of the maps of random networks, one per unit."""
    analysis = analyze(MODELS[model], (1, SIDE, SIDE, 3))
    plan = Plan(units * draws, units, 0)

    def variables(sampler):
        for unit in range(units):
            yield sampler.weights(unit), list(plan.of_network(unit))

    estimators = [Estimator(), *(Perturbation(a, 1) for a in AMPLITUDES)]
    drawn, squares, sizes = sampled(analysis, plan, None, variables, estimators)
    return {"halves": halves(drawn), "squares": squares, "sizes": sizes}


def photographs(size):
    """Float32 [6, size, size, 3], of scikit-image and scikit-learn, prepared as in training."""
    try:
        from skimage import data
        from sklearn.datasets import load_sample_image
    except ImportError as error:
        raise InvalidInput(
            f"photographs: got no {error.name}; pip install 'jaxrf[trained]'"
        ) from None
    found = [getattr(data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket")]
    found += [load_sample_image(f"{name}.jpg") for name in ("china", "flower")]
    return np.stack([lite.prepared(p, size) for p in found])


def trained_network(units, draws, size=TRAINED_SIZE, depth=TRAINED_DEPTH):
    """Halves of the maps of photographs, one per unit, over signs and noise."""
    images = photographs(size)[:units]
    analysis = analyze(lite.EfficientNetLite0(depth=depth), (1, size, size, 3))
    weights = lite.trained(depth)

    def variables(sampler):
        for unit in range(len(images)):  # sample i shows photograph i % units
            yield weights, [unit + len(images) * draw for draw in range(draws)]

    deviation = float(images.std())
    estimators = [Estimator(), *(Perturbation(a * deviation, TRAINED_CELL) for a in AMPLITUDES)]
    plan = Plan(len(images) * draws, 0, 0, given=len(images))
    drawn, squares, sizes = sampled(analysis, plan, images, variables, estimators)
    return {"halves": halves(drawn), "squares": squares, "sizes": sizes}


def items(options):
    """One item per network."""
    if options.quick:
        return {"ReLU": partial(random_networks, "ReLU", 4, 4)}
    made = {name: partial(random_networks, name, UNITS, DRAWS) for name in MODELS}
    return made | {TRAINED: partial(trained_network, 6, TRAINED_DRAWS)}


def correlations(one, other):
    """[units], Spearman's correlation over cells."""
    a, b = (rankdata(m, axis=-1) for m in (one, other))
    a, b = (m - m.mean(-1, keepdims=True) for m in (a, b))
    return (a * b).sum(-1) / np.sqrt((a**2).sum(-1) * (b**2).sum(-1))


def compared(found):
    """Per amplitude and measure, the value, its error over units, and the ceiling."""
    maps, squares, sizes = (np.asarray(found[k], float) for k in ("halves", "squares", "sizes"))
    rng = np.random.default_rng(0)
    units = maps.shape[1]
    chosen = rng.integers(0, units, (REPLICATES, units))
    mean = maps.mean((1, 2), keepdims=True)
    beyond = np.divide(maps, mean, out=np.ones_like(maps), where=mean > 0)
    rows = []
    for n, amplitude in enumerate(AMPLITUDES, start=1):
        row = {"amplitude": amplitude}
        for name, of in ((RANK, maps), (BEYOND, beyond)):
            gradient, influence = of[0], of[n]
            cross = sum(correlations(gradient[:, a], influence[:, 1 - a]) for a in (0, 1)) / 2
            own = [correlations(m[:, 0], m[:, 1]) for m in (gradient, influence)]
            row[name] = _corrected(cross, own, chosen)
        spread = np.sqrt((maps.mean(2) @ squares) / (maps.mean(2) @ sizes))
        logs = np.log(spread[n] / spread[0])
        row[SIGMA] = {
            "value": float(np.exp(logs.mean())),
            "error": float(np.exp(logs.mean()) * logs.std(ddof=1) / units**0.5),
            "count": units,
        }
        rows.append(row)
    return rows


def _corrected(cross, own, chosen):
    """Mean correlation over its ceiling; bootstrap over units."""

    def ratio(of):
        ceiling = np.sqrt(max(own[0][of].mean(), 1e-3) * max(own[1][of].mean(), 1e-3))
        return cross[of].mean() / ceiling, ceiling

    value, ceiling = ratio(np.arange(len(cross)))
    again = [ratio(of)[0] for of in chosen]
    return {
        "count": len(cross),
        "raw": float(cross.mean()),
        "ceiling": float(ceiling),
        "value": float(value) if ceiling > CLEAR else float("nan"),
        "error": float(np.std(again, ddof=1)) if ceiling > CLEAR else float("nan"),
    }


def summarize(results):
    """Comparisons of every network; claims."""
    numbers = {
        "networks": {name: compared(found) for name, found in results.items()},
        "cells": {name: len(found["sizes"]) for name, found in results.items()},
    }
    return numbers | {"claims": decide(claims(numbers["networks"]))}


def estimates(networks, amplitudes, measure):
    """One item per network and amplitude; those without a clear ceiling are left out."""
    return [
        Estimate(
            f"{name} at {row['amplitude']:g} sd",
            row[measure]["value"],
            row[measure]["error"],
            row[measure]["count"],
            "photographs" if name == TRAINED else "networks",
        )
        for name, found in networks.items()
        for row in found
        if row["amplitude"] in amplitudes and np.isfinite(row[measure]["value"])
    ]


def claims(networks):
    """Where the gradient is the influence, and where not."""
    nonlinear = {name: rows for name, rows in networks.items() if name not in (TRAINED, "linear")}
    trained = {name: rows for name, rows in networks.items() if name == TRAINED}
    small, one = AMPLITUDES[:1], (1.0,)
    for what, amplitudes, measure, bounds, some in (
        ("at 0.001 sd influence ranks pixels as g^2 does (correlation over ceiling above 0.95)",
         small, RANK, {"low": 0.95}, networks),
        ("at 0.001 sd sigma of the influence is that of g^2, within 3 %",
         small, SIGMA, {"low": 0.97, "high": 1.03}, networks),
        ("at 1 sd influence ranks pixels as g^2 does (above 0.9), random weights",
         one, RANK, {"low": 0.9}, nonlinear),
        ("at 1 sd so it does beyond the mean map, random weights",
         one, BEYOND, {"low": 0.9}, nonlinear),
        ("at 1 sd sigma of the influence is that of g^2, within 5 %, random weights",
         one, SIGMA, {"low": 0.95, "high": 1.05}, nonlinear),
        ("at 1 sd influence ranks pixels as g^2 does (above 0.9), trained weights",
         one, RANK, {"low": 0.9}, trained),
        ("at 1 sd so it does beyond the mean map, trained weights",
         one, BEYOND, {"low": 0.9}, trained),
    ):  # fmt: skip
        numbers = estimates(some, amplitudes, measure)
        if numbers:
            yield Claim(what, "jaxrf, docs/erf.md", Band(numbers, **bounds))


def table(numbers):
    """One row per network and amplitude; claims."""
    rows = tuple(
        (
            name,
            f"{row['amplitude']:g}",
            *(
                f"{row[m]['raw']:.3f} of {row[m]['ceiling']:.3f}: {_shown(row[m])}"
                for m in (RANK, BEYOND)
            ),
            _shown(row[SIGMA]),
        )
        for name, found in numbers["networks"].items()
        for row in found
    )
    header = ("network", "amplitude, sd", "rank correlation", "beyond the mean map", "σ / σ of g²")
    notes = (
        "raw correlation of ceiling: their ratio ± standard error over networks (photographs)",
        f"{UNITS} networks of {DRAWS} inputs each; {TRAINED}: 6 photographs of {TRAINED_SIZE} px, "
        f"block {TRAINED_DEPTH - 1}, cells of {TRAINED_CELL} px",
    )
    return {
        "networks": TextTable("influence of noise against g²", header, rows, notes),
        "claims": claims_table(numbers["claims"], "perturbation"),
    }


def _shown(number):
    if not np.isfinite(number["value"]):
        return "not clear"
    return f"{number['value']:.3f} ± {number['error']:.3f}"


def figure(numbers):
    """Corrected rank correlations and ratio of sigmas against the amplitude."""
    titles = {RANK: "all pixels", BEYOND: "beyond the mean map", SIGMA: "width"}
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        axes = drawn.subplots(1, 3)
        looks = [*((c, "o") for c in style.CATEGORIES), ("black", "s")]
        for place, ((name, rows), (color, marker)) in enumerate(
            zip(networks.items(), looks, strict=False)
        ):
            shift = 1.05 ** (place - len(networks) / 2)  # error bars side by side
            x = np.array([row["amplitude"] for row in rows]) * shift
            for ax, measure in zip(axes, titles, strict=True):
                ax.errorbar(
                    x, [row[measure]["value"] for row in rows],
                    [2 * row[measure]["error"] for row in rows],
                    color=color, marker=marker, markersize=3, capsize=1.5, linewidth=0.8,
                    linestyle="--" if name == TRAINED else "-", label=name,
                )  # fmt: skip
        for ax, title in zip(axes, titles.values(), strict=True):
            ax.axhline(1, color="0.6", linewidth=0.8, zorder=0)
            ax.set(xscale="log", xlabel="noise (sd of the input)", title=title)
            ax.set_xticks([1e-3, 1e-2, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
            ax.minorticks_off()
        axes[0].set_ylabel("rank correlation with g² / ceiling")
        axes[2].set_ylabel("σ of influence / σ of g²")
        axes[0].set_ylim(0.9, 1.03)
        handles, names = axes[0].get_legend_handles_labels()
        drawn.legend(handles, names, loc="outside lower center", ncols=5)
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
