"""Effective field before, during and after training, on faces (25x25) and gratings (32x32).

A plain and a residual network of the same layers, with a field of 19 pixels, are trained on each
from several seeds, which draw the weights, the held-out quarter and the order of the images. The
field is that of the central feature of the last map, on held-out images; no normalisation,
He-normal kernels, Adam. A seed is a unit: sigma is that of the map of one network, E g^2 over its
images, and means are over networks, not of their pooled map.
"""

from functools import partial

import jax
import numpy as np
from _maps import binned
from _small_nets import accuracy, faces, gratings, training
from _units import Fields, drawn, mean_error, shapes

from jaxrf import analyze, experiments, plot
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, mean_of
from jaxrf.plot import style
from jaxrf.text.table import TextTable

DATA = {"faces": faces, "gratings": gratings}
KINDS = ("plain", "residual")
SEEDS = 8
MOMENTS = 4  # of training after its begin, at which the field is measured
SAMPLES = 64  # held-out images of a measurement, at most
LEARNED = 0.8  # held-out accuracy


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
    """One kind of network and of images per item."""
    if options.quick:
        return {"gratings, plain": partial(trained, "gratings", "plain", 2, 1 / 40)}
    return {f"{d}, {k}": partial(trained, d, k, SEEDS, 1.0) for d in DATA for k in KINDS}


def summarize(results):
    """Means over seeds, paired changes, claims."""
    for n in results.values():
        n["sigma"], n["sigma_error"] = (
            list(column) for column in zip(*map(mean_error, np.transpose(n["sigmas"])), strict=True)
        )
        sigmas = np.asarray(n["sigmas"])
        n["change"] = (100 * (sigmas[:, -1] / sigmas[:, 0] - 1)).tolist()  # % of every network
        for part in ("train", "test"):
            n[f"{part}_accuracy"] = list(mean_error(n[part]))
    return {"networks": results, "claims": decide(_claims(results))}


def _claims(results):
    changes = {name: mean_of(name, n["change"]) for name, n in results.items()}
    for which, some in (
        ("every network, every data set", list(changes)),
        *((f"{k} networks", [n for n in changes if n.endswith(k)]) for k in KINDS),
    ):
        if some:
            yield Claim(
                f"training enlarges the effective field ({which})",
                "Luo et al. 2016, on how the effective field evolves during training",
                Band([changes[name] for name in some], low=0.0),
                "change of σ in %, paired by network",
            )
    yield Claim(
        f"the networks have learned: held-out accuracy is above {LEARNED} in the mean over seeds",
        "jaxrf",
        Band([mean_of(name, n["test"]) for name, n in results.items()], low=LEARNED),
    )


def _percent(change):
    low, high = mean_of("", change).interval()
    return f"{np.mean(change):+.1f} % [{low:+.1f}, {high:+.1f}]"


def table(numbers):
    """One line per network; the claims."""
    rows = tuple(
        (
            name,
            str(n["r"]),
            *(
                f"{n[f'{p}_accuracy'][0]:.3f} ± {n[f'{p}_accuracy'][1]:.3f}"
                for p in ("train", "test")
            ),
            *(f"{n['sigma'][m]:.3f} ± {n['sigma_error'][m]:.3f}" for m in (0, -1)),
            _percent(n["change"]),
        )
        for name, n in numbers["networks"].items()
    )
    header = ("network", "r", "accuracy", "held out", "mean σ before", "mean σ after", "change")
    notes = (
        "σ in input pixels, of the g² map of every network; mean ± standard error over "
        f"{len(next(iter(numbers['networks'].values()))['sigmas'])} networks;",
        "the change is paired by network, with its 95 % interval.",
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
        _along(networks, left)
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


def _along(networks, figure):
    """One panel per data set: every network pale, the means with 95 % intervals."""
    sets = list(dict.fromkeys(name.split(", ")[0] for name in networks))
    axes = np.atleast_1d(figure.subplots(len(sets), 1, sharex=True, sharey=True))
    for ax, data in zip(axes, sets, strict=True):
        for kind, color, mark, side in zip(
            KINDS, style.CATEGORIES[::3], "os", (-1, 1), strict=False
        ):
            n = networks.get(f"{data}, {kind}")
            if n is None:
                continue
            progress = np.divide(n["steps"], n["steps"][-1])
            relative = np.divide(n["sigmas"], np.array(n["sigmas"])[:, :1])
            ax.plot(progress, relative.T, color=color, linewidth=0.4, alpha=0.2)
            halves = [mean_of("", column) for column in relative.T[1:]]
            ax.errorbar(
                progress + 0.008 * side, relative.mean(0),
                [0.0, *(h.interval()[1] - h.value for h in halves)], color=color, marker=mark,
                markersize=3, capsize=2, label=kind,
            )  # fmt: skip
        ax.axhline(1.0, color="0.6", linestyle=":", linewidth=0.8, zorder=0)
        ax.set(title=f"{data}: mean of {len(relative)} networks, 95 %")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(loc="best")
    axes[-1].set_xlabel("share of training")
    figure.supylabel("σ / σ before training", fontsize=7.0)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
