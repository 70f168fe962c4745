"""Kernels: their size, the width of layers, how weights are drawn, and kernels whose field is flat.

One dimension, no nonlinearity: along an axis nothing else happens in two. Random weights give an
expected energy that is the convolution of the layers' variance profiles, so that sigma^2 is the
sum of theirs: n (k^2 - 1) / 12 for k equal taps. The N kernels [1, -2 cos(2 pi k / (2N + 1)), 1]
compose to a box of 2N + 1 exactly, random taps dilated by 1, 3, 9, ... to a box of 3^n in
expectation.
"""

from functools import partial

import numpy as np
from _stacks import LUO, Stack, bootstrap, consistent, p_text, power, sigma_of
from jax import lax

from jaxrf import experiments, measure_erf
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DEPTH = 10
WIDTH = 32
SAMPLES = 512
SIZES = (3, 5, 7, 9)
FACTORS = ((20, 3), (10, 5), (5, 9), (2, 21), (1, 41))  # layers and kernel of r = 41
WIDTHS = (4, 8, 16, 32, 64)
DRAWS = ("normal", "truncated_normal", "uniform")
CENTERS = (1.0, 0.5, 0.25, 0.0)  # standard deviation of the middle tap, of the others'
FLAT = (5, 10, 20)  # kernels whose composition is a box
SHAKEN = (0.003, 0.01, 0.03, 0.1)  # relative noise of those kernels
DILATIONS = (1, 3, 9)
REPLKNET = "Ding et al. 2022 (RepLKNet), sec. 3"


def measured(stack, samples):
    """Numbers of a random stack, with standard errors, and its map."""
    erf = measure_erf(stack, stack.shape, samples=samples, batch=1)
    return {
        "layers": stack.depth,
        "kernel": stack.kernel,
        "r": stack.size,
        "sigma": erf.sigma[0],
        "sigma_error": erf.errors["sigma"][0],
        "kurtosis": erf.kurtosis[0],
        "kurtosis_error": erf.errors["kurtosis"][0],
        "map": erf.map,
        "stderr": erf.stderr,
    }


def flat_kernels(count):
    """[count, 3], each next one chosen to keep the composition small: else rounding ruins it."""
    angles = 2 * np.pi * np.arange(1, count + 1) / (2 * count + 1)
    left = [np.array([1.0, -2 * np.cos(angle), 1.0]) for angle in angles]
    chosen, product = [], np.ones(1)
    while left:
        sizes = [np.abs(np.convolve(product, kernel)).max() for kernel in left]
        chosen.append(left.pop(int(np.argmin(sizes))))
        product = np.convolve(product, chosen[-1])
    return np.array(chosen)


def flat(count):
    """The gradient of flat kernels, as backpropagation finds it in float32."""

    def model(x):
        for kernel in flat_kernels(count).astype(np.float32):
            x = lax.conv_general_dilated(
                x, kernel[:, None, None], (1,), "VALID", dimension_numbers=("NWC", "WIO", "NWC")
            )
        return x

    size = 2 * count + 1
    energy = measure_erf(model, (1, size, 1), samples=1).map
    return {
        "r": size,
        "map": energy,
        "deviation": np.abs(np.sqrt(energy) - 1).max(),
        "flatness": sigma_about(energy) / np.sqrt((size**2 - 1) / 12),
    }


def shaken(count, noise, draws):
    """Flat kernels whose taps carry relative normal noise; the gradient is their convolution."""
    rng = np.random.default_rng(count)
    kernels = flat_kernels(count)
    squares = []
    for _ in range(draws):
        gradient = np.ones(1)
        for kernel in kernels * (1 + noise * rng.standard_normal(kernels.shape)):
            gradient = np.convolve(gradient, kernel)
        squares.append(gradient**2)
    box = np.sqrt(((2 * count + 1) ** 2 - 1) / 12)
    sigma, again = bootstrap(np.array(squares), 200, seed=count, statistic=sigma_about)
    return {
        "r": 2 * count + 1,
        "map": np.mean(squares, 0),
        "flatness": sigma / box,
        "flatness_error": again.std(ddof=1) / box,
    }


