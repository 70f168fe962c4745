"""Luo's first figure: 5 to 40 layers of all-one kernels, random weights, random weights and ReLU.

Two dimensions, 3x3 kernels. For all-one kernels the gradient itself is the n-fold convolution power
of the box, T_n(x) T_n(y) with trinomial T_n; for random weights that is the expectation of the
squared gradient, whatever their distribution, if the signs of the gates are independent of the
weights. Both are drawn as what they predict, over sections through the centre.
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
from jax import lax

from jaxrf import experiments, measure_erf, plot
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DEPTHS = (5, 10, 20, 40)
WIDTH = 16
SAMPLES = 128
REPLICATES = 200
KINDS = {"random": (None, 1.0), "random + ReLU": (jax.nn.relu, 2.0)}
GAUSSIAN = 0.99  # R^2 from which we call a map Gaussian
ROUNDING = 1e-5  # of float32 after 40 layers


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
    exact = np.outer(trinomial(depth), trinomial(depth)) * 9.0**depth
    error = float(np.abs(gradient / exact - 1).max())
    gradient /= gradient.sum()
    sigma, kurtosis, luo = numbers_of(gradient)
    return {
        "map": gradient,
        "largest_relative_error": error,
        "value": {
            "sigma": sigma,
            "kurtosis": kurtosis,
            "luo_size": luo,
            "r2": gaussian_r2(gradient)[0],
        },
    }


def randomly(kind, depth, width, samples, replicates):
    """The mean squared gradient, its numbers with errors, how Gaussian single runs are."""
    activation, gain = KINDS[kind]
    stack = Stack(depth, width, activation=activation, gain=gain)
    maps = sampled(stack, stack.shape, samples, seed=100 + depth, quantities=("g²",))["g²"]
    values, again = bootstrap(maps, replicates, seed=depth)
    r2, r2_again = bootstrap(maps, replicates // 5, seed=depth, statistic=gaussian_r2)
    single = np.array([gaussian_r2(m)[0] for m in maps])
    total = maps.sum() / samples
    mean = maps.mean(0) / total
    exact = np.outer(trinomial(depth), trinomial(depth))
    names = ("sigma", "kurtosis", "luo_size")
    return {
        "map": mean,
        "stderr": maps.std(0, ddof=1) / np.sqrt(samples) / total,
        "value": dict(zip(names, values, strict=True)) | {"r2": r2[0]},
        "error": dict(zip(names, again.std(0, ddof=1), strict=True)) | {"r2": r2_again.std(ddof=1)},
        "r2_of_exact": 1 - ((mean - exact) ** 2).sum() / ((exact - exact.mean()) ** 2).sum(),
        "single_r2": single.mean(),
        "single_r2_error": single.std(ddof=1) / np.sqrt(samples),
    }


def items(options):
    """One a kind and depth."""
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
    exact = {
        depth: {
            "sigma": sigma_of(depth),
            "kurtosis": kurtosis_of(depth),
            "luo_size": numbers_of(np.outer(trinomial(depth), trinomial(depth)))[2],
            "r2": gaussian_r2(np.outer(trinomial(depth), trinomial(depth)))[0],
        }
        for depth in kinds["uniform"]
    }
    return {
        "kinds": kinds,
        "exact": exact,
        "claims": [c.to_dict() for c in claims(kinds, exact)],
    }


def claims(kinds, exact):
    """What sections 2 and 3.1 of the paper say."""
    depths = list(exact)
    worst = max(found["largest_relative_error"] for found in kinds["uniform"].values())
    yield Claim(
        "all-one kernels: the gradient is the n-fold convolution power of the box",
        f"{LUO}, sec. 2.1",
        f"largest relative error of any pixel {worst:.1e}",
        worst < ROUNDING,
    )
    for kind in [k for k in KINDS if k in kinds]:
        rows = [kinds[kind][d] for d in depths]
        for name, law in (("sigma", "sqrt(2n/3)"), ("kurtosis", "-1.5/n")):
            values, errors = ([row[k][name] for row in rows] for k in ("value", "error"))
            chi2, count, p, holds = consistent(values, errors, [exact[d][name] for d in depths])
            listed = ", ".join(f"{v:.3g}±{e:.1g}" for v, e in zip(values, errors, strict=True))
            yield Claim(
                f"{kind}: {name} of E g² is {law}, that of the same power of the box",
                f"{LUO}, sec. 2.2",
                f"n={', '.join(map(str, depths))}: {listed}; "
                f"chi² {chi2:.1f} of {count}, {p_text(p)}",
                holds,
            )
    for kind, found in kinds.items():
        deep = {d: found[d]["value"]["r2"] for d in depths if d >= 10} or {
            d: found[d]["value"]["r2"] for d in depths
        }
        yield Claim(
            f"{kind}: the field is Gaussian from 10 layers on, R² > {GAUSSIAN}",
            f"{LUO}, secs. 2.3, 3.1",
            ", ".join(f"n={d}: R² {r:.4f}" for d, r in deep.items()),
            min(deep.values()) > GAUSSIAN,
        )
    if len(kinds) == 3:
        yield from relu_is_less_gaussian(kinds, depths)


def relu_is_less_gaussian(kinds, depths):
    """R^2 of single networks, and of the mean over all of them."""
    linear, relu = kinds["random"], kinds["random + ReLU"]
    for text, value, error in (
        (
            "single runs",
            lambda f: f["single_r2"],
            lambda f: f["single_r2_error"],
        ),
        (
            f"the mean of {SAMPLES} runs",
            lambda f: f["value"]["r2"],
            lambda f: f["error"]["r2"],
        ),
    ):
        differences = [value(relu[d]) - value(linear[d]) for d in depths]
        errors = [np.hypot(error(relu[d]), error(linear[d])) for d in depths]
        weights = 1 / np.square(errors)
        mean = np.average(differences, weights=weights)
        spread = weights.sum() ** -0.5
        yield Claim(
            f"ReLU makes the field a bit less Gaussian: R² of {text} falls",
            f"{LUO}, sec. 3.1",
            f"R² with ReLU less R² without, over n={', '.join(map(str, depths))}: "
            + ", ".join(f"{d:+.4f}±{e:.1g}" for d, e in zip(differences, errors, strict=True))
            + f"; mean {mean:+.4f} ± {spread:.1g}",
            mean < -2 * spread,
        )


def table(numbers):
    """One line a kind and depth."""
    rows = []
    for kind, found in numbers["kinds"].items():
        for depth, row in found.items():
            exact = numbers["exact"][depth]
            error = row.get("error")
            rows.append(
                (
                    kind,
                    str(depth),
                    *(
                        f"{row['value'][n]:.{p}f}" + (f"±{error[n]:.{p}f}" if error else "")
                        for n, p in (("sigma", 3), ("kurtosis", 3), ("luo_size", 2), ("r2", 4))
                    ),
                    f"{exact['sigma']:.3f}",
                    f"{exact['kurtosis']:.3f}",
                    f"{exact['luo_size']:.2f}",
                    f"{row['single_r2']:.3f}" if error else "",
                )
            )
    header = (
        *("kernels", "n", "sigma", "kurtosis", "Luo size", "R²"),
        *("exact sigma", "kurtosis", "Luo size", "R² of one run"),
    )
    notes = (
        "maps: the gradient itself (uniform), E g² (random); input pixels; errors by bootstrap",
    )
    title = "3x3 stacks: shapes of their effective fields"
    shapes = TextTable(title, header, tuple(rows), notes)
    return {"shapes": shapes, "claims": claims_table(numbers["claims"], "shapes of fields")}


def figure(numbers):
    """Maps to the scale of their fields, and sections with the exact curve."""
    kinds, depths = numbers["kinds"], list(numbers["exact"])
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.3 * len(kinds) + 1.95)
        axes = drawn.subplots(
            len(kinds) + 1, len(depths), squeeze=False,
            height_ratios=[1.3] * len(kinds) + [1.6],
        )  # fmt: skip
        for row, (kind, found) in zip(axes, kinds.items(), strict=False):
            for ax, depth in zip(row, depths, strict=True):
                image = _map(ax, found[depth], depth).image
                if kind == "uniform":
                    ax.set_title(f"n = {depth}, r = {2 * depth + 1} px")
            row[0].set_ylabel("all-one kernels" if kind == "uniform" else kind)
        drawn.colorbar(
            image, ax=axes[: len(kinds)].ravel().tolist(), aspect=40, fraction=0.02, pad=0.01,
            label="g (all-one), E g² (random), relative to peak", extend="min",
        )  # fmt: skip
        for ax, depth in zip(axes[-1], depths, strict=True):
            _section(ax, kinds, depth)
        axes[-1, 0].set_ylabel("relative to the exact peak")
        handles, labels = axes[-1, 0].get_legend_handles_labels()
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


def _section(ax, kinds, depth):
    """Through the centre: the exact curve, its Gaussian, measured values and their errors."""
    offsets = np.arange(-depth, depth + 1)
    exact = trinomial(depth) * trinomial(depth)[depth]
    peak = exact.max()
    worst = max(found["largest_relative_error"] for found in kinds["uniform"].values())
    label = f"exact; all-one kernels agree to {worst:.0e}"
    ax.plot(offsets, exact / peak, color="black", linewidth=0.6, label=label)
    dense = np.linspace(-depth, depth, 201)
    gaussian = np.exp(-0.5 * (dense / sigma_of(depth)) ** 2)
    ax.plot(dense, gaussian, ":", color=style.GAUSSIAN, label="Gaussian, σ² = 2n/3")
    few = offsets[:: max(1, depth // 8)] + depth % max(1, depth // 8)  # marks that do not touch
    few = few[few <= depth]
    for color, mark, kind in (
        (style.CATEGORIES[0], "o", "random"),
        (style.CATEGORIES[3], "x", "random + ReLU"),
    ):
        if kind not in kinds:
            continue
        found = kinds[kind][depth]
        values, error = (np.asarray(found[k])[depth][few + depth] / peak for k in ("map", "stderr"))
        ax.errorbar(
            few, values, 2 * error, fmt=mark, color=color, markersize=2.5, linewidth=0.7,
            markerfacecolor="none", label=f"{kind}, ±2 errors",
        )  # fmt: skip
    last = min(depth, 6 * sigma_of(depth))
    ax.set(yscale="log", ylim=(1e-6, 3), xlim=(-last, last), xlabel="offset (input pixels)")
    style.whole_pixel_ticks(ax.xaxis)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
