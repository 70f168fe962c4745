"""Growth of the effective field as sqrt(n), shrinkage of its share as 1/sqrt(n), for every map.

Random 3x3 stacks of n = 5 to 80 layers in two dimensions; one set of backward passes makes every
map: E g^2, its square root, E |g| and E relu(g). Sizes by the second moment (sigma) and by Luo's
threshold (square root of the number of pixels above 4.55 % of the centre). Slopes are those of
weighted least squares in log-log; intervals of 95 % come from drawing the samples of every depth
again. The share is that of the extent, r - 1 = 2n, and that of the size r = 2n + 1, whose slope
over these depths is not -1/2 for any field.
"""

from functools import partial

import jax
import numpy as np
from _stacks import (
    INTERVAL,
    LUO,
    Stack,
    bootstrap,
    kurtosis_of,
    numbers_of,
    sampled,
    sigma_of,
    trinomial,
    within,
)

from jaxrf import experiments
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DEPTHS = {"linear": (5, 10, 20, 40, 80), "ReLU": (5, 10, 20, 40)}
WIDTH = 32
SAMPLES = {"linear": 96, "ReLU": 192}
REPLICATES = 400
NAMES = ("sigma", "kurtosis", "luo_size")
# name: (what the samples of a map are, what is done with their mean)
MAPS = {
    "E g²": ("g²", lambda energy: energy),
    "√E g²": ("g²", np.sqrt),
    "E |g|": ("|g|", lambda energy: energy),
    "E relu(g)": ("relu(g)", lambda energy: energy),
}
NETWORKS = {"linear": (None, 1.0), "ReLU": (jax.nn.relu, 2.0)}


def measured(network, depth, width, samples, replicates):
    """Numbers of every map, their errors, and those of the replicates."""
    activation, gain = NETWORKS[network]
    stack = Stack(depth, width, activation=activation, gain=gain)
    maps = sampled(stack, stack.shape, samples, seed=depth)
    found = {}
    for name, (quantity, finish) in MAPS.items():
        value, again = bootstrap(maps[quantity], replicates, seed=depth, finish=finish)
        found[name] = {"value": value, "error": again.std(0, ddof=1), "again": again}
    return found


def items(options):
    """One a depth and network."""
    depths = {"linear": (2, 4)} if options.quick else DEPTHS
    width, replicates = (8, 50) if options.quick else (WIDTH, REPLICATES)
    samples = {"linear": 12} if options.quick else SAMPLES
    return {
        f"{network} {depth}": partial(measured, network, depth, width, samples[network], replicates)
        for network, of_network in depths.items()
        for depth in of_network
    }


def slope(depths, sizes, errors):
    """Of log size against log depth, weighted by the relative errors."""
    return np.polyfit(np.log(depths), np.log(sizes), 1, w=sizes / np.maximum(errors, 1e-6))[0]


def fitted(depths, rows, column, divisor):
    """Slope of one size of one map, and its interval."""
    values, errors, again = (
        np.array([np.asarray(row[key])[..., column] for row in rows])
        for key in ("value", "error", "again")
    )
    slopes = [slope(depths, sizes / divisor, errors / divisor) for sizes in again.T]
    low, high = np.percentile(slopes, INTERVAL)
    return {"slope": slope(depths, values / divisor, errors / divisor), "interval": [low, high]}


def divisors(depths):
    """{name of a slope: (column of the numbers, what it is divided by)}."""
    one = np.ones(len(depths))
    return {
        "sigma": (0, one),
        "Luo size": (2, one),
        "sigma, share of r - 1": (0, 2.0 * depths),
        "sigma, share of r": (0, 2.0 * depths + 1),
    }


def exact(depths, maps):
    """Of the exact maps of random linear weights: sizes, and slopes with the measured weights."""
    found = {}
    for name in ("E g²", "√E g²"):
        finish = MAPS[name][1]
        rows = np.array([numbers_of(finish(np.outer(t, t))) for t in map(trinomial, depths)])
        found[name] = {n: rows[:, i].tolist() for i, n in enumerate(NAMES)} | {"slopes": {}}
        for key, (column, divisor) in divisors(depths).items():
            value, error = (np.array(maps[name][NAMES[column]][k]) for k in ("value", "error"))
            sizes = rows[:, column] / divisor
            found[name]["slopes"][key] = slope(depths, sizes, sizes * error / value)
    return found


def summarize(results):
    """Values, slopes with intervals, exact curves, claims."""
    numbers = {}
    for network in dict.fromkeys(key.split()[0] for key in results):
        rows = {int(k.split()[1]): v for k, v in results.items() if k.split()[0] == network}
        depths = np.array(list(rows))
        maps = {}
        for name in MAPS:
            of_map = [row[name] for row in rows.values()]
            maps[name] = {
                n: {k: [float(m[k][i]) for m in of_map] for k in ("value", "error")}
                for i, n in enumerate(NAMES)
            } | {
                "slopes": {
                    key: fitted(depths, of_map, column, divisor)
                    for key, (column, divisor) in divisors(depths).items()
                }
            }
        numbers[network] = {"depths": depths.tolist(), "maps": maps, "exact": exact(depths, maps)}
    return {"networks": numbers, "claims": [c.to_dict() for c in claims(numbers)]}


def interval_text(fit):
    """The slope and its interval."""
    low, high = fit["interval"]
    return f"{fit['slope']:+.3f} [{low:+.3f}, {high:+.3f}]"


