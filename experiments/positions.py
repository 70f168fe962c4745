"""Impulses in one backward pass: what is gained with their number, and lost with a small pitch.

A 3x3 stack with fresh random weights, whose map is known exactly. Gain: the variance of a pass with
1, 4, 9 and 16 impulses at a pitch of the theoretical size. Aliasing: 3 x 3 impulses at pitches from
2 sigma to r, the map kept as far as half the pitch; what neighbours fold into it moves sigma, the
kurtosis and the radius of 99 % of the energy. The exact folded map is drawn beside the samples.

Impulses a theoretical size apart need an image that holds all their fields, and a pass costs what
its image has of pixels: the variance at equal cost is that of a pass times its pixels.
"""

from functools import partial

import numpy as np
from _plain_stack import Stack, exact_energy

from jaxrf import analyze, experiments
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, exact, ratio
from jaxrf.geometry.interval import Interval
from jaxrf.measure.impulse_grid import Grid, choose_grid
from jaxrf.measure.metrics import energy_radius
from jaxrf.measure.moments import moments
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from jaxrf.plot import style
from jaxrf.text.table import TextTable

COUNTS = (1, 4, 9, 16)
PITCHES = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)  # sigmas
ACROSS = 3  # impulses per axis, for aliasing
NUMBERS = ("sigma", "kurtosis", "radius 99 %")
DRAWN = 300  # bootstrap replicates
BLOCKS = 8  # of samples, each of which gives a variance
CLOSE = (0.03, 0.15, 0.03)  # of the numbers to their exact values: shares, but for the kurtosis


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
    halves = [h.var(0, ddof=1).sum() for h in np.array_split(relative, BLOCKS)]
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
    values, errors = replicated(sampled(stack, side, grid, samples, seed=pitch))
    folded, center = folded_exactly(stack, grid, side)
    return {
        "samples": samples,
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
    """One item per number of impulses, one per pitch."""
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
    return numbers | {"claims": decide(claims(numbers))}


def costed(row, base):
    """Variance of a pass times its pixels, over those of one impulse; and its error."""
    factor = row["side"] ** 2 / base["side"] ** 2 / base["variance"]
    return row["variance"] * factor, row["error"] * factor


def claims(numbers):
    """What is said of positions, against the numbers."""
    gain, known = numbers["gain"], np.asarray(numbers["exact"]["value"])
    one, most = (
        Estimate("", g["variance"], g["error"], BLOCKS, "blocks of networks")
        for g in (gain[0], gain[-1])
    )
    count = gain[-1]["impulses"]
    less = ratio(f"variance of a pass with 1 impulse over that with {count}", one, most)
    yield Claim(
        f"{count} impulses in one pass are worth at least half as many passes",
        "jaxrf, docs/erf.md",
        Band([less], low=count / 2),
    )
    larger = gain[-1]["side"] ** 2 / gain[0]["side"] ** 2
    equal = ratio(
        f"variance at equal cost with {count} impulses over that with 1",
        Estimate("", larger * most.value, larger * most.error, BLOCKS, most.units), one,
    )  # fmt: skip
    yield Claim(
        f"at equal cost, {count} impulses a theoretical size apart give the smaller error",
        "jaxrf: a pass costs what its image has of pixels",
        Band([equal], high=1.0),
        f"an image {larger:.0f} times larger",
    )
    for least, share in ((6.0, 0.01), (3.5, 0.01)):
        rows = [p for p in numbers["pitch"] if abs(p["ratio"] - least) < 0.35]
        if rows:
            row = rows[0]
            bias = row["folded"][0] / known[0] - 1
            yield Claim(
                f"at a pitch of {least:g} sigma, sigma is right within {share:.0%}",
                "jaxrf, docs/erf.md",
                Band([exact("error of σ of the exact folded map", bias)], -share, share),
            )
    yield Claim(
        "energies of impulses with random signs add up: samples agree with the exact folded map "
        "at every pitch",
        "jaxrf, docs/erf.md",
        tuple(_agree(numbers["pitch"], n) for n in range(len(NUMBERS))),
    )


def _agree(pitches, n):
    """One of the numbers at every pitch against that of the exact folded map."""
    truths = [p["folded"][n] for p in pitches]
    tolerances = [CLOSE[n] * (1 if NUMBERS[n] == "kurtosis" else t) for t in truths]
    found = [
        Estimate(f"{NUMBERS[n]} at {p['ratio']:.1f} σ", p["value"][n], p["error"][n], p["samples"])
        for p in pitches
    ]
    return Law(found, truths, tolerances)


def table(numbers):
    """Gain, aliasing and claims."""
    gain = TextTable(
        "impulses in one pass, r apart",
        ("impulses", "image", "variance of a pass", "times less", "at equal cost, times more"),
        tuple(
            (
                str(g["impulses"]),
                f"{g['side']} px",
                f"{g['variance']:.3g} ± {g['error']:.1g}",
                f"{numbers['gain'][0]['variance'] / g['variance']:.1f}",
                f"{costed(g, numbers['gain'][0])[0]:.1f}",
            )
            for g in numbers["gain"]
        ),
    )
    known = np.asarray(numbers["exact"]["value"])
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
    rows.append(("one impulse", "", "", "", "", "", *(f"{v:.3f}" for v in known)))
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
    """Variance of a pass and at equal cost; errors of three numbers against the pitch."""
    known = np.asarray(numbers["exact"]["value"])
    pitches = numbers["pitch"]
    ratios = np.array([p["ratio"] for p in pitches])
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.3)
        axes = drawn.subplots(1, 4, width_ratios=[1.25, 1, 1, 1])
        _gain(axes[0], numbers["gain"])
        for n, (ax, name) in enumerate(zip(axes[1:], NUMBERS, strict=True)):
            share = 1.0 if name == "kurtosis" else known[n] / 100
            ax.axhline(0, color="0.6", linewidth=0.8)
            ax.axvline(6, color="0.6", linewidth=0.6, linestyle=":")
            ax.plot(ratios, [(p["folded"][n] - known[n]) / share for p in pitches], color="black",
                    label="exact")  # fmt: skip
            ax.errorbar(
                ratios, [(p["value"][n] - known[n]) / share for p in pitches],
                [2 * p["error"][n] / share for p in pitches],
                fmt="o", markersize=3, color=style.MEASURED, label="sampled",
            )  # fmt: skip
            unit = "error" if name == "kurtosis" else "% off"
            ax.set(xlabel="pitch / σ", title=f"{name}, {unit}")
        axes[1].legend(loc="lower right", title="folded map", title_fontsize=6.5)
    return drawn


def _gain(ax, gain):
    """Variance by the number of impulses, of a pass and at equal cost, over that of one."""
    counts, one = np.array([g["impulses"] for g in gain]), gain[0]
    ax.plot(counts, 1 / counts, color="0.6", label="1 / impulses")
    passes = [(g["variance"] / one["variance"], g["error"] / one["variance"]) for g in gain]
    for color, mark, label, rows in (
        (style.MEASURED, "o", "of a pass", passes),
        (style.CATEGORIES[3], "s", "at equal cost", [costed(g, one) for g in gain]),
    ):
        values, errors = np.array(rows).T
        ax.errorbar(counts, values, 2 * errors, fmt=mark, markersize=3, color=color, label=label)
    ax.set(xscale="log", yscale="log", xlabel="impulses in one pass", ylim=(0.04, 100))
    ax.set_ylabel("variance / that of one impulse")
    ax.set_xticks(counts, [str(c) for c in counts])
    ax.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    ax.minorticks_off()
    ax.legend(loc="upper left", title="±2 errors", title_fontsize=6.5)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
