"""Nonlinearities: how Gaussian the field of 20 layers is, in single runs and in expectation.

3x3 stacks in two dimensions. In expectation, gates whose signs are independent of the weights
leave the map of the linear network: sigma = sqrt(2n/3), kurtosis -1.5/n. A single network is that
map with noise, and what a nonlinearity adds to the noise looks like a shape. So R^2 of the Gaussian
is given for means of 1, 4, 16, ... networks: noise falls as 1 / networks, a shape would stay. For
the mean of all, R^2 is given without the noise that is left in it.
"""

from functools import partial

import jax
import numpy as np
from _stacks import (
    LUO,
    Stack,
    bootstrap,
    estimate,
    gaussian_r2,
    kurtosis_of,
    numbers_of,
    rings,
    sampled,
    shape_of_mean,
    sigma_of,
    trinomial,
    worth,
)

from jaxrf import experiments
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, difference
from jaxrf.plot import style
from jaxrf.text.table import TextTable

DEPTH = 20
WIDTH = 16
SAMPLES = 256
REPLICATES = 200
GROUPS = (1, 4, 16, 64)  # networks in a mean
RINGS = 6
CLOSE = 0.03  # of sigma to its law, as a share
TAIL = 0.1  # of the kurtosis
GAUSSIAN = 0.98  # R^2 of a mean map, without its noise
SMOOTH = ("GELU",)  # whose gates depend on how large a sum is, not on its sign alone
# name: (function, gain of the weights' variance over 1 / fan-in)
ACTIVATIONS = {
    "linear": (None, 1.0),
    "tanh": (jax.numpy.tanh, 1.0),
    "sigmoid": (jax.nn.sigmoid, 1.0),
    "GELU": (jax.nn.gelu, 2.0),
    "ReLU": (jax.nn.relu, 2.0),
    "tanh, gain 4": (jax.numpy.tanh, 4.0),
}


