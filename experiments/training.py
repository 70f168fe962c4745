"""Effective field before, during and after training, on faces (25x25) and digits (8x8).

A plain and a residual network of the same layers are trained on each from several seeds, which
draw the weights, the held-out quarter and the order of the images. The field is that of the central
feature of the last map, on held-out images; no normalisation, He-normal kernels, Adam.
"""

from functools import partial

import jax
import numpy as np
from _maps import binned
from _small_nets import accuracy, digits, faces, training
from _units import Fields, drawn, interval, mean_error, shapes, verdict

from jaxrf import analyze, experiments, plot
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DATA = {"faces": faces, "digits": digits}
KINDS = ("plain", "residual")
SEEDS = 5
MOMENTS = 4  # of training after its begin, at which the field is measured
SAMPLES = 64  # held-out images of a measurement, at most


def trained(data, kind, seeds, share):
    """Sigma of every seed and moment, accuracies, and the mean maps before and after.

    Args:
        data: of ``DATA``.
        kind: of ``KINDS``.
        seeds: networks.
        share: of the steps that are taken.
    """
    data = DATA[data]()
    net = data.net(kind == "residual")
    analysis = analyze(net, (1, *data.images.shape[1:]))
    steps = max(1, int(share * data.steps) // MOMENTS)
    blank, right = shapes(net, (1, *data.images.shape[1:])), accuracy(net)
    found = {
        "steps": [steps * m for m in range(MOMENTS + 1)],
        "sigmas": [],
        "train": [],
        "test": [],
    }
    field = Fields(analysis, "features", inputs=data.images, batch=SAMPLES)
    begin, run = training(net, data)
    maps = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(data.labels))
        test, train = np.split(order, [len(order) // 4])
        samples = test[:SAMPLES]  # sample i shows image i
        state = begin(drawn(blank, seed))
        seen = [field.map(state[0], samples)]
        for keys in jax.random.split(jax.random.key(1000 + seed), (MOMENTS, steps)):
            state = run(state, keys, train)
            seen.append(field.map(state[0], samples))
        found["sigmas"].append([field.sigma(m) for m in seen])
        for part, name in ((train, "train"), (test, "test")):
            found[name].append(float(right(state[0], data.images[part], data.labels[part])))
        maps.append((seen[0], seen[-1]))
    before, after = np.mean(maps, 0)
    return {
        **found,
        "r": field.size[0],
        "field": field.field,
        "crop": [[i.low, i.high] for i in field.box],
        "center": list(field.center),
        "classes": int(data.labels.max()) + 1,
        "before": binned(before),
        "after": binned(after),
    }


def items(options):
    """One kind of network and of images an item."""
    if options.quick:
        return {"digits, plain": partial(trained, "digits", "plain", 2, 1 / 40)}
    return {f"{d}, {k}": partial(trained, d, k, SEEDS, 1.0) for d in DATA for k in KINDS}


def summarize(results):
    """Means over seeds, paired changes with 95 % intervals, claims."""
    for n in results.values():
        n["sigma"], n["sigma_error"] = (
            list(column) for column in zip(*map(mean_error, np.transpose(n["sigmas"])), strict=True)
        )
        ratio = np.log(n["sigmas"])
        n["log_ratio"] = list(interval(ratio[:, -1] - ratio[:, 0]))
        for part in ("train", "test"):
            n[f"{part}_accuracy"] = list(mean_error(n[part]))
    return {"networks": results, "claims": [c.to_dict() for c in _claims(results)]}


def _claims(results):
    grows = [verdict(n["log_ratio"][1], n["log_ratio"][2]) for n in results.values()]
    yield Claim(
        "training enlarges the effective field (every network, every data set)",
        "Luo et al. 2016, on how the ERF evolves during training",
        ", ".join(f"{name}: {_percent(n['log_ratio'])}" for name, n in results.items()),
        None if None in grows and False not in grows else all(grows),
    )
    for kind in KINDS:
        some = {name: n for name, n in results.items() if name.endswith(kind)}
        if some:
            own = [verdict(n["log_ratio"][1], n["log_ratio"][2]) for n in some.values()]
            yield Claim(
                f"training enlarges the effective field of {kind} networks",
                "Luo et al. 2016, as above",
                ", ".join(
                    f"{name}: sigma {n['sigma'][0]:.2f} -> {n['sigma'][-1]:.2f}"
                    for name, n in some.items()
                ),
                None if None in own and False not in own else all(own),
            )
    learned = {name: n["test_accuracy"] for name, n in results.items()}
    yield Claim(
        "the networks have learned: held-out accuracy is above four fifths in the mean over seeds",
        "jaxrf",
        ", ".join(f"{name}: {a:.2f} ± {e:.2f}" for name, (a, e) in learned.items()),
        all(a > 0.8 for a, _ in learned.values()),
    )


def _percent(change):
    mean, low, high = (100 * np.expm1(c) for c in change)
    return f"{mean:+.1f} % [{low:+.1f}, {high:+.1f}]"


def table(numbers):
    """One line a network; the claims."""
    rows = tuple(
        (
            name,
            str(n["r"]),
            *(
                f"{n[f'{p}_accuracy'][0]:.3f} ± {n[f'{p}_accuracy'][1]:.3f}"
                for p in ("train", "test")
            ),
            *(f"{n['sigma'][m]:.3f} ± {n['sigma_error'][m]:.3f}" for m in (0, -1)),
            _percent(n["log_ratio"]),
        )
        for name, n in numbers["networks"].items()
    )
    header = ("network", "r", "accuracy", "held out", "σ before", "σ after", "change")
    notes = (
        "σ in input pixels, g² map; mean ± standard error over seeds; the change is paired by",
        "seed, with its 95 % interval.",
    )
    return {
        "networks": TextTable("Effective field before and after training", header, rows, notes),
        "claims": claims_table(numbers["claims"]),
    }


def figure(numbers):
    """Sigma along training, every seed; maps before and after."""
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.7)
        left, right = drawn.subfigures(1, 2, width_ratios=[2.7, 4.05])
        _along(networks, left.subplots())
        axes = right.subplots(2, len(networks), squeeze=False)
        for column, (name, n) in enumerate(networks.items()):
            for row, (moment, at) in enumerate((("before", 0), ("after", -1))):
                ax, sigma = axes[row, column], n["sigma"][at]
                made = plot.field_share(
                    10.0 ** np.asarray(n[moment], float),
                    crop=n["crop"], field=n["field"], center=n["center"], sigma=[sigma] * 2, ax=ax,
                )  # fmt: skip
                ax.set_xlabel(f"σ = {sigma:.2f} px", fontsize=6.0)
                if column == 0:
                    ax.set_ylabel(f"{moment} training")
            axes[0, column].set_title(f"{name.replace(', ', chr(10))}, r = {n['r']}", fontsize=6.5)
        right.colorbar(
            made.image, ax=list(axes.flat), aspect=30, fraction=0.025, pad=0.01,
            label="g² / peak", extend="min",
        )  # fmt: skip
    return drawn


def _along(networks, ax):
    for (name, n), color in zip(networks.items(), style.CATEGORIES, strict=False):
        progress = np.divide(n["steps"], n["steps"][-1])
        relative = np.divide(n["sigmas"], np.array(n["sigmas"])[:, :1])
        ax.plot(progress, relative.T, color=color, linewidth=0.5, alpha=0.35)
        spread = relative.std(0, ddof=1) / np.sqrt(len(relative))
        ax.errorbar(
            progress, relative.mean(0), spread, color=color, marker="o", markersize=3, capsize=2,
            label=name,
        )  # fmt: skip
    ax.axhline(1.0, color="0.6", linestyle=":", linewidth=0.8, zorder=0)
    ax.set(xlabel="share of training", ylabel="σ / σ before training")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="best")


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
