"""Nonlinearities: how Gaussian the field of 20 layers is, in single runs and in expectation.

3x3 stacks in two dimensions. In expectation, gates whose signs are independent of the weights
leave the map of the linear network: sigma = sqrt(2n/3), kurtosis -1.5/n. A single network is that
map with noise, and what a nonlinearity adds to the noise looks like a shape. So R^2 of the Gaussian
is given for means of 1, 4, 16, ... networks: noise falls as 1 / networks, a shape would stay.
"""

from functools import partial

import jax
import numpy as np
from _stacks import (
    LUO,
    Stack,
    bootstrap,
    consistent,
    gaussian_r2,
    kurtosis_of,
    numbers_of,
    p_text,
    sampled,
    sigma_of,
    trinomial,
)

from jaxrf import experiments
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DEPTH = 20
WIDTH = 16
SAMPLES = 256
REPLICATES = 200
GROUPS = (1, 4, 16, 64)  # networks in a mean
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
    r2, r2_again = bootstrap(maps, replicates // 5, seed=1, statistic=gaussian_r2)
    names = ("sigma", "kurtosis", "luo_size")
    total = maps.sum() / samples
    return {
        "depth": depth,
        "samples": samples,
        "value": dict(zip(names, values, strict=True)) | {"r2": r2[0]},
        "error": dict(zip(names, again.std(0, ddof=1), strict=True)) | {"r2": r2_again.std(ddof=1)},
        "groups": {str(k): of_groups(maps, k) for k in GROUPS if 2 * k <= samples},
        "section": maps.mean(0)[depth] / total,
        "section_error": maps[:, depth].std(0, ddof=1) / np.sqrt(samples) / total,
    }


def of_groups(maps, count):
    """[R^2 of the mean of ``count`` networks, its standard error over disjoint groups]."""
    groups = [maps[i : i + count].mean(0) for i in range(0, len(maps) - count + 1, count)]
    r2 = np.array([gaussian_r2(g)[0] for g in groups])
    return [r2.mean(), r2.std(ddof=1) / np.sqrt(len(r2))]


def items(options):
    """One a nonlinearity."""
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
        "r2": gaussian_r2(exact)[0],
    }
    found = {"networks": results, "exact": limit}
    return found | {"claims": [c.to_dict() for c in claims(results, limit)]}


def claims(results, exact):
    """What sections 2.4 and 3.1 of the paper say."""
    depth = next(iter(results.values()))["depth"]
    for name, law in (("sigma", "sqrt(2n/3)"), ("kurtosis", "-1.5/n")):
        values, errors = ([r[k][name] for r in results.values()] for k in ("value", "error"))
        chi2, count, p, holds = consistent(values, errors, [exact[name]] * len(values))
        listed = ", ".join(
            f"{n} {v:.3g} ± {e:.1g}" for n, v, e in zip(results, values, errors, strict=True)
        )
        yield Claim(
            f"{name} of E g² does not depend on the nonlinearity: {law} = {exact[name]:.3g}, n = "
            f"{depth}",
            f"{LUO}, sec. 2.4, for ReLU",
            f"{listed}; chi² {chi2:.1f} of {count}, {p_text(p)}",
            holds,
        )
    relu = results["ReLU"]
    for other in [name for name in ("tanh", "sigmoid", "GELU", "linear") if name in results]:
        single, its = relu["groups"]["1"], results[other]["groups"]["1"]
        difference, error = single[0] - its[0], np.hypot(single[1], its[1])
        yield Claim(
            f"single networks: ReLU is less Gaussian than {other}",
            f"{LUO}, sec. 3.1" if other in ("tanh", "sigmoid") else "jaxrf",
            f"R² {single[0]:.3f} ± {single[1]:.1g} less {its[0]:.3f} ± {its[1]:.1g}: "
            f"{difference:+.3f} ± {error:.1g}",
            difference < -2 * error,
        )
    counts = list(next(iter(results.values()))["groups"])
    pairs = {
        n: [found["groups"][k] for k in (counts[0], counts[-1])] for n, found in results.items()
    }
    yield Claim(
        f"what is not Gaussian in a single network is noise: most of 1 - R² is gone in the mean of "
        f"{counts[-1]} networks, whatever the nonlinearity",
        "jaxrf: noise falls as 1 over networks",
        ", ".join(
            f"{n} {1 - one[0]:.3f} ± {one[1]:.1g} to {1 - many[0]:.3f} ± {many[1]:.1g}"
            for n, (one, many) in pairs.items()
        ),
        all(1 - many[0] + 2 * many[1] < 0.5 * (1 - one[0]) for one, many in pairs.values()),
    )


