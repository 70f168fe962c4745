"""Kernels: their size, the width of layers, how weights are drawn, and kernels whose field is flat.

One dimension, no nonlinearity: along an axis nothing else happens in two. Random weights give an
expected energy that is the convolution of the layers' variance profiles, so that sigma^2 is the
sum of theirs: n (k^2 - 1) / 12 for k equal taps. The N kernels [1, -2 cos(2 pi k / (2N + 1)), 1]
compose to a box of 2N + 1 exactly, random taps dilated by 1, 3, 9, ... to a box of 3^n in
expectation.
"""

from functools import partial

import numpy as np
from _stacks import EFFECTIVE, LUO, Stack, bootstrap, sigma_of
from jax import lax

from jaxrf import experiments, measure_erf
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, difference, exact, ratio
from jaxrf.plot import style
from jaxrf.text.table import TextTable

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
REPLKNET = "Ding et al. 2022 (RepLKNet), on a few large kernels against many small ones"
CLOSE = 0.05  # of sigma to its law, as a share
SURVIVES = 0.98  # of the sigma of a box: a field that is still flat


def measured(stack, samples):
    """Numbers of a random stack, with standard errors, and its map."""
    erf = measure_erf(stack, stack.shape, samples=samples, batch=1)
    return {
        "samples": samples,
        "worth": max(2, int(erf.tails.effective)),
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
        "edge": np.sqrt(min(energy[0], energy[-1]) / energy[count]),
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
        "samples": draws,
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
    """One item per stack."""
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
    # narrow stacks are noisy, and cheap
    work = {
        key: partial(measured, s, samples * max(1, WIDTH // 2 // s.width))
        for key, s in stacks.items()
    }
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
    return {"stacks": results, "claims": decide(claims(results))}


def group(results, start):
    """The results whose key starts so, by the rest of the key."""
    return {k.removeprefix(start).strip(): v for k, v in results.items() if k.startswith(start)}


def agree(rows):
    """Sigmas against their predictions."""
    truths = [r["predicted"] for r in rows.values()]
    return Law([sigma(r, k) for k, r in rows.items()], truths, [CLOSE * t for t in truths])


def sigma(found, name=""):
    """An estimate."""
    return Estimate(name, found["sigma"], found["sigma_error"], found["worth"], EFFECTIVE)


def claims(results):
    """What the papers say of kernels."""
    if group(results, "kernel"):
        yield Claim(
            "kernel size: sigma² = n (k² - 1) ⁄ 12",
            f"jaxrf; {LUO}, on non-uniform kernels: the variances of the layers add up",
            agree(group(results, "kernel")),
        )
        yield larger_kernels(group(results, "field 41:"))
    if group(results, "width"):
        yield Claim(
            "width does not matter to sigma, from 4 channels on",
            f"{LUO}, on random weights with many channels",
            agree(group(results, "width")),
        )
        yield Claim(
            "the distribution of the weights does not matter to sigma, only its variance",
            f"{LUO}, on random weights",
            agree(group(results, "draw")),
        )
    centers = list(group(results, "center").values())
    gain = ratio("σ of 3 taps without their centre over that of equal taps",
                 sigma(centers[-1]), sigma(centers[0]))  # fmt: skip
    yield Claim(
        "weights drawn smaller at the centre of a kernel enlarge the field",
        f"{LUO}, on an initialisation that is lower in the centre",
        Band([gain], low=1.0),
        f"sqrt(3⁄2) = {1.5**0.5:.3f} by the sum of variances",
    )
    boxes = group(results, "flat")
    yield Claim(
        "whatever its weights, a deep stack of 3-tap kernels has a field that decays to its edge: "
        "the gradient there is less than half of that at the centre",
        f"a reading of {LUO}, whose weights are uniform or random",
        Band([exact(f"edge ⁄ centre, N = {n}", f["edge"]) for n, f in boxes.items()], high=0.5),
        "kernels [1, -2 cos(2πk⁄(2N+1)), 1], as backpropagation in float32 finds it",
    )
    for noise, found in group(results, "shaken").items():
        flatness = Estimate(
            "σ over that of a box", found["flatness"], found["flatness_error"], found["samples"],
            "draws",
        )  # fmt: skip
        yield Claim(
            f"a flat field survives noise of {float(noise):.1%} on its weights: σ stays above "
            f"{SURVIVES} of a box's",
            "jaxrf",
            Band([flatness], low=SURVIVES),
        )
    if "dilated" in results:
        yield Claim(
            "random taps dilated by 1, 3, 9 are flat in expectation: sigma that of a box of 27",
            "jaxrf: the convolution of their profiles",
            agree({"dilated": results["dilated"]}),
        )


def larger_kernels(fields):
    """At the same r, sigma from many small kernels to a single large one."""
    names, rows = list(fields), [sigma(r) for r in fields.values()]
    steps = [
        difference(f"{name} less {before}", b, a)
        for before, name, a, b in zip(names, names[1:], rows, rows[1:], strict=False)
    ]
    return Claim(
        "at the same theoretical field, fewer and larger kernels have the larger effective field",
        REPLKNET,
        Band(steps, low=0.0),
        "σ, layers x kernel: " + ", ".join(f"{k}: {r['sigma']:.2f}" for k, r in fields.items()),
    )


def table(numbers):
    """One line per stack."""
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
    """Sigma off its law, stack by stack; by kernel and by centre; profiles."""
    stacks = numbers["stacks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 4.2)
        axes = drawn.subplot_mosaic(
            [["off", "sizes", "centers"], ["off", "noisy", "random"]], width_ratios=[0.9, 1, 1]
        )
        _off(axes["off"], {k: r for k, r in stacks.items() if "sigma" in r})
        _sizes(axes["sizes"], stacks)
        _centers(axes["centers"], group(stacks, "center"))
        _flat_profiles(axes["noisy"], stacks)
        _random_profiles(axes["random"], stacks)
    return drawn


def _off(ax, rows):
    """Percent between measured sigma and the sum of variances."""
    ax.axvline(0, color="black", linewidth=0.8)
    for place, r in enumerate(rows.values()):
        ax.errorbar(
            100 * (r["sigma"] / r["predicted"] - 1), place, fmt="o", markersize=2.5,
            xerr=200 * r["sigma_error"] / r["predicted"], color=style.CATEGORIES[0],
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [k.replace("field 41:", "r = 41:") for k in rows], fontsize=6.0)
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel="σ, % off the sum of variances\n(±2 errors)")
    ax.grid(axis="y", color="0.92", linewidth=0.5)


def _sizes(ax, stacks):
    """Sigma by the size of the kernels, at the same depth and at the same r."""
    fields = {k.split(" x ")[1]: v for k, v in group(stacks, "field 41:").items()}
    for color, mark, label, rows in (
        (style.CATEGORIES[0], "o", "10 layers", group(stacks, "kernel")),
        (style.CATEGORIES[3], "s", "r = 41", fields),
    ):
        places = np.array([float(k) for k in rows])
        ax.plot(places, [r["predicted"] for r in rows.values()], color="0.4", linewidth=0.8)
        ax.plot(places, [r["sigma"] for r in rows.values()], mark, color=color, markersize=3,
                label=label)  # fmt: skip
    ax.set(xscale="log", yscale="log", ylabel="σ (samples)", xlabel="taps of a kernel")
    ax.set_ylim(1.9, 26)
    ax.set_xticks([3, 5, 9, 21, 41], ["3", "5", "9", "21", "41"])
    ax.set_yticks([2, 4, 8, 16], ["2", "4", "8", "16"])
    ax.minorticks_off()
    ax.plot([], [], color="0.4", linewidth=0.8, label="sum of variances")
    ax.legend(loc="upper left")


def _centers(ax, rows):
    """Sigma by the deviation of the middle tap, over that of equal taps; the law as a curve."""
    dense = np.linspace(0, 1, 50)
    base = rows["1"]["predicted"]
    ax.plot(dense, np.sqrt(3 / (2 + dense**2)), color="0.4", linewidth=0.8)
    ax.errorbar(
        [float(k) for k in rows], [r["sigma"] / base for r in rows.values()],
        [2 * r["sigma_error"] / base for r in rows.values()], fmt="o", markersize=3,
        color=style.CATEGORIES[0],
    )  # fmt: skip
    ax.set(xlabel="middle tap / others (deviations)", ylim=(0, 1.35))
    ax.set_ylabel("σ over that of equal taps")


def _flat_profiles(ax, stacks):
    """Kernels that compose to a box, without noise and with ever more of it."""
    boxes = group(stacks, "flat")
    worst = max(found["deviation"] for found in boxes.values())
    _profile(ax, np.ones(2), f"none (to {worst:.0e})", "black")
    for color, (e, found) in zip(style.CATEGORIES, group(stacks, "shaken").items(), strict=False):
        energy = np.asarray(found["map"])
        _profile(ax, energy / energy.max(), f"{float(e):.1%}: {found['flatness']:.2f}", color)
    ax.set(ylabel="E g² / peak", title="flat kernels, noise on taps: σ / box")
    _of_the_field(ax)


def _random_profiles(ax, stacks):
    """Random kernels in few and in many layers, and dilated ones."""
    for color, key, label in (
        (style.CATEGORIES[0], "field 41: 20 x 3", "20 × 3 taps"),
        (style.CATEGORIES[1], "field 41: 2 x 21", "2 × 21 taps"),
        (style.CATEGORIES[3], "dilated", "dilated 1, 3, 9"),
    ):
        if key in stacks:
            _profile(ax, stacks[key]["map"] / np.max(stacks[key]["map"]), label, color)
    ax.set(ylabel="E g² / peak", title="random kernels")
    _of_the_field(ax)


def _of_the_field(ax):
    ax.set(xlabel="offset / r", xlim=(-0.5, 0.5), ylim=(0, 1.75), yticks=[0, 0.5, 1])
    ax.legend(loc="upper center", ncols=2, handlelength=1.0, columnspacing=0.8, fontsize=6.0)


def _profile(ax, values, label, color):
    """One map as steps, a pixel wide each, in units of the field."""
    edges = np.linspace(-0.5, 0.5, len(values) + 1)
    ax.stairs(values, edges, color=color, label=label, linewidth=0.9, baseline=None)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
