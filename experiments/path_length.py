"""Energy by residual branches passed: why sigma stays while r grows with the depth.

Stacks of n blocks x + F(x), F one 3-tap convolution, so that r = 2 n + 1, in three families:
*equal* (no normalisation, every branch has gain 1), *normalised* (LayerNorm and ReLU before the
convolution; the shortcut gathers variance, so that branch l has a gain of 1/l) and *scaled* (every
branch has gain 1/n). Per depth: the distribution of the number of branches that energy passes, in
one pass; sigma predicted, sigma sampled with its error over networks, and r. And two ResNets.
"""

from functools import partial

import flax.linen as nn
import numpy as np
from scipy.stats import binom

from jaxrf import energy_by_path, experiments, measure_erf, zoo
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, exact, ratio
from jaxrf.plot import style
from jaxrf.text.table import TextTable

DEPTHS, QUICK = (2, 4, 8, 16, 32), (2, 4)
FAMILIES = ("equal", "normalised", "scaled")
WIDTH, SIDE = 64, 33
NETWORKS = ("resnet_v1_50", "resnet_v2_50")
MARKS = dict(zip(FAMILIES, "osD", strict=True))


class Stack(nn.Module):
    """Blocks of one family."""

    family: str
    depth: int

    @nn.compact
    def __call__(self, x):
        """[n, length, channels] to the same."""
        gain = 2.0 if self.family == "normalised" else 1.0
        gain /= self.depth if self.family == "scaled" else 1
        draw = nn.initializers.variance_scaling(gain, "fan_in", "normal")
        for _ in range(self.depth):
            y = nn.relu(nn.LayerNorm()(x)) if self.family == "normalised" else x
            x = x + nn.Conv(WIDTH, (3,), use_bias=False, kernel_init=draw)(y)
        return x


def stack(family, depth, samples):
    """Shares, sigma and r, and sigma as it is sampled."""
    model, shape = Stack(family, depth), (1, max(SIDE, 2 * depth + 3), WIDTH)
    found = energy_by_path(model, shape, draws=2)
    sampled = measure_erf(model, shape, samples=samples)
    return {
        "share": found.share.tolist(),
        "mean": found.mean,
        "sigma_by_length": found.sigma[:, 0].tolist(),
        "sigma": found.total_sigma[0],
        "r": found.size[-1][0],
        "sampled": sampled.sigma[0],
        "error": sampled.errors["sigma"][0],
        "count": samples,
    }


def network(name, size, width):
    """Shares of a network of the article."""
    found = energy_by_path(zoo.load(name, width=width), (1, size, size, 3), draws=1)
    return {
        "share": found.share.tolist(),
        "mean": found.mean,
        "deviation": found.deviation,
        "sigma": found.total_sigma[0],
        "sigma_by_length": found.sigma[:, 0].tolist(),
        "blocks": len(found.branches),
    }


def items(options):
    """Stacks of every family and depth; networks."""
    depths, samples = (QUICK, 16) if options.quick else (DEPTHS, 256)
    made = {
        f"{family} {depth}": partial(stack, family, depth, samples)
        for family in FAMILIES
        for depth in depths
    }
    if options.quick:
        return made
    return made | {name: partial(network, name, 128, 0.0625) for name in NETWORKS}


def expected_share(family, depth):
    """Closed form: independent branches, of chance p = gain / (1 + gain) each."""
    if family == "normalised":
        share = np.ones(1)
        for block in range(depth):
            p = 1 / (block + 2)  # of a gain of 1 / (block + 1)
            share = np.convolve(share, [1 - p, p])
        return share
    p = 1 / 2 if family == "equal" else 1 / (1 + depth)
    return binom.pmf(np.arange(depth + 1), depth, p)


def summarize(results):
    """By family; claims."""
    found = {
        family: {int(k.split()[1]): v for k, v in results.items() if k.startswith(f"{family} ")}
        for family in FAMILIES
    }
    for family, depths in found.items():
        for depth, n in depths.items():
            share = expected_share(family, depth)
            n["expected"] = share.tolist()
            n["distance"] = float(np.abs(np.array(n["share"]) - share).sum() / 2)
            n["expected_sigma"] = float(np.sqrt(2 / 3 * np.arange(depth + 1) @ share))
    numbers = {"stacks": found, "networks": {n: results[n] for n in NETWORKS if n in results}}
    return numbers | {"claims": decide(claims(found))}


