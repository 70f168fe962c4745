"""Impulses in one backward pass: what is gained with their number, and lost with a small pitch.

A 3x3 stack with fresh random weights, whose map is known exactly. Gain: the variance of a pass with
1, 4, 9 and 16 impulses at a pitch of the theoretical size. Aliasing: 3 x 3 impulses at pitches from
2 sigma to r, the map kept as far as half the pitch; what neighbours fold into it moves sigma, the
kurtosis and the radius of 99 % of the energy. The exact folded map is drawn beside the samples.
"""

from functools import partial

import numpy as np
from _plain_stack import Stack, exact_energy

from jaxrf import analyze, experiments
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.geometry import Interval
from jaxrf.measure.metrics import energy_radius
from jaxrf.measure.moments import moments
from jaxrf.measure.plan import Plan
from jaxrf.measure.positions import Grid, choose_grid
from jaxrf.measure.sampling import Sampler
from jaxrf.plot import style
from jaxrf.tables import TextTable

COUNTS = (1, 4, 9, 16)
PITCHES = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)  # sigmas
ACROSS = 3  # impulses an axis, for aliasing
NUMBERS = ("sigma", "kurtosis", "radius 99 %")
DRAWN = 300  # bootstrap replicates


def statistics(energy, center):
    """Sigma and excess kurtosis, means of the axes, and the radius of 99 % of the energy."""
    about = moments(energy, center)
    return np.array(
        [np.mean(about.sigma), np.mean(about.kurtosis), energy_radius(energy, center, 0.99)]
    )