def measured(name, depth, width, samples, replicates):
    """Numbers with errors, and R^2 of means of ever more networks."""
    activation, gain = ACTIVATIONS[name]
    stack = Stack(depth, width, activation=activation, gain=gain)
    maps = sampled(stack, stack.shape, samples, seed=1, quantities=("g²",))["g²"]
    values, again = bootstrap(maps, replicates, seed=1)
    r2, r2_error = shape_of_mean(maps, replicates // 5, seed=1)
    names = ("sigma", "kurtosis", "luo_size")
    return {
        "depth": depth,
        "samples": samples,
        "worth": worth(maps),
        "value": dict(zip(names, values, strict=True)) | {"r2": r2},
        "error": dict(zip(names, again.std(0, ddof=1), strict=True)) | {"r2": r2_error},
        "groups": {str(k): of_groups(maps, k) for k in GROUPS if 2 * k <= samples},
        "rings": rings(maps, depth, RINGS),
    }


def of_groups(maps, count):
    """[R^2 of the mean of ``count`` networks, its standard error over disjoint groups, those]."""
    groups = [maps[i : i + count].mean(0) for i in range(0, len(maps) - count + 1, count)]
    r2 = np.array([gaussian_r2(g) for g in groups])
    return [r2.mean(), r2.std(ddof=1) / np.sqrt(len(r2)), len(r2)]


def items(options):
    """One item per nonlinearity."""
    if options.quick:
        return {n: partial(measured, n, 3, 8, 12, 20) for n in ("linear", "ReLU")}
    return {n: partial(measured, n, DEPTH, WIDTH, SAMPLES, REPLICATES) for n in ACTIVATIONS}


def summarize(results):
    """Results, exact numbers, claims."""
    depth = next(iter(results.values()))["depth"]
    exact = np.outer(trinomial(depth), trinomial(depth))
    limit = {
        "sigma": sigma_of(depth),
        "kurtosis": kurtosis_of(depth),
        "luo_size": numbers_of(exact)[2],
        "r2": gaussian_r2(exact),
    }
    found = {"networks": results, "exact": limit}
    return found | {"claims": decide(claims(results, limit))}


def claims(results, exact):
    """What the paper says of nonlinearities."""
    depth = next(iter(results.values()))["depth"]
    for group, which in (
        ([n for n in results if n not in SMOOTH], "whatever the nonlinearity"),
        ([n for n in results if n in SMOOTH], "for a smooth gate (GELU)"),
    ):
        for key, law in (("sigma", "sqrt(2n/3)"), ("kurtosis", "-1.5/n")) if group else ():
            yield Claim(
                f"{key} of E g² is {law} = {exact[key]:.3g} at n = {depth} {which}",
                f"{LUO}, for ReLU with gates that are independent of the weights",
                Law(
                    [estimate(n, results[n], key) for n in group],
                    [exact[key]] * len(group),
                    CLOSE * exact[key] if key == "sigma" else TAIL,
                ),
            )
        if group:
            yield Claim(
                "what is not Gaussian in a single network is noise: R² of the mean map is above "
                f"{GAUSSIAN} {which}",
                "jaxrf: noise falls as 1 over networks",
                Band([estimate(n, results[n], "r2") for n in group], low=GAUSSIAN),
                "without the noise of the map",
            )
    single = {
        n: Estimate(n, *found["groups"]["1"][:2], int(found["groups"]["1"][2]))
        for n, found in results.items()
    }
    for other in [name for name in ("tanh", "sigmoid", "GELU", "linear") if name in results]:
        yield Claim(
            f"single networks: ReLU is less Gaussian than {other}",
            f"{LUO}, on ReLU against {other}" if other in ("tanh", "sigmoid") else "jaxrf",
            Band([difference("R² less R²", single["ReLU"], single[other])], high=0.0),
            ", ".join(f"{n} R² {single[n].value:.3f}" for n in ("ReLU", other)),
        )


def table(numbers):
    """One line per nonlinearity."""
    rows = []
    for name, found in numbers["networks"].items():
        value, error = found["value"], found["error"]
        rows.append(
            (
                name,
                f"{value['sigma']:.3f} ± {error['sigma']:.3f}",
                f"{value['kurtosis']:.3f} ± {error['kurtosis']:.3f}",
                f"{value['r2']:.4f} ± {error['r2']:.4f}",
                *(f"{r2:.3f} ± {e:.3f}" for r2, e, _ in found["groups"].values()),
            )
        )
    exact = numbers["exact"]
    groups = next(iter(numbers["networks"].values()))["groups"]
    rows.append(
        ("exact", f"{exact['sigma']:.3f}", f"{exact['kurtosis']:.3f}", f"{exact['r2']:.4f}")
        + ("",) * len(groups)
    )
    header = ("nonlinearity", "sigma", "kurtosis", "R²", *(f"R² of {k}" for k in groups))
    notes = (
        "map E g², input pixels; R² of all networks, without noise; of means of so many, with it",
    )
    shapes = TextTable("nonlinearities in a 3x3 stack", header, tuple(rows), notes)
    return {"shapes": shapes, "claims": claims_table(numbers["claims"], "nonlinearities")}


COLORS = dict(zip(ACTIVATIONS, ("black", *style.CATEGORIES), strict=False))


def figure(numbers):
    """Rings off the exact map; distance from a Gaussian against networks; sigma and kurtosis."""
    networks, exact = numbers["networks"], numbers["exact"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 3.0)
        left, right = drawn.subfigures(1, 2, width_ratios=[1.25, 1])
        near, distance = left.subplots(1, 2)
        spread, tail = right.subplots(1, 2, sharey=True)
        for place, (name, found) in enumerate(networks.items()):
            color, mark = COLORS[name], MARKS[place % len(MARKS)]
            ring = found["rings"]
            near.errorbar(
                np.array(ring["radius"]) + 0.1 * (place - 2.5), 100 * np.subtract(ring["ratio"], 1),
                200 * np.array(ring["error"]), color=color, linewidth=0.7, linestyle="",
                marker=mark, markersize=2.5, label=name,
            )  # fmt: skip
            r2, errors, _ = np.array(list(found["groups"].values())).T
            counts = np.array([float(k) for k in found["groups"]])
            distance.errorbar(
                counts * 1.04 ** (place - 2.5), 1 - r2, 2 * errors, color=color, linewidth=0.7,
                marker=mark, markersize=2.5,
            )  # fmt: skip
            for ax, key in ((spread, "sigma"), (tail, "kurtosis")):
                ax.errorbar(
                    found["value"][key], place, xerr=2 * found["error"][key], color=color,
                    marker=mark, markersize=3,
                )  # fmt: skip
        near.axhline(0, color="0.5", linestyle=":")
        near.set(xlabel="radius of a ring (input pixels)", ylabel="energy, % off the exact map")
        distance.plot(counts, 0.16 / counts, color="0.5", linestyle=":", label="∝ 1 / networks")
        distance.legend(loc="lower left")
        distance.set(xscale="log", yscale="log", xlabel="networks in the mean")
        distance.set_ylabel("1 − R², noise included")
        distance.set_xticks(counts, [f"{k:.0f}" for k in counts])
        distance.minorticks_off()
        for ax, key, label in ((spread, "sigma", "σ (px)"), (tail, "kurtosis", "kurtosis")):
            ax.axvline(exact[key], color="0.5", linestyle=":")
            ax.set(xlabel=f"{label}, ±2 errors", ylim=(len(networks) - 0.5, -0.5))
            ax.grid(axis="y", color="0.9", linewidth=0.5)
        spread.set_yticks(range(len(networks)), networks)
        left.legend(*near.get_legend_handles_labels(), loc="outside upper left", ncols=6,
                    handlelength=1.0, columnspacing=0.8)  # fmt: skip
    return drawn


MARKS = "os^vDX"


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
