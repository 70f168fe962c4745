"""Growth of the effective field as sqrt(n), shrinkage of its share as 1/sqrt(n), for every map.

Random 3x3 stacks of n = 5 to 80 layers in two dimensions; one set of backward passes makes every
map: E g^2, its square root, E |g| and E relu(g). Sizes by the second moment (sigma) and by Luo's
threshold (square root of the number of pixels above 4.55 % of the centre). Slopes are those of
least squares in log-log, with errors from drawing the samples of every depth again.

The law is about many layers. Over these depths the exact maps have slopes of their own: 1/2 for
sigma of E g^2 alone, .54 for that of its square root, since a trinomial is cut at its edge. What is
measured is tested against these, and the limit by the exact maps of up to 1,280 layers. E |g| and
E relu(g) of Gaussian gradients are proportional to the square root of E g^2.

The noise of a map moves Luo's threshold and lifts far pixels above it: the sizes are biased. They
are corrected by what drawing again adds to them (the bootstrap's estimate of the bias).
"""

from functools import partial

import jax
import numpy as np
from _stacks import (
    EFFECTIVE,
    INTERVAL,
    LUO,
    Stack,
    bootstrap,
    kurtosis_of,
    numbers_of,
    sampled,
    sigma_of,
    trinomial,
    worth,
)
from matplotlib.lines import Line2D

from jaxrf import experiments
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, exact
from jaxrf.plot import style
from jaxrf.text.table import TextTable

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
EXACT = {"E g²": "E g²", "√E g²": "√E g²", "E |g|": "√E g²", "E relu(g)": "√E g²"}  # shapes of maps
LIMIT = (10, 20, 40, 80, 160, 320, 640, 1280)  # layers whose exact maps show where slopes tend to
CLOSE = 0.02  # of a slope to that of the exact map, sigma's share of its law
TAIL = 0.05  # of a kurtosis to its law


def measured(network, depth, width, samples, replicates):
    """Numbers of every map, their errors, and those of the replicates."""
    activation, gain = NETWORKS[network]
    stack = Stack(depth, width, activation=activation, gain=gain)
    maps = sampled(stack, stack.shape, samples, seed=depth)
    found = {}
    for name, (quantity, finish) in MAPS.items():
        value, again = bootstrap(maps[quantity], replicates, seed=depth, finish=finish)
        bias = again.mean(0) - value
        found[name] = {
            "value": value - bias,
            "error": again.std(0, ddof=1),
            "again": again - bias,
            "bias": bias,
        }
    return {"worth": worth(maps["g²"]), "maps": found}


def items(options):
    """One item per depth and network."""
    depths = {"linear": (2, 4)} if options.quick else DEPTHS
    width, replicates = (8, 50) if options.quick else (WIDTH, REPLICATES)
    samples = {"linear": 12} if options.quick else SAMPLES
    return {
        f"{network} {depth}": partial(measured, network, depth, width, samples[network], replicates)
        for network, of_network in depths.items()
        for depth in of_network
    }


def slope(depths, sizes):
    """Of log size against log depth, by least squares."""
    return float(np.polyfit(np.log(depths), np.log(sizes), 1)[0])


def fitted(depths, rows, column, divisor):
    """Slope of one size of one map, its standard error and its interval."""
    values, again = (
        np.array([np.asarray(row[key])[..., column] for row in rows]) for key in ("value", "again")
    )
    slopes = [slope(depths, sizes / divisor) for sizes in again.T]
    return {
        "slope": slope(depths, values / divisor),
        "interval": np.percentile(slopes, INTERVAL).tolist(),
        "error": float(np.std(slopes, ddof=1)),
    }


def divisors(depths):
    """{name of a slope: (column of the numbers, what it is divided by)}."""
    one = np.ones(len(depths))
    return {
        "sigma": (0, one),
        "Luo size": (2, one),
        "sigma, share of r - 1": (0, 2.0 * depths),
        "sigma, share of r": (0, 2.0 * depths + 1),
    }