def table(numbers):
    """One line a nonlinearity."""
    rows = []
    for name, found in numbers["networks"].items():
        value, error = found["value"], found["error"]
        rows.append(
            (
                name,
                f"{value['sigma']:.3f} ± {error['sigma']:.3f}",
                f"{value['kurtosis']:.3f} ± {error['kurtosis']:.3f}",
                f"{value['r2']:.4f} ± {error['r2']:.4f}",
                *(f"{r2:.3f} ± {e:.3f}" for r2, e in found["groups"].values()),
            )
        )
    exact = numbers["exact"]
    groups = next(iter(numbers["networks"].values()))["groups"]
    rows.append(
        ("exact", f"{exact['sigma']:.3f}", f"{exact['kurtosis']:.3f}", f"{exact['r2']:.4f}")
        + ("",) * len(groups)
    )
    header = ("nonlinearity", "sigma", "kurtosis", "R²", *(f"R² of {k}" for k in groups))
    notes = ("map E g², input pixels; R² of all networks, and of means of so many",)
    shapes = TextTable("nonlinearities in a 3x3 stack", header, tuple(rows), notes)
    return {"shapes": shapes, "claims": claims_table(numbers["claims"], "nonlinearities")}


COLORS = dict(zip(ACTIVATIONS, ("black", *style.CATEGORIES), strict=False))


def figure(numbers):
    """Sections; distance from a Gaussian against networks; sigma and kurtosis with errors."""
    networks, exact = numbers["networks"], numbers["exact"]
    depth = next(iter(networks.values()))["depth"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.7)
        section, distance, spread, tail = drawn.subplots(1, 4, width_ratios=[1.3, 1.3, 1, 1])
        curve = trinomial(depth) * trinomial(depth)[depth]
        offsets = np.arange(-depth, depth + 1)
        for place, (name, found) in enumerate(networks.items()):
            color = COLORS[name]
            values = np.asarray(found["section"]) / curve.max()
            section.plot(offsets, values, color=color, linewidth=0.7, label=name)
            groups = found["groups"]
            r2, errors = np.array(list(groups.values())).T
            counts = np.array([float(k) for k in groups])
            distance.errorbar(
                counts * 1.04 ** (place - 2.5), 1 - r2, 2 * errors, color=color, linewidth=0.7,
                marker="o", markersize=2.5,
            )  # fmt: skip
            for ax, key in ((spread, "sigma"), (tail, "kurtosis")):
                ax.errorbar(
                    found["value"][key], place, xerr=2 * found["error"][key], color=color,
                    marker="o", markersize=3,
                )  # fmt: skip
        section.plot(offsets, curve / curve.max(), ":", color=style.GAUSSIAN, label="exact")
        section.set(yscale="log", ylim=(1e-6, 3), xlabel="offset (input pixels)")
        section.set(ylabel="E g² / exact peak", xlim=(-depth, depth))
        section.legend(loc="lower center", handlelength=1.0)
        distance.axhline(1 - exact["r2"], color="0.5", linestyle=":")
        distance.set(xscale="log", yscale="log", xlabel="networks in the mean", ylabel="1 − R²")
        distance.set_xticks(counts, [f"{k:.0f}" for k in counts])
        distance.minorticks_off()
        for ax, key, label in (
            (spread, "sigma", "σ (input pixels)"),
            (tail, "kurtosis", "kurtosis"),
        ):
            ax.axvline(exact[key], color="0.5", linestyle=":")
            ax.set(xlabel=f"{label}\n±2 errors", yticks=[], ylim=(len(networks) - 0.5, -0.5))
        spread.set_yticks(range(len(networks)), networks)
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