def regular(stack, pitch):
    """A grid of impulses on the middle of an image that just holds all fields, window and side."""
    offsets = tuple(pitch * n for n in range(-(ACROSS // 2), ACROSS // 2 + 1))
    side = stack.size + pitch * (ACROSS - 1)
    middle = side // 2
    half = min((pitch - 1) // 2, stack.size // 2)
    window = Interval(middle - half, middle + half)
    features = tuple(middle + o for o in offsets)
    return Grid((features,) * 2, (offsets,) * 2, (pitch,) * 2, (window,) * 2), side


def sampled(stack, side, grid, samples, seed=0):
    """[samples, *window] maps of single passes."""
    shape = (1, side, side, stack.colors)
    analysis = analyze(stack, shape)
    middle = (side // 2,) * 2
    sampler = Sampler(analysis, "output", middle, Plan(samples, samples, seed), grid=grid)
    maps = np.concatenate([sampler.energies(sampler.weights(i), [i]) for i in range(samples)])
    field = stack.size // 2
    window = Interval(middle[0] - field, middle[0] + field) if grid is None else grid.window[0]
    return maps[:, window.low : window.high + 1, window.low : window.high + 1]


def replicated(maps, seed=0):
    """Statistics of the mean map, and their bootstrap errors."""
    center = tuple((n - 1) / 2 for n in maps.shape[1:])
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(maps), np.full(len(maps), 1 / len(maps)), DRAWN)
    again = np.array([statistics(np.tensordot(c, maps, 1) / len(maps), center) for c in counts])
    return statistics(maps.mean(0), center), again.std(0, ddof=1)


def gained(stack, count, samples):
    """Relative variance of one pass, summed over pixels."""
    grid, side = None, stack.size
    if count > 1:
        across = int(np.sqrt(count))
        side = stack.size * (2 * (across // 2) + 1)
        analysis = analyze(stack, (1, side, side, stack.colors))
        grid = choose_grid(analysis, "output", (side // 2,) * 2, count, tuple)
        assert isinstance(grid, Grid) and grid.count == count, grid
    maps = sampled(stack, side, grid, samples)
    relative = maps / maps.mean(0).sum()
    halves = [h.var(0, ddof=1).sum() for h in np.array_split(relative, 8)]
    return {
        "impulses": count,
        "side": side,
        "variance": float(np.mean(halves)),
        "error": float(np.std(halves, ddof=1) / np.sqrt(len(halves))),
    }


def aliased(stack, ratio, samples):
    """Statistics at one pitch: of samples, with errors, and of the exact folded map."""
    pitch = max(3, round(ratio * stack.sigma))
    grid, side = regular(stack, pitch)
    values, errors = replicated(sampled(stack, side, grid, samples))
    folded, center = folded_exactly(stack, grid, side)
    return {
        "pitch": pitch,
        "ratio": pitch / stack.sigma,
        "value": values.tolist(),
        "error": errors.tolist(),
        "folded": statistics(folded, center).tolist(),
        "cut off": float(1 - inside(stack, grid)),
    }


def folded_exactly(stack, grid, side):
    """The expected folded map: the exact one at every impulse, added, cut and averaged."""
    energy, field = np.zeros((side, side)), exact_energy(stack)
    middle, half = side // 2, stack.size // 2
    for y in grid.offsets[0]:
        for x in grid.offsets[1]:
            rows = slice(middle + y - half, middle + y + half + 1)
            columns = slice(middle + x - half, middle + x + half + 1)
            energy[rows, columns] += field
    window = grid.window[0]
    cell = slice(window.low, window.high + 1)
    folded = grid.fold(energy[None])[0][cell, cell]
    return folded, tuple((n - 1) / 2 for n in folded.shape)


def inside(stack, grid):
    """Share of the energy of one impulse within its own window."""
    field, window = exact_energy(stack), grid.window[0]
    keep = slice(max(0, stack.size // 2 - window.size // 2), stack.size // 2 + window.size // 2 + 1)
    return field[keep, keep].sum() / field.sum()


def items(options):
    """One a number of impulses, one a pitch."""
    if options.quick:
        stack, samples, counts, pitches = Stack(3, 4), 16, (1, 4), (3.5,)
    else:
        stack, samples, counts, pitches = Stack(12, 8), 96, COUNTS, PITCHES
    made = {f"gain {n}": partial(gained, stack, n, samples) for n in counts}
    made |= {f"pitch {r:g}": partial(aliased, stack, r, samples) for r in pitches}
    made["exact"] = partial(exactly, stack)
    return made


def exactly(stack):
    """Statistics of the exact map of one impulse."""
    center = (stack.size // 2,) * 2
    return {
        "value": statistics(exact_energy(stack), center).tolist(),
        "size": stack.size,
        "depth": stack.depth,
    }


def summarize(results):
    """As measured; claims."""
    numbers = {
        "gain": [v for k, v in results.items() if k.startswith("gain")],
        "pitch": [v for k, v in results.items() if k.startswith("pitch")],
        "exact": results["exact"],
    }
    return numbers | {"claims": [c.to_dict() for c in claims(numbers)]}


def claims(numbers):
    """What is said of positions, against the numbers."""
    gain, exact = numbers["gain"], np.asarray(numbers["exact"]["value"])
    one, most = gain[0], gain[-1]
    factor = one["variance"] / most["variance"]
    error = factor * np.hypot(one["error"] / one["variance"], most["error"] / most["variance"])
    yield Claim(
        f"{most['impulses']} impulses in one pass are worth at least half as many passes",
        "jaxrf, docs/erf.md",
        f"variance of a pass {factor:.1f} ± {error:.1f} times less",
        factor > most["impulses"] / 2,
    )
    for least, share in ((6.0, 0.01), (3.5, 0.01)):
        rows = [p for p in numbers["pitch"] if abs(p["ratio"] - least) < 0.35]
        if not rows:
            continue
        row = rows[0]
        bias, noise = row["folded"][0] / exact[0] - 1, row["error"][0] / exact[0]
        yield Claim(
            f"at a pitch of {least:g} sigma, sigma is right within {share:.0%}",
            "jaxrf, docs/erf.md",
            f"{bias:+.1%} expected, {row['value'][0] / exact[0] - 1:+.1%} ± {noise:.1%} sampled",
            bool(abs(bias) < share),
        )
    deviations = [
        (np.asarray(p["value"]) - np.asarray(p["folded"])) / np.asarray(p["error"])
        for p in numbers["pitch"]
    ]
    yield Claim(
        "energies of impulses with random signs add up: samples agree with the exact folded map "
        "at every pitch, within 3 standard errors",
        "jaxrf, docs/erf.md",
        "largest deviation of sigma, kurtosis, radius: "
        + ", ".join(f"{v:.1f}" for v in np.max(np.abs(deviations), axis=0))
        + " standard errors",
        bool(np.max(np.abs(deviations)) < 3),
    )


def table(numbers):
    """Gain, aliasing and claims."""
    gain = TextTable(
        "impulses in one pass, r apart",
        ("impulses", "image", "variance of a pass", "times less"),
        tuple(
            (
                str(g["impulses"]),
                f"{g['side']} px",
                f"{g['variance']:.3g} ± {g['error']:.1g}",
                f"{numbers['gain'][0]['variance'] / g['variance']:.1f}",
            )
            for g in numbers["gain"]
        ),
    )
    exact = np.asarray(numbers["exact"]["value"])
    rows = [
        (
            f"{p['ratio']:.2f}",
            str(p["pitch"]),
            f"{p['cut off']:.2%}",
            *(f"{v:.3f} ± {e:.3f}" for v, e in zip(p["value"], p["error"], strict=True)),
            *(f"{v:.3f}" for v in p["folded"]),
        )
        for p in numbers["pitch"]
    ]
    rows.append(("one impulse", "", "", "", "", "", *(f"{v:.3f}" for v in exact)))
    header = ("pitch/σ", "px", "energy outside", *NUMBERS, *(f"{n}, exact" for n in NUMBERS))
    aliasing = TextTable(
        f"3 x 3 impulses on {numbers['exact']['depth']} layers of 3x3", header, tuple(rows)
    )
    return {
        "gain": gain,
        "aliasing": aliasing,
        "claims": claims_table(numbers["claims"], "positions"),
    }


def figure(numbers):
    """Variance against impulses; bias of three numbers against the pitch."""
    exact = np.asarray(numbers["exact"]["value"])
    pitches = numbers["pitch"]
    ratios = np.array([p["ratio"] for p in pitches])
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.1)
        axes = drawn.subplots(1, 4)
        gain = numbers["gain"]
        counts = np.array([g["impulses"] for g in gain])
        first = gain[0]["variance"]
        axes[0].plot(counts, 1 / counts, color="0.6", label="1 / impulses")
        axes[0].errorbar(
            counts, [g["variance"] / first for g in gain], [2 * g["error"] / first for g in gain],
            fmt="o", markersize=3, color=style.MEASURED, label="measured",
        )  # fmt: skip
        axes[0].set(xscale="log", yscale="log", xlabel="impulses in one pass")
        axes[0].set_ylabel("variance / that of one impulse")
        axes[0].set_xticks(counts, [str(c) for c in counts])
        axes[0].minorticks_off()
        axes[0].legend()
        for n, (ax, name) in enumerate(zip(axes[1:], NUMBERS, strict=True)):
            ax.axhline(exact[n], color="0.6", linewidth=0.8, label="one impulse, exact")
            ax.axvline(6, color="0.6", linewidth=0.6, linestyle=":")
            ax.plot(ratios, [p["folded"][n] for p in pitches], color="black", label="folded, exact")
            ax.errorbar(
                ratios, [p["value"][n] for p in pitches], [2 * p["error"][n] for p in pitches],
                fmt="o", markersize=3, color=style.MEASURED, label="folded, sampled",
            )  # fmt: skip
            ax.set(xlabel="pitch / σ", title=name if n == 1 else f"{name} (input pixels)")
        axes[1].legend(loc="lower right")
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