def exactly(depths):
    """Sizes and slopes of the exact maps of random linear weights, over these depths."""
    found = {}
    for name in ("E g²", "√E g²"):
        finish = MAPS[name][1]
        rows = np.array([numbers_of(finish(np.outer(t, t))) for t in map(trinomial, depths)])
        slopes = {
            key: slope(depths, rows[:, column] / divisor)
            for key, (column, divisor) in divisors(depths).items()
        }
        found[name] = {n: rows[:, i].tolist() for i, n in enumerate(NAMES)} | {"slopes": slopes}
    return found


def limits():
    """{size: slopes between successive depths of ``LIMIT``} of exact maps."""
    sizes = {"E g², Luo size": [], "√E g², sigma": [], "√E g², Luo size": []}
    for depth in LIMIT:
        half = min(depth, int(20 * sigma_of(depth)))  # nothing is left beyond 20 sigma
        line = trinomial(depth)[depth - half : depth + half + 1]
        energy = np.outer(line, line)
        squared, root = numbers_of(energy), numbers_of(np.sqrt(energy))
        for key, size in zip(sizes, (squared[2], root[0], root[2]), strict=True):
            sizes[key].append(float(size))
    return {k: (np.diff(np.log(v)) / np.diff(np.log(LIMIT))).tolist() for k, v in sizes.items()}


def summarize(results):
    """Values, slopes with intervals, exact curves, claims."""
    numbers = {}
    for network in dict.fromkeys(key.split()[0] for key in results):
        rows = {int(k.split()[1]): v for k, v in results.items() if k.split()[0] == network}
        depths = np.array(list(rows))
        maps = {}
        for name in MAPS:
            of_map = [row["maps"][name] for row in rows.values()]
            maps[name] = {
                n: {k: [float(m[k][i]) for m in of_map] for k in ("value", "error", "bias")}
                for i, n in enumerate(NAMES)
            } | {
                "slopes": {
                    key: fitted(depths, of_map, column, divisor)
                    for key, (column, divisor) in divisors(depths).items()
                }
            }
        numbers[network] = {
            "depths": depths.tolist(),
            "worth": min(row["worth"] for row in rows.values()),
            "maps": maps,
            "exact": exactly(depths),
        }
    found = {"networks": numbers, "limits": {"depths": list(LIMIT), "slopes": limits()}}
    return found | {"claims": decide(claims(numbers, found["limits"]["slopes"]))}


def interval_text(fit):
    """The slope and its interval."""
    low, high = fit["interval"]
    return f"{fit['slope']:+.3f} [{low:+.3f}, {high:+.3f}]"


def claims(networks, limit):
    """What the literature says of growth and shrinkage, map by map."""
    for network, found in networks.items():
        yield at_every_depth(network, found, "sigma", "sqrt(2n/3)", sigma_of, None)
        yield at_every_depth(network, found, "kurtosis", "-1.5/n", kurtosis_of, TAIL)
    for network, found in networks.items():
        for name in MAPS:
            yield Claim(
                f"{network}, {name}: over these depths the field grows as "
                + ("the exact map does" if EXACT[name] == name else f"that of {EXACT[name]} does"),
                "jaxrf; "
                + ("its expectation is known" if name == "E g²" else "Gaussian gradients"),
                as_exact(found, name),
            )
    last = f"n = {LIMIT[-2]} to {LIMIT[-1]}"
    yield Claim(
        "for many layers the field grows as n^0.5, whatever the map and the size: the slopes of "
        "the exact maps tend to 0.5",
        f"{LUO}, on the growth of the effective field with depth",
        Band([exact(f"{key} at {last}", v[-1]) for key, v in limit.items()], 0.49, 0.51),
        "slopes at " + f"n = {LIMIT[0]} to {LIMIT[1]}: "
        + ", ".join(f"{key} {v[0]:.3f}" for key, v in limit.items()),
    )  # fmt: skip