def sigma_about(energy):
    """Standard deviation about the middle."""
    offsets = np.arange(len(energy)) - (len(energy) - 1) / 2
    return float(np.sqrt((energy * offsets**2).sum() / energy.sum()))


def items(options):
    """One a stack."""
    quick = options.quick
    samples, width, depth = (16, 8, 2) if quick else (SAMPLES, WIDTH, DEPTH)
    stack = partial(Stack, rank=1, width=width)
    stacks = {f"kernel {k}": stack(depth, kernel=k) for k in SIZES[: 0 if quick else None]}
    if not quick:
        stacks |= {f"field 41: {n} x {k}": stack(n, kernel=k) for n, k in FACTORS}
        stacks |= {f"width {w}": stack(depth, width=w) for w in WIDTHS}
        stacks |= {f"draw {d}": stack(depth, distribution=d) for d in DRAWS}
        stacks["dilated"] = stack(len(DILATIONS), dilations=DILATIONS)
    centers = (CENTERS[0], CENTERS[-1]) if quick else CENTERS
    stacks |= {f"center {c:g}": stack(depth, taps=(1.0, c, 1.0)) for c in centers}
    work = {key: partial(measured, s, samples) for key, s in stacks.items()}
    work |= {f"flat {n}": partial(flat, n) for n in FLAT[: 1 if quick else None]}
    if not quick:
        work |= {f"shaken {e:g}": partial(shaken, FLAT[1], e, 2000) for e in SHAKEN}
    return work


def predicted(key, found):
    """Sigma by the sum of variances."""
    if key.startswith("center"):
        c = float(key.split()[1])
        return np.sqrt(found["layers"] * 2 / (2 + c**2))
    if key == "dilated":
        return np.sqrt(sum(d**2 for d in DILATIONS) * 2 / 3)
    return sigma_of(found["layers"], found["kernel"])


def summarize(results):
    """Everything by group, with what was predicted, and the claims."""
    for key, found in results.items():
        if "sigma" in found:
            found["predicted"] = float(predicted(key, found))
    return {"stacks": results, "claims": [c.to_dict() for c in claims(results)]}


def group(results, start):
    """The results whose key starts so, by the rest of the key."""
    return {k.removeprefix(start).strip(): v for k, v in results.items() if k.startswith(start)}


def agree(rows):
    """(text, whether) of sigmas against their predictions."""
    values, errors, truths = (
        [r[k] for r in rows.values()] for k in ("sigma", "sigma_error", "predicted")
    )
    chi2, count, p, holds = consistent(values, errors, truths)
    listed = ", ".join(
        f"{k}: {v:.3f} ± {e:.1g} for {t:.3f}"
        for k, v, e, t in zip(rows, values, errors, truths, strict=True)
    )
    return f"{listed}; chi² {chi2:.1f} of {count}, {p_text(p)}", holds


