"""Luo's first figure: 5 to 40 layers of all-one kernels, random weights, random weights and ReLU.

Two dimensions, 3x3 kernels. For all-one kernels the gradient itself is the n-fold convolution power
of the box, T_n(x) T_n(y) with trinomial T_n; for random weights that is the expectation of the
squared gradient, whatever their distribution, if the signs of the gates are independent of the
weights. Both are drawn as what they predict: over sections through the centre, and by the energy of
rings about it over that of the exact map. R^2 of a mean map is given without the noise of the map.
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
from jax import lax

from jaxrf import experiments, measure_erf, plot
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, difference, exact
from jaxrf.plot import style
from jaxrf.text.table import TextTable

DEPTHS = (5, 10, 20, 40)
WIDTH = 16
SAMPLES = 256
REPLICATES = 200
KINDS = {"random": (None, 1.0), "random + ReLU": (jax.nn.relu, 2.0)}
GAUSSIAN = 0.99  # R^2 from which we call a map Gaussian
ROUNDING = 1e-5  # of float32 after 40 layers
CLOSE = 0.03  # of sigma to its law, as a share
TAIL = 0.1  # of the kurtosis
SAME = 0.01  # of two R^2
RINGS = 6  # of equal width, out to three sigma


def uniform(depth):
    """The gradient of all-one kernels, exactly one; sqrt of the measured g^2."""

    def model(x):
        for _ in range(depth):
            x = lax.conv_general_dilated(
                x, np.ones((3, 3, 1, 1), np.float32), (1, 1), "VALID",
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )  # fmt: skip
        return x

    size = 2 * depth + 1
    gradient = np.sqrt(measure_erf(model, (1, size, size, 1), samples=1).map)
    known = np.outer(trinomial(depth), trinomial(depth)) * 9.0**depth
    error = float(np.abs(gradient / known - 1).max())
    gradient /= gradient.sum()
    sigma, kurtosis, luo = numbers_of(gradient)
    return {
        "map": gradient,
        "largest_relative_error": error,
        "value": {
            "sigma": sigma,
            "kurtosis": kurtosis,
            "luo_size": luo,
            "r2": gaussian_r2(gradient),
        },
    }


def randomly(kind, depth, width, samples, replicates):
    """The mean squared gradient, its numbers with errors, how Gaussian single runs are."""
    activation, gain = KINDS[kind]
    stack = Stack(depth, width, activation=activation, gain=gain)
    maps = sampled(stack, stack.shape, samples, seed=100 + depth, quantities=("g²",))["g²"]
    values, again = bootstrap(maps, replicates, seed=depth)
    r2, r2_error = shape_of_mean(maps, replicates // 5, seed=depth)
    single = np.array([gaussian_r2(m) for m in maps])
    total = maps.sum() / samples
    names = ("sigma", "kurtosis", "luo_size")
    return {
        "samples": samples,
        "worth": worth(maps),
        "map": maps.mean(0) / total,
        "stderr": maps.std(0, ddof=1) / np.sqrt(samples) / total,
        "rings": rings(maps, depth, RINGS),
        "value": dict(zip(names, values, strict=True)) | {"r2": r2, "single_r2": single.mean()},
        "error": dict(zip(names, again.std(0, ddof=1), strict=True))
        | {"r2": r2_error, "single_r2": single.std(ddof=1) / np.sqrt(samples)},
    }


def items(options):
    """One item per kind and depth."""
    depths = (3,) if options.quick else DEPTHS
    size = (8, 12, 40) if options.quick else (WIDTH, SAMPLES, REPLICATES)
    kinds = ("random",) if options.quick else tuple(KINDS)
    work = {f"uniform {depth}": partial(uniform, depth) for depth in depths}
    return work | {f"{k} {d}": partial(randomly, k, d, *size) for k in kinds for d in depths}


def summarize(results):
    """{kind: {depth: ...}}, what is exact, and the claims."""
    kinds = {}
    for key, found in results.items():
        kind, depth = key.rsplit(" ", 1)
        kinds.setdefault(kind, {})[int(depth)] = found
    known = {
        depth: {
            "sigma": float(sigma_of(depth)),
            "kurtosis": kurtosis_of(depth),
            "luo_size": numbers_of(np.outer(trinomial(depth), trinomial(depth)))[2],
            "r2": gaussian_r2(np.outer(trinomial(depth), trinomial(depth))),
        }
        for depth in kinds["uniform"]
    }
    return {"kinds": kinds, "exact": known, "claims": decide(claims(kinds, known))}


def claims(kinds, known):
    """What the paper says of stacks of all-one kernels and of random ones."""
    depths = list(known)
    worst = max(found["largest_relative_error"] for found in kinds["uniform"].values())
    yield Claim(
        "all-one kernels: the gradient is the n-fold convolution power of the box",
        f"{LUO}, on a stack of all-one kernels",
        Band([exact("largest relative error of any pixel", worst)], high=ROUNDING),
    )
    for kind in [k for k in KINDS if k in kinds]:
        rows = [kinds[kind][d] for d in depths]
        for name, law in (("sigma", "sqrt(2n/3)"), ("kurtosis", "-1.5/n")):
            truths = [known[d][name] for d in depths]
            yield Claim(
                f"{kind}: {name} of E g² is {law}, that of the same power of the box",
                f"{LUO}, on random weights",
                Law(
                    [
                        replaced(estimate(name, r, name), d)
                        for d, r in zip(depths, rows, strict=True)
                    ],
                    truths,
                    [CLOSE * t for t in truths] if name == "sigma" else TAIL,
                ),
            )
    for kind, found in kinds.items():
        deep = [d for d in depths if d >= 10] or depths
        exactly = kind == "uniform"
        yield Claim(
            f"{kind}: the field is Gaussian from 10 layers on, R² > {GAUSSIAN}",
            f"{LUO}, on the Gaussian distribution of the effective field",
            Band(
                [
                    exact(f"n={d}", found[d]["value"]["r2"])
                    if exactly
                    else replaced(estimate("", found[d], "r2"), d)
                    for d in deep
                ],
                low=GAUSSIAN,
            ),
            "" if exactly else "without the noise of the map",
        )
    if len(kinds) == 3:
        yield from relu_is_less_gaussian(kinds, depths)


def replaced(found, depth):
    """The estimate under the name of its depth."""
    return Estimate(f"n={depth}", found.value, found.error, found.count, found.units)


def relu_is_less_gaussian(kinds, depths):
    """R^2 of single networks, and of the mean over all of them."""
    less = {
        key: [
            difference(
                f"n={d}",
                estimate("", kinds["random + ReLU"][d], key),
                estimate("", kinds["random"][d], key),
            )
            for d in depths
        ]
        for key in ("single_r2", "r2")
    }
    yield Claim(
        "ReLU makes the field of a single network a bit less Gaussian: R² falls at every n",
        f"{LUO}, on ReLU against linear networks",
        Band(less["single_r2"], high=0.0),
        "R² with ReLU less R² without",
    )
    yield Claim(
        f"in expectation ReLU leaves the shape as it is: R² of the mean map changes by less than "
        f"{SAME} at every n",
        "jaxrf: gates whose signs are independent of the weights",
        Band(less["r2"], -SAME, SAME),
        "R² with ReLU less R² without, both without the noise of the map",
    )


def table(numbers):
    """One line per kind and depth."""
    rows = []
    for kind, found in numbers["kinds"].items():
        for depth, row in found.items():
            known = numbers["exact"][depth]
            error = row.get("error")
            rows.append(
                (
                    kind,
                    str(depth),
                    *(
                        f"{row['value'][n]:.{p}f}" + (f"±{error[n]:.{p}f}" if error else "")
                        for n, p in (("sigma", 3), ("kurtosis", 3), ("luo_size", 2), ("r2", 4))
                    ),
                    f"{known['sigma']:.3f}",
                    f"{known['kurtosis']:.3f}",
                    f"{known['luo_size']:.2f}",
                    f"{row['value']['single_r2']:.3f}" if error else "",
                )
            )
    header = (
        *("kernels", "n", "sigma", "kurtosis", "Luo size", "R²"),
        *("exact sigma", "kurtosis", "Luo size", "R² of one run"),
    )
    notes = (
        "maps: the gradient itself (uniform), E g² (random); input pixels; errors by bootstrap;",
        "R² of a mean without the noise of its map; Luo size of a sampled map, biased by its noise",
    )
    title = "3x3 stacks: shapes of their effective fields"
    shapes = TextTable(title, header, tuple(rows), notes)
    return {"shapes": shapes, "claims": claims_table(numbers["claims"], "shapes of fields")}


def figure(numbers):
    """Exact maps; sections with the exact curve; rings over those of the exact map."""
    kinds, depths = numbers["kinds"], list(numbers["exact"])
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 4.9)
        axes = drawn.subplots(3, len(depths), squeeze=False, height_ratios=[1.25, 1.4, 1.2])
        for ax, depth in zip(axes[0], depths, strict=True):
            image = _map(ax, kinds["uniform"][depth], depth).image
            ax.set_title(f"n = {depth}, r = {2 * depth + 1} px")
        drawn.colorbar(
            image, ax=axes[0].tolist(), aspect=14, fraction=0.02, pad=0.01,
            label="all-one kernels: g / peak", extend="min",
        )  # fmt: skip
        for ax, depth in zip(axes[1], depths, strict=True):
            _section(ax, kinds, depth)
        for ax, depth in zip(axes[2], depths, strict=True):
            _rings(ax, kinds, depth)
        axes[1, 0].set_ylabel("relative to the exact peak")
        axes[2, 0].set_ylabel("% off the exact energy")
        handles, labels = axes[1, 0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawn


def _map(ax, found, depth):
    peak = np.asarray(found["map"]).max()
    drawn = plot.field_share(
        np.asarray(found["map"]) / peak,
        crop=[[0, 2 * depth]] * 2, field=[[0, 2 * depth]] * 2, center=[depth] * 2,
        sigma=[found["value"]["sigma"]] * 2, ax=ax,
    )  # fmt: skip
    ax.patch.set_hatch(None)  # the image is the field
    return drawn


SERIES = ((style.CATEGORIES[0], "o", "random", -1), (style.CATEGORIES[3], "s", "random + ReLU", 1))


def _section(ax, kinds, depth):
    """Through the centre: the exact curve, its Gaussian, measured values and their errors."""
    offsets = np.arange(-depth, depth + 1)
    curve = trinomial(depth) * trinomial(depth)[depth]
    peak = curve.max()
    worst = max(found["largest_relative_error"] for found in kinds["uniform"].values())
    label = f"exact; all-one kernels agree to {worst:.0e}"
    ax.plot(offsets, curve / peak, color="black", linewidth=0.6, label=label)
    dense = np.linspace(-depth, depth, 201)
    gaussian = np.exp(-0.5 * (dense / sigma_of(depth)) ** 2)
    ax.plot(dense, gaussian, ":", color=style.GAUSSIAN, label="Gaussian, σ² = 2n/3")
    step = max(1, depth // 8)
    for n, (color, mark, kind, _) in enumerate(SERIES):
        if kind not in kinds:
            continue
        few = offsets[n :: 2 * step] + depth % step  # every other pixel, so that marks are apart
        few = few[few <= depth]
        found = kinds[kind][depth]
        values, error = (np.asarray(found[k])[depth][few + depth] / peak for k in ("map", "stderr"))
        ax.errorbar(
            few, values, 2 * error, fmt=mark, color=color, markersize=2.5, linewidth=0.7,
            markerfacecolor="none", label=f"E g², {kind}, ±2 errors",
        )  # fmt: skip
    last = min(depth, 6 * sigma_of(depth))
    ax.set(yscale="log", ylim=(1e-6, 3), xlim=(-last, last), xlabel="offset (input pixels)")
    style.whole_pixel_ticks(ax.xaxis)


def _rings(ax, kinds, depth):
    """Energy of rings about the centre, off that of the exact map."""
    ax.axhline(0, color="black", linewidth=0.6)
    for color, mark, kind, side in SERIES:
        if kind not in kinds:
            continue
        found = kinds[kind][depth]["rings"]
        ax.errorbar(
            np.array(found["radius"]) + 0.03 * side * sigma_of(depth),
            100 * (np.array(found["ratio"]) - 1), 200 * np.array(found["error"]),
            fmt=mark, color=color, markersize=2.5, linewidth=0.7, markerfacecolor="none",
        )  # fmt: skip
    ax.set(xlabel="radius of a ring (input pixels)", xlim=(-0.15 * sigma_of(depth), None))


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
