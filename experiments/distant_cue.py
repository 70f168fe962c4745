"""Same theoretical field, different effective ones: which network learns a distant cue.

Eight networks whose field is 33 samples, of 1 to 16 layers, learn the sign of the sample d places
from the middle of white noise, 200 steps of Adam for every d. Three of them are one architecture:
only the variance of the taps at initialisation differs. Sigma is measured before training.
"""

from functools import partial

import jax
import numpy as np
from _cue_nets import FIELD, NETS, Training, accuracies
from _units import Fields, interval, mean_error

from jaxrf import analyze, experiments
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DISTANCES = tuple(range(2, FIELD // 2 + 1, 2))
SEEDS = 5
PLAN = Training(steps=200)
SAMPLES = 64  # backward passes a network
HALF = 0.75  # accuracy half-way between chance and certainty
QUICK = ("1 x 33",)


def learned(name, distances, seeds, plan):
    """Sigma before training, of every seed, and the accuracies [distances, seeds] after it."""
    net = NETS[name]
    analysis = analyze(net, (1, 2 * FIELD - 1, 1))  # as many features as the field is long
    keys = jax.random.split(jax.random.key(0), seeds)
    draw = jax.jit(jax.vmap(lambda key: net.init(key, np.zeros((1, FIELD, 1)))))
    variables = draw(keys)
    field = Fields(analysis, batch=SAMPLES)
    maps = [
        field.map(jax.tree.map(lambda leaf, s=seed: leaf[s], variables), range(SAMPLES))
        for seed in range(seeds)
    ]
    training = jax.random.split(jax.random.key(1), seeds)
    found = np.asarray(accuracies(net, variables, distances, training, plan), float)
    return {
        "r": field.size[0],
        "sigma_formula": expected_sigma(net),
        "sigmas": [field.sigma(m) for m in maps],
        "distances": list(distances),
        "accuracies": found.tolist(),
    }


def expected_sigma(net):
    """Of the expected-energy map: the variances of the layers' taps add up."""
    variance = 0.0
    for taps, dilation in net.layers:
        places = dilation * (np.arange(len(taps)) - (len(taps) - 1) / 2)
        variance += float(np.average(places**2, weights=taps))
    return variance**0.5


def reach(distances, accuracies):
    """First distance at which the accuracy falls through ``HALF``; None where it does not.

    0 where it is not even reached at the nearest one.

    Args:
        distances: ascending.
        accuracies: one a distance; linear in between.
    """
    if accuracies[0] < HALF:
        return 0.0
    for (near, above), (far, below) in zip(
        zip(distances, accuracies, strict=True),
        zip(distances[1:], accuracies[1:], strict=True),
        strict=False,
    ):
        if above >= HALF > below:
            return near + (far - near) * (above - HALF) / (above - below)
    return None


def items(options):
    """One a network."""
    if options.quick:
        plan = Training(steps=10, tests=100)
        return {name: partial(learned, name, (0, 16), 2, plan) for name in QUICK}
    return {name: partial(learned, name, DISTANCES, SEEDS, PLAN) for name in NETS}


def summarize(results):
    """Means over seeds, reaches, claims."""
    for n in results.values():
        n["sigma"], n["sigma_error"] = mean_error(n["sigmas"])
        rows = [mean_error(a) for a in n["accuracies"]]
        n["accuracy"], n["accuracy_error"] = (list(column) for column in zip(*rows, strict=True))
        reaches = [reach(n["distances"], a) for a in np.transpose(n["accuracies"]).tolist()]
        n["reaches"] = reaches
        whole = all(_reached(n))
        n["reach"], n["reach_error"] = mean_error(reaches) if whole else (None, None)
    return {"networks": results, "claims": [c.to_dict() for c in _claims(results)]}


def _claims(results):
    yield _inside(results)
    limited = {name: n for name, n in results.items() if n["reach"] is not None}
    if len(limited) > 2:
        yield _one_curve(limited)
        yield from _unlimited(results, limited)
        yield from _initial(limited)


def _inside(results):
    """Is every cue inside the field learned by all?"""
    worst = {}
    for name, n in results.items():
        where = int(np.argmin(n["accuracy"]))
        worst[name] = (n["distances"][where], n["accuracy"][where], n["accuracy_error"][where])
    text = ", ".join(f"{name}: {a:.2f} ± {e:.2f} at d = {d}" for name, (d, a, e) in worst.items())
    return Claim(
        f"a cue inside the theoretical field is learned (accuracy above {HALF}) by every network",
        "the usual reading of the theoretical field as what a network can use",
        f"lowest accuracy by network, r = {FIELD} for all: {text}",
        all(a > HALF for _, a, _ in worst.values()),
    )


def _one_curve(limited):
    """Do reaches differ less in units of sigma?"""
    raw, scaled = [], []
    for seed in range(len(next(iter(limited.values()))["reaches"])):
        reaches = np.array([n["reaches"][seed] for n in limited.values()])
        raw.append(_variation(reaches))
        scaled.append(_variation(reaches / [n["sigma_formula"] for n in limited.values()]))
    (a, da), (b, db) = mean_error(raw), mean_error(scaled)
    _, low, high = interval(np.subtract(np.divide(raw, 2), scaled))
    units = ", ".join(
        f"{name}: {n['reach']:.1f} ± {n['reach_error']:.1f} = "
        f"{n['reach'] / n['sigma_formula']:.2f} sigma"
        for name, n in limited.items()
    )
    return Claim(
        "the distance in units of sigma at initialisation decides what is learned: reaches vary "
        "less than half as much in units of sigma as in samples",
        "jaxrf, after Luo et al. 2016 (the effective field is what a unit makes use of)",
        f"variation over networks {a:.2f} ± {da:.2f} in samples, {b:.2f} ± {db:.2f} in sigma; "
        f"reach by network: {units}",
        None if low <= 0.0 <= high else low > 0.0,
    )


def _reached(n):
    """Of every seed: whether there is a distance at which learning fails."""
    return [r is not None for r in n["reaches"]]


def _variation(values):
    return float(np.std(values, ddof=1) / np.mean(values))


def _unlimited(results, limited):
    """Networks that learn every cue: are they those in which the edge is near, in sigma?"""
    edge = max(next(iter(results.values()))["distances"])
    free = {name: n for name, n in results.items() if not any(_reached(n))}
    if free:
        least = min(n["reach"] / n["sigma_formula"] for n in limited.values())
        text = ", ".join(
            f"{name}: {edge / n['sigma_formula']:.2f} sigma" for name, n in free.items()
        )
        yield Claim(
            "networks that learn every cue are those whose edge of the field is nearer, in sigma, "
            "than the reach of all others",
            "jaxrf",
            f"d = {edge} is {text}; smallest reach of the others {least:.2f} sigma",
            all(edge / n["sigma_formula"] < least for n in free.values()),
        )


def _initial(limited):
    """The same architecture with other variances of its taps."""
    names = ("16 x 3, heavy centre", "16 x 3", "16 x 3, light centre")
    if all(name in limited for name in names):
        steps = [
            np.subtract(limited[b]["reaches"], limited[a]["reaches"])
            for a, b in zip(names, names[1:], strict=False)
        ]
        gains = [interval(step) for step in steps]
        yield Claim(
            "initialising with less variance in the centre lets the same architecture learn "
            "more distant cues",
            "Luo et al. 2016, on reducing the Gaussian damage (kernels lowered in the centre)",
            "reach gained, heavy to even, even to light centre: "
            + ", ".join(f"{m:+.1f} [{lo:+.1f}, {hi:+.1f}]" for m, lo, hi in gains)
            + " samples",
            all(lo > 0 for _, lo, _ in gains)
            if all(lo > 0 or hi < 0 for _, lo, hi in gains)
            else None,
        )


def _reach(n):
    if n["reach"] is not None:
        return f"{n['reach']:.1f} ± {n['reach_error']:.1f}"
    fell = sum(_reached(n))
    return f"- ({fell} of {len(n['reaches'])})" if fell else "-"


def table(numbers):
    """One line a network; the claims."""
    rows = tuple(
        (
            name,
            str(n["r"]),
            f"{n['sigma_formula']:.2f}",
            f"{n['sigma']:.2f} ± {n['sigma_error']:.2f}",
            _reach(n),
            "-" if n["reach"] is None else f"{n['reach'] / n['sigma_formula']:.2f}",
            f"{n['accuracy'][-1]:.2f} ± {n['accuracy_error'][-1]:.2f}",
        )
        for name, n in numbers["networks"].items()
    )
    farthest = next(iter(numbers["networks"].values()))["distances"][-1]
    header = ("layers", "r", "σ formula", "σ measured", "reach", "reach / σ", f"at d = {farthest}")
    notes = (
        "lengths in samples; σ before training; reach: where the accuracy falls through 0.75, '-'",
        "where it never does, with the seeds in which it does; mean ± standard error over seeds.",
    )
    return {
        "networks": TextTable("Learning a cue d samples from the middle", header, rows, notes),
        "claims": claims_table(numbers["claims"]),
    }


def figure(numbers):
    """Accuracy against the distance, in samples and in sigma."""
    networks = numbers["networks"]
    shades = [style.CATEGORIES[i % len(style.CATEGORIES)] for i in range(len(networks))]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.7)
        axes = drawn.subplots(1, 2, sharey=True)
        for (name, n), color, marker in zip(networks.items(), shades, "osD^vP*X", strict=False):
            for ax, unit in zip(axes, (1.0, n["sigma_formula"]), strict=True):
                ax.errorbar(
                    np.divide(n["distances"], unit), n["accuracy"], n["accuracy_error"],
                    color=color, marker=marker, markersize=3, capsize=1.5, linewidth=0.8,
                    label=f"{name} (σ = {n['sigma_formula']:.1f})",
                )  # fmt: skip
        for ax in axes:
            ax.axhline(0.5, color="0.7", linestyle=":", linewidth=0.8, zorder=0)
            ax.spines[["top", "right"]].set_visible(False)
        axes[0].set(xlabel="distance d of the cue (samples)", ylabel="test accuracy")
        axes[1].set(xlabel="d / σ of the effective field at initialisation")
        drawn.legend(
            *axes[0].get_legend_handles_labels(), loc="outside right center",
            title=f"layers x taps, all r = {FIELD}", title_fontsize=6.5,
        )  # fmt: skip
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