def as_exact(found, name):
    """Slopes beside those of the exact map; within a band where the shape is that of a limit."""
    known, rules = found["exact"][EXACT[name]]["slopes"], []
    for key, fit in found["maps"][name]["slopes"].items():
        if not _of_its_own(name, key):
            continue
        error = fit["error"]
        if name == "E g²":
            measured = Estimate(f"slope of {key}", fit["slope"], error, found["worth"], EFFECTIVE)
            rules.append(Law([measured], [known[key]], CLOSE))
        else:
            text = f"slope of {key} {fit['slope']:.3f}, {known[key]:.3f} of the exact map, less"
            less = Estimate(text, fit["slope"] - known[key], error, found["worth"], EFFECTIVE)
            rules.append(Band([less], -CLOSE, CLOSE))
    return tuple(rules)


def _of_its_own(name, key):
    """The slope of a share is that of sigma, less that of r: one map says it for all."""
    return key in ("sigma", "Luo size") or (key == "sigma, share of r" and name == "E g²")


def at_every_depth(network, found, name, text, truth, tolerance):
    """Sigma or kurtosis of E g^2 against its law."""
    rows = zip(found["depths"], *(found["maps"]["E g²"][name][k] for k in ("value", "error")),
               strict=True)  # fmt: skip
    estimates = [Estimate(f"n={n}", v, e, found["worth"], EFFECTIVE) for n, v, e in rows]
    truths = [truth(n) for n in found["depths"]]
    return Claim(
        f"{network}: {name} of E g² is {text} at every n",
        f"jaxrf, docs/erf.md; the Gaussian limit: {LUO}",
        Law(estimates, truths, tolerance or [CLOSE * t for t in truths]),
    )


def table(numbers):
    """Sizes and slopes; claims."""
    networks = numbers["networks"]
    depths = max((found["depths"] for found in networks.values()), key=len)
    rows = []
    for network, found in networks.items():
        for name, entry in found["maps"].items():
            for size in ("sigma", "luo_size"):
                pairs = zip(entry[size]["value"], entry[size]["error"], strict=True)
                cells = [f"{v:.2f}±{e:.2f}" for v, e in pairs]
                cells += [""] * (len(depths) - len(cells))
                fit = entry["slopes"][size.replace("luo_", "Luo ")]
                rows.append((network, name, size.replace("_", " "), *cells, interval_text(fit)))
    header = ("network", "map", "size", *(f"n={n}" for n in depths), "slope, 95 %")
    notes = (
        "input pixels; errors and intervals by bootstrap over weight draws; the noise's bias of",
        "every size, as the bootstrap finds it, is taken off",
    )
    sizes = TextTable("growth of 3x3 stacks", header, tuple(rows), notes, words=3)
    return {"sizes": sizes, "claims": claims_table(numbers["claims"], "growth law")}


MARKS = {"E g²": "o", "√E g²": "s", "E |g|": "^", "E relu(g)": "v"}
SIZES = {
    "sigma": "σ",
    "Luo size": "Luo size",
    "sigma, share of r": "σ / r",
}


def figure(numbers):
    """Both sizes over those of the exact map of E g^2, and off their own exact map; slopes."""
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 3.6)
        axes = drawn.subplot_mosaic(
            [["sigma", "luo_size", "slopes"], ["σ off", "Luo off", "slopes"]],
            width_ratios=[1, 1, 1.15], height_ratios=[1.3, 1],
        )  # fmt: skip
        for size, off, title in (("sigma", "σ off", "σ"), ("luo_size", "Luo off", "Luo size")):
            _sizes(axes[size], networks, size, ("E g²", "√E g²"))
            axes[size].set_title(title)
            axes[size].tick_params(labelbottom=False)
            axes[size].axhline(2**0.5, color="0.5", linestyle=":", linewidth=0.8)
            _sizes(axes[off], networks, size, None)
            axes[off].set_xlabel("3×3 layers n")
        axes["sigma"].set_ylabel("over that of the exact E g²")
        axes["sigma"].text(5, 2**0.5, "√2", va="top", color="0.3", fontsize=6.0)
        axes["σ off"].set_ylabel("% off the exact map, ±2 errors")
        _slopes(axes["slopes"], networks)
        drawn.legend(handles=_marks(networks), loc="outside lower center", ncols=7)
    return drawn