def claims(results):
    """What the papers say of kernels."""
    if group(results, "kernel"):
        yield Claim(
            "kernel size: sigma² = n (k² - 1) ⁄ 12",
            f"{LUO}, sec. 2.3",
            *agree(group(results, "kernel")),
        )
        yield larger_kernels(group(results, "field 41:"))
    if group(results, "width"):
        yield Claim(
            "width does not matter to sigma, from 4 channels on",
            f"{LUO}, sec. 2.2: random weights with many channels",
            *agree(group(results, "width")),
        )
        yield Claim(
            "the distribution of the weights does not matter to sigma, only its variance",
            f"{LUO}, sec. 2.2",
            *agree(group(results, "draw")),
        )
    centers = list(group(results, "center").values())
    ratio = centers[-1]["sigma"] / centers[0]["sigma"]
    relative = np.hypot(*(c["sigma_error"] / c["sigma"] for c in (centers[0], centers[-1])))
    yield Claim(
        "weights drawn smaller at the centre of a kernel enlarge the field",
        f"{LUO}, sec. 4.1",
        f"sigma of 3 taps without their centre over that of equal taps {ratio:.3f} ± "
        f"{ratio * relative:.1g}, sqrt(3⁄2) = {1.5**0.5:.3f} by the sum of variances",
        ratio - 1 > 2 * ratio * relative,
    )
    boxes = group(results, "flat")
    worst = max(f["deviation"] for f in boxes.values())
    yield Claim(
        "whatever its weights, a deep stack of 3-tap kernels has a field that decays to its edge",
        f"a reading of {LUO}, sec. 2, whose weights are uniform or random",
        f"kernels [1, -2 cos(2πk⁄(2N+1)), 1]: the gradient of N = {', '.join(boxes)} is 1 on all "
        f"of the 2N + 1 pixels, to {worst:.1g}",
        worst > 1e-2,
    )
    if group(results, "shaken"):
        yield survives(group(results, "shaken"))
    if "dilated" in results:
        yield Claim(
            "random taps dilated by 1, 3, 9 are flat in expectation: sigma that of a box of 27",
            "jaxrf: the convolution of their profiles",
            *agree({"dilated": results["dilated"]}),
        )


def survives(rows):
    """A flat field under noise on the weights, the smallest first."""
    name, least = next(iter(rows.items()))
    away, error = abs(least["flatness"] - 1), 2 * least["flatness_error"]
    return Claim(
        f"a flat field survives noise of {float(name):.1%} on its weights: 2 % in sigma at most",
        "jaxrf",
        ", ".join(
            f"{float(e):.1%}: flatness {f['flatness']:.3f} ± {f['flatness_error']:.1g}"
            for e, f in rows.items()
        ),
        None if abs(away - 0.02) < error else away < 0.02,
    )


def larger_kernels(fields):
    """At the same r, sigma from many small kernels to a single large one."""
    rows = list(fields.values())
    steps = [
        (b["sigma"] - a["sigma"]) / np.hypot(a["sigma_error"], b["sigma_error"])
        for a, b in zip(rows, rows[1:], strict=False)
    ]
    return Claim(
        "at the same theoretical field, fewer and larger kernels have the larger effective field",
        REPLKNET,
        ", ".join(f"{k}: {r['sigma']:.2f} ± {r['sigma_error']:.1g}" for k, r in fields.items())
        + f"; every step by {min(steps):.0f} standard errors or more",
        min(steps) > 2,
    )


def table(numbers):
    """One line a stack."""
    rows, flat = [], []
    for key, n in numbers["stacks"].items():
        if "sigma" not in n:
            error = f" ± {n['flatness_error']:.4f}" if "flatness_error" in n else ""
            deviation = f"{n['deviation']:.1e}" if "deviation" in n else ""
            flat.append((key, str(n["r"]), f"{n['flatness']:.4f}{error}", deviation))
            continue
        rows.append(
            (
                key,
                str(n["layers"]),
                str(n["kernel"]),
                str(n["r"]),
                f"{n['sigma']:.3f} ± {n['sigma_error']:.3f}",
                f"{n['predicted']:.3f}",
                f"{n['kurtosis']:.3f} ± {n['kurtosis_error']:.3f}",
                f"{n['sigma'] * 12**0.5 / n['r']:.3f}",
            )
        )
    header = ("stack", "layers", "kernel", "r", "sigma", "by variances", "kurtosis", "σ√12/r")
    random = TextTable("random kernels, E g², 1-D", header, tuple(rows))
    header = ("kernels", "r", "flatness", "largest deviation")
    notes = (
        "flatness: sigma over that of a box; deviation of the gradient from 1; shaken: relative",
        "noise on the taps of 10 such kernels",
    )
    boxes = TextTable("kernels that compose to a box", header, tuple(flat), notes)
    return {"random": random, "flat": boxes, "claims": claims_table(numbers["claims"], "kernels")}