def claims(networks):
    """What the literature says of growth and shrinkage, map by map."""
    for network, found in networks.items():
        for name, text, truth in (
            ("sigma", "sqrt(2n/3)", sigma_of),
            ("kurtosis", "-1.5/n", kurtosis_of),
        ):
            yield at_every_depth(network, found, name, text, truth)
    for network, found in networks.items():
        for name, entry in found["maps"].items():
            for key, fit in entry["slopes"].items():
                share = "share" in key
                if share and name != "E g²":  # its slope is that of sigma, minus that of r
                    continue
                low, high = fit["interval"]
                known = found["exact"].get(name)
                by_theory = f"; {known['slopes'][key]:+.3f} of the exact map" if known else ""
                yield Claim(
                    f"{network}, {name}: {key} "
                    + ("shrinks as n^-0.5" if share else "grows as n^0.5"),
                    f"{LUO}, secs. 2, 3.1",
                    f"slope {interval_text(fit)}{by_theory}",
                    low <= (-0.5 if share else 0.5) <= high,
                )


def at_every_depth(network, found, name, text, truth):
    """Sigma or kurtosis of E g^2 against its law."""
    pairs = zip(*found["maps"]["E g²"][name].values(), strict=True)
    rows = [(n, v, e, truth(n)) for n, (v, e) in zip(found["depths"], pairs, strict=True)]
    listed = [f"n={n}: {v:.3g} ± {e:.1g} for {t:.3g} ({(v - t) / e:+.1f})" for n, v, e, t in rows]
    return Claim(
        f"{network}: {name} of E g² is {text}, within 2 standard errors at every n",
        f"{LUO}, sec. 2",
        "; ".join(listed) + " (in standard errors)",
        all(within(v, e, t) for _, v, e, t in rows),
    )


def table(numbers):
    """Sizes and slopes; claims."""
    networks = numbers["networks"]
    depths = max((found["depths"] for found in networks.values()), key=len)
    rows = []
    for network, found in networks.items():
        for name, entry in found["maps"].items():
            for size in ("sigma", "luo_size"):
                cells = [f"{v:.2f}±{e:.2f}" for v, e in zip(*entry[size].values(), strict=True)]
                cells += [""] * (len(depths) - len(cells))
                fit = entry["slopes"][size.replace("luo_", "Luo ")]
                rows.append((network, name, size.replace("_", " "), *cells, interval_text(fit)))
    header = ("network", "map", "size", *(f"n={n}" for n in depths), "slope, 95 %")
    notes = ("input pixels; errors and intervals by bootstrap over weight draws",)
    sizes = TextTable("growth of 3x3 stacks", header, tuple(rows), notes, words=3)
    return {"sizes": sizes, "claims": claims_table(numbers["claims"], "growth law")}


MARKS = {"E g²": "o", "√E g²": "s", "E |g|": "^", "E relu(g)": "v"}
SIZES = {
    "sigma": "σ",
    "Luo size": "Luo size",
    "sigma, share of r - 1": "σ / (r − 1)",
    "sigma, share of r": "σ / r",
}


def figure(numbers):
    """Sigma against depth; its share of the field; slopes."""
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.6)
        axes = drawn.subplots(1, 3)
        _growth(axes[0], networks, share=False)
        _growth(axes[1], networks, share=True)
        axes[0].legend(loc="upper left", handlelength=1.4)
        _slopes(axes[2], networks)
    return drawn


def _growth(ax, networks, *, share):
    every = sorted({n for found in networks.values() for n in found["depths"]})
    dense = np.geomspace(every[0], every[-1], 100)
    law = np.sqrt(2 * dense / 3) / (2 * dense if share else 1)
    ax.plot(dense, law, color="0.3", linewidth=0.8, label="√(2n/3)")
    ax.plot(dense, np.sqrt(2) * law, ":", color="0.3", linewidth=0.8, label="√2 · √(2n/3)")
    for color, (network, found) in zip(style.CATEGORIES, networks.items(), strict=False):
        depths = np.array(found["depths"])
        for name in ("E g²", "E |g|"):
            values = found["maps"][name]["sigma"]
            ax.errorbar(
                depths * (0.97 if network == "linear" else 1.03),
                np.array(values["value"]) / (2 * depths if share else 1.0),
                2 * np.array(values["error"]) / (2 * depths if share else 1.0),
                fmt=MARKS[name], color=color, markersize=3, linewidth=0.8,
                markerfacecolor=color if name == "E g²" else "white", label=f"{network}, {name}",
            )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="3×3 layers n")
    ax.set(ylabel="σ / (r − 1), r − 1 = 2n" if share else "σ (input pixels)")
    ax.set_xticks(every, [str(n) for n in every])
    ticks = (0.04, 0.06, 0.1, 0.2) if share else (2, 3, 5, 10)
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()


def _slopes(ax, networks):
    """Intervals of the slopes less +1/2 or -1/2."""
    place, ticks = 0.0, []
    for key, text in SIZES.items():
        target = -0.5 if "share" in key else 0.5
        for name in MAPS:
            if "share" in key and name != "E g²":
                continue
            for n, (color, found) in enumerate(
                zip(style.CATEGORIES, networks.values(), strict=False)
            ):
                fit = found["maps"][name]["slopes"][key]
                height = [place + 0.3 * n - 0.15] * 2
                ax.plot(np.subtract(fit["interval"], target), height, color=color)
                ax.plot(
                    fit["slope"] - target, height[0], MARKS[name], color=color, markersize=3,
                    markerfacecolor=color if name == "E g²" else "white",
                )  # fmt: skip
                if name in found["exact"]:
                    known = found["exact"][name]["slopes"][key] - target
                    ax.plot(known, height[0], "|", color="black", markersize=6)
            ticks.append((place, f"{text}, {name}"))
            place += 1
        place += 0.4
    ax.axvline(0, color="0.3", linewidth=0.8)
    ax.set_xlabel("slope ∓ ½ and its 95 % interval\n(black: slope of the exact map)")
    ax.set_yticks(*zip(*ticks, strict=True))
    ax.invert_yaxis()


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