def _marks(networks):
    """A mark for every map and every network, and the lines."""
    maps = [
        Line2D([], [], linestyle="", marker=m, color="0.3", markersize=3.5, label=name,
               markerfacecolor="0.3" if name == "E g²" else "white")
        for name, m in MARKS.items()
    ]  # fmt: skip
    lines = [
        Line2D([], [], color=color, label=network)
        for color, network in zip(style.CATEGORIES, networks, strict=False)
    ]
    return [*maps, *lines, Line2D([], [], color="black", linewidth=0.8, label="exact map")]


def _sizes(ax, networks, size, lines):
    """A size of every map over that of the exact E g^2; or percent off its own exact map."""
    every = sorted({n for found in networks.values() for n in found["depths"]})
    for shift, (color, found) in zip(
        (0.93, 1.07), zip(style.CATEGORIES, networks.values(), strict=False), strict=False
    ):
        depths, known = np.array(found["depths"]), found["exact"]
        base = np.array(known["E g²"][size])
        if lines and len(depths) == len(every):
            for name, line in zip(lines, ("-", "--"), strict=True):
                ax.plot(depths, known[name][size] / base, line, color="black", linewidth=0.8)
        for name in MAPS:
            values, errors = (np.array(found["maps"][name][size][k]) for k in ("value", "error"))
            own = base if lines else np.array(known[EXACT[name]][size])
            ax.errorbar(
                depths * shift * SPREAD[name],
                values / own if lines else 100 * (values / own - 1),
                2 * errors / own * (1 if lines else 100),
                fmt=MARKS[name], color=color, markersize=3, linewidth=0.8,
                markerfacecolor=color if name == "E g²" else "white",
            )  # fmt: skip
    if not lines:
        ax.axhline(0, color="black", linewidth=0.8, zorder=0)
    ax.set_xscale("log")
    ax.set_xticks(every, [str(n) for n in every])
    ax.minorticks_off()


SPREAD = {
    "E g²": 0.95,
    "√E g²": 0.98,
    "E |g|": 1.01,
    "E relu(g)": 1.04,
}  # so that marks do not hide


def _slopes(ax, networks):
    """Slopes with intervals, from the limit; those of the exact maps."""
    place, ticks = 0.0, []
    for key, text in SIZES.items():
        target = -0.5 if "share" in key else 0.5
        for name in MAPS:
            if not _of_its_own(name, key):
                continue
            for n, (color, found) in enumerate(
                zip(style.CATEGORIES, networks.values(), strict=False)
            ):
                fit = found["maps"][name]["slopes"][key]
                height = place + 0.36 * n - 0.18
                known = found["exact"][EXACT[name]]["slopes"][key] - target
                ax.plot(np.subtract(fit["interval"], target), [height] * 2, color=color)
                ax.plot(
                    fit["slope"] - target, height, MARKS[name], color=color, markersize=3,
                    markerfacecolor=color if name == "E g²" else "white",
                )  # fmt: skip
                ax.plot(known, height, "|", color="black", markersize=7, markeredgewidth=0.8)
            ticks.append((place, f"{text}, {name}"))
            place += 1
        place += 0.4
    ax.axvline(0, color="0.5", linestyle=":", linewidth=0.8)
    ax.set(title="slopes over these depths", xlabel="slope less that of many layers (95 %)")
    ax.set_yticks(*zip(*ticks, strict=True))
    ax.invert_yaxis()


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
