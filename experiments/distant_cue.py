"""Same theoretical field, different effective ones: which network learns a distant cue.

Eight networks whose field is 33 samples, of 1 to 16 layers, learn the sign of the sample d places
from the middle of white noise, 200 steps of Adam for every d. Three of them are one architecture:
only the variance of the taps at initialisation differs. Sigma is measured before training.

A seed is a unit: the printed sigma is the mean over networks, each of its own map E g^2. The
distances in sigma within which cues should be learned, and beyond which they should not, were taken
from an earlier run of five other seeds; all networks count for both.
"""

from functools import partial

import jax
import numpy as np
from _cue_nets import FIELD, NETS, Training, accuracies
from _units import Fields, mean_error

from jaxrf import analyze, experiments
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, mean_of
from jaxrf.plot import style
from jaxrf.text.table import TextTable

DISTANCES = tuple(range(2, FIELD // 2 + 1, 2))
SEEDS = 8
PLAN = Training(steps=200)
SAMPLES = 64  # backward passes a network
HALF = 0.75  # accuracy half-way between chance and certainty
NEAR, FAR = 2.5, 4.5  # sigmas: cues that should be learned, and that should not
QUICK = ("1 x 33",)


def learned(name, distances, seeds, plan):
    """Sigma before training, of every seed, and the accuracies [distances, seeds] after it."""
    net = NETS[name]
    analysis = analyze(net, (1, 2 * FIELD - 1, 1))  # as many features as the field is long
    keys = jax.random.split(jax.random.key(2), seeds)
    draw = jax.jit(jax.vmap(lambda key: net.init(key, np.zeros((1, FIELD, 1)))))
    variables = draw(keys)
    field = Fields(analysis, batch=SAMPLES)
    maps = [
        field.map(jax.tree.map(lambda leaf, s=seed: leaf[s], variables), range(SAMPLES))
        for seed in range(seeds)
    ]
    training = jax.random.split(jax.random.key(3), seeds)
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
        accuracies: one per distance; linear in between.
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
    """One item per network."""
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
    return {"networks": results, "claims": decide(_claims(results))}


def _claims(results):
    edge = next(iter(results.values()))["distances"][-1]
    yield Claim(
        f"a cue inside the theoretical field is learned by every network: at its edge, d = {edge}, "
        f"the accuracy is above {HALF}",
        "the usual reading of the theoretical field as what a network can use",
        Band([mean_of(name, n["accuracies"][-1]) for name, n in results.items()], low=HALF),
        f"r = {FIELD} for all",
    )
    for text, side, bounds in (
        (f"every cue nearer than {NEAR} sigma is learned", -1, {"low": HALF}),
        (f"no cue farther than {FAR} sigma is learned", 1, {"high": HALF}),
    ):
        worst = _worst(results, side)
        if worst:
            yield Claim(
                f"{text}, by any of the networks: accuracy above {HALF}"
                if side < 0
                else f"{text} in {PLAN.steps} steps, by any of the networks: accuracy below {HALF}",
                "jaxrf, after Luo et al. 2016 (the effective field is what a unit makes use of)",
                Band(worst, **bounds),
                "sigma at initialisation, by its formula",
            )
    if len(results) > 2:
        yield _decides(results)
        yield from _initial(results)


def _worst(results, side):
    """Accuracies of every network at the cue that is closest to the bound, where it has one."""
    found = []
    for name, n in results.items():
        units = np.divide(n["distances"], n["sigma_formula"])
        which = np.flatnonzero(units < NEAR if side < 0 else units > FAR)
        if len(which):
            at = which[-1] if side < 0 else which[0]
            label = f"{name} at {units[at]:.1f} sigma"
            found.append(mean_of(label, n["accuracies"][at]))
    return found


def _decides(results):
    """Whether one threshold in sigma tells learned cues from others better than one in samples."""
    gains, shares = [], []
    for seed in range(len(next(iter(results.values()))["sigmas"])):
        samples, sigmas, learned = [], [], []
        for n in results.values():
            samples += n["distances"]
            sigmas += list(np.divide(n["distances"], n["sigma_formula"]))
            learned += [row[seed] > HALF for row in n["accuracies"]]
        shares.append([_told_apart(np.array(x), np.array(learned)) for x in (samples, sigmas)])
        gains.append(shares[-1][1] - shares[-1][0])
    by_samples, by_sigmas = np.mean(shares, 0)
    return Claim(
        "the distance in units of sigma at initialisation decides what is learned, better than "
        "that in samples: one threshold for all networks tells more cues rightly",
        "jaxrf, after Luo et al. 2016 (the effective field is what a unit makes use of)",
        Band([mean_of("share of cues told rightly in sigma less in samples", gains, "seeds")], 0.0),
        f"{by_samples:.1%} by the distance in samples, {by_sigmas:.1%} in sigma, all "
        f"{len(results)} networks",
    )


def _told_apart(distances, learned):
    """Share of cues that the best threshold tells rightly: learned below it, not learned above."""
    cuts = [-np.inf, *np.unique(distances)]
    return max(float(((distances <= cut) == learned).mean()) for cut in cuts)


def _initial(results):
    """The same architecture with other variances of its taps; a reach ends at the edge."""
    names = ("16 x 3, heavy centre", "16 x 3", "16 x 3, light centre")
    if all(name in results for name in names):
        edge = results[names[0]]["distances"][-1]
        reaches = {n: [edge if r is None else r for r in results[n]["reaches"]] for n in names}
        for few, more in zip(names, names[1:], strict=False):
            yield Claim(
                "initialising with less variance in the centre lets the same architecture learn "
                f"more distant cues: {more} against {few}",
                "Luo et al. 2016, on an initialisation that is lower in the centre",
                Band([mean_of("reach gained", np.subtract(reaches[more], reaches[few]))], low=0.0),
                "samples",
            )


def _reached(n):
    """Of every seed: whether there is a distance at which learning fails."""
    return [r is not None for r in n["reaches"]]


def _reach(n):
    if n["reach"] is not None:
        return f"{n['reach']:.1f} ± {n['reach_error']:.1f}"
    fell = sum(_reached(n))
    return f"- ({fell} of {len(n['reaches'])})" if fell else "-"


def table(numbers):
    """One line per network; the claims."""
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
    header = ("layers", "r", "σ formula", "mean σ", "reach", "reach / σ", f"at d = {farthest}")
    notes = (
        "lengths in samples; σ before training, formula: of E g², mean: of the networks' maps;",
        "reach: where the accuracy falls through 0.75, '-' where it never does, with the seeds in",
        "which it does; mean ± standard error over seeds",
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
        axes[1].axvspan(NEAR, FAR, color="0.93", linewidth=0, zorder=0)
        axes[0].set(xlabel="distance d of the cue (samples)", ylabel="test accuracy (±1 error)")
        axes[1].set(xlabel="d / σ of the effective field at initialisation")
        drawn.legend(
            *axes[0].get_legend_handles_labels(), loc="outside right center",
            title=f"layers x taps, all r = {FIELD}", title_fontsize=6.5,
        )  # fmt: skip
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