def claims(found):
    """Closed forms, sampling, growth."""
    for family, depths in found.items():
        distances = [exact(f"{d} blocks", n["distance"]) for d, n in depths.items()]
        yield Claim(
            f"{family}: energy passes branches as independent trials of p = gain / (1 + gain) do, "
            "to 2 % of total variation",
            "jaxrf, docs/paths.md",
            Band(distances, high=0.02),
        )
        sampled = [_sampled(f"σ of {d} blocks, px", n) for d, n in depths.items()]
        expected = [n["sigma"] for n in depths.values()]
        yield Claim(
            f"{family}: sampled sigma is the predicted one at every depth, within 10 %",
            "jaxrf, docs/paths.md",
            Law(sampled, expected, tuple(0.1 * e for e in expected)),
        )
    depths = sorted(found["normalised"])
    first, last = (found["normalised"][d] for d in (depths[0], depths[-1]))
    grown = ratio("σ", *(_sampled("σ", n) for n in (last, first)))
    law = np.sqrt(sum(1 / np.arange(2, depths[-1] + 2)) / sum(1 / np.arange(2, depths[0] + 2)))
    yield Claim(
        "with normalised branches sigma grows as the root of 1/2 + ... + 1/(n + 1), within 15 %",
        "jaxrf, docs/paths.md; De and Smith 2020",
        Law([grown], [law], 0.15 * law),
        f"from r = {first['r']} to {last['r']}; the root of n would be "
        f"{np.sqrt(depths[-1] / depths[0]):.3f}",
    )


def _sampled(name, n):
    return Estimate(name, n["sampled"], n["error"], n["count"])


def table(numbers):
    """One row per stack and one per network; claims."""
    rows = [
        (
            f"{family}, {depth} blocks",
            str(n["r"]),
            f"{n['mean']:.2f}",
            f"{np.arange(depth + 1) @ n['expected']:.2f}",
            f"{n['sigma']:.3f}",
            f"{n['sampled']:.3f} ± {n['error']:.3f}",
        )
        for family, depths in numbers["stacks"].items()
        for depth, n in ((int(d), n) for d, n in depths.items())
    ]
    rows += [
        (f"{name}, {n['blocks']} blocks", "", f"{n['mean']:.2f}", "", f"{n['sigma']:.2f}", "")
        for name, n in numbers["networks"].items()
    ]
    header = ("network", "r", "branches passed", "closed form", "σ predicted", "σ sampled")
    notes = (
        "lengths in input pixels; sampled: ± standard error over 256 networks",
        "ResNets at 1/16 of their width, on 128 px: less than their r",
    )
    return {
        "depths": TextTable("residual stacks by depth", header, tuple(rows), notes),
        "claims": claims_table(numbers["claims"], "path length"),
    }


def figure(numbers):
    """Distribution of the number of branches; that number, sigma and r against the depth."""
    stacks = numbers["stacks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.3)
        axes = drawn.subplots(1, 3 + bool(numbers["networks"]))
        for family, color in zip(FAMILIES, style.CATEGORIES, strict=False):
            depths = {int(d): n for d, n in stacks[family].items()}
            places, last = np.array(list(depths)), depths[max(depths)]
            axes[0].plot(last["expected"], color=color, linewidth=0.8)
            axes[0].plot(last["share"], MARKS[family], color=color, markersize=2.5)
            axes[1].plot(
                places, [np.arange(d + 1) @ n["expected"] for d, n in depths.items()],
                color=color, linewidth=0.8,
            )  # fmt: skip
            axes[1].plot(
                places, [n["mean"] for n in depths.values()], MARKS[family], color=color,
                markersize=3, label=family,
            )  # fmt: skip
            axes[2].plot(
                places, [n["expected_sigma"] for n in depths.values()], color=color, linewidth=0.8
            )
            axes[2].errorbar(
                places, [n["sampled"] for n in depths.values()],
                [2 * n["error"] for n in depths.values()], fmt=MARKS[family], color=color,
                markersize=3, capsize=1.5,
            )  # fmt: skip
        axes[0].set(xlabel=f"branches passed, of {max(places)}", ylabel="share of energy")
        axes[0].set_title("lines: closed form")
        axes[0].set_xlim(-0.7, 0.9 * max(places))
        axes[1].plot(places, places, color="0.6", linestyle=":", label="all")
        axes[1].set(ylabel="branches passed, mean", title="marks: one pass", ylim=(0.4, None))
        half = [n["r"] / 12**0.5 for n in depths.values()]
        axes[2].plot(places, half, color=style.BOX, linestyle="--", label="flat: r / √12")
        axes[2].set(ylabel="σ (input pixels)", title="marks: sampled")
        for ax in axes[1:3]:
            ax.set(xscale="log", yscale="log", xlabel="blocks")
            ax.set_xticks(places, [str(d) for d in places])
            ax.minorticks_off()
        axes[1].set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
        axes[2].set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
        axes[1].legend(loc="upper left")
        axes[2].legend(loc="upper left")
        for (name, n), color in zip(
            numbers["networks"].items(), style.CATEGORIES[3:], strict=False
        ):
            label = f"{name.removeprefix('resnet_')}: {n['blocks']} blocks"
            axes[3].plot(n["share"], color=color, marker=".", markersize=3, label=label)
            axes[3].set(xlabel="branches passed", ylabel="share of energy", title="ResNets")
            axes[3].set_ylim(0, 0.36)
            axes[3].legend(loc="upper right")
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