def figure(numbers):
    """Sigma by kernel, width, centre; profiles of flat and random stacks."""
    stacks = numbers["stacks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 3.9)
        (sizes, widths, centers), (below) = drawn.subplots(2, 3, height_ratios=[1, 1])
        _against(sizes, group(stacks, "kernel"), "kernel k", "10 layers")
        fields = {k.split(" x ")[1]: v for k, v in group(stacks, "field 41:").items()}
        _against(sizes, fields, "kernel k", "r = 41", color=style.CATEGORIES[1])
        sizes.set(xscale="log", yscale="log", ylabel="σ (samples)")
        sizes.set_xticks([3, 5, 9, 21, 41], ["3", "5", "9", "21", "41"])
        sizes.set_yticks([2, 4, 8, 16], ["2", "4", "8", "16"])
        sizes.minorticks_off()
        sizes.legend()
        _against(widths, group(stacks, "width"), "channels of a layer", "measured")
        widths.set_xscale("log", base=2)
        widths.set(ylabel="σ (samples)")
        if group(stacks, "width"):
            ticks = [int(w) for w in group(stacks, "width")]
            widths.set_xticks(ticks, map(str, ticks))
        _against(
            centers, group(stacks, "center"), "σ of the middle tap / of the others", "measured"
        )
        centers.set(ylabel="σ (samples)")
        _profiles(below, stacks)
    return drawn


def _against(ax, rows, xlabel, label, color=style.CATEGORIES[0]):
    """Measured sigma with errors, and what the sum of variances predicts."""
    places = np.array([float(k) for k in rows])
    order = np.argsort(places)
    by_variances = np.array([r["predicted"] for r in rows.values()])
    ax.plot(places[order], by_variances[order], color="0.4", linewidth=0.8)
    ax.errorbar(
        places, [r["sigma"] for r in rows.values()], [2 * r["sigma_error"] for r in rows.values()],
        fmt="o", markersize=3, color=color, label=label,
    )  # fmt: skip
    ax.set_xlabel(xlabel)


def _profiles(axes, stacks):
    """Maps over the share of the field."""
    boxes, noisy, random = axes
    for color, (n, found) in zip(style.CATEGORIES, group(stacks, "flat").items(), strict=False):
        _profile(boxes, np.sqrt(found["map"]), f"N = {n}", color)
    bell = power(np.full(3, 1 / 3), DEPTH)
    _profile(boxes, bell / bell.max(), "10 all-one kernels", "0.5")
    boxes.set(ylabel="gradient", title="N flat-field kernels, r = 2N + 1")
    for color, (e, found) in zip(style.CATEGORIES, group(stacks, "shaken").items(), strict=False):
        energy = np.asarray(found["map"])
        _profile(noisy, energy / energy.max(), f"{float(e):.1%}", color)
    noisy.set(ylabel="E g² / peak", title="N = 10 with noise on the taps")
    for color, key, label in (
        (style.CATEGORIES[0], "field 41: 20 x 3", "20 × 3 taps"),
        (style.CATEGORIES[1], "field 41: 2 x 21", "2 × 21 taps"),
        (style.CATEGORIES[3], "dilated", "dilated 1, 3, 9"),
    ):
        if key in stacks:
            _profile(random, stacks[key]["map"] / stacks[key]["map"].max(), label, color)
    random.set(ylabel="E g² / peak", title="random kernels")
    for ax in axes:
        ax.set(xlabel="offset / r", xlim=(-0.5, 0.5), ylim=(0, 1.6), yticks=[0, 0.5, 1])
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="upper center", ncols=2, handlelength=1.0, columnspacing=0.8)


def _profile(ax, values, label, color):
    """One map as steps, a pixel wide each, in units of the field."""
    edges = np.linspace(-0.5, 0.5, len(values) + 1)
    ax.stairs(values, edges, color=color, label=label, linewidth=0.9)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
