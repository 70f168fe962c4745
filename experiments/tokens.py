"""What a token sees: attention over everything, in shifted windows, and 7x7 convolutions.

Three networks that differ in nothing but the mixer of tokens (ViT-like, Swin-like, ConvNeXt-like),
at random weights of two initialisations, on white noise: the share of energy of the central token
within its own patch, its window and the 7x7 patches around it, and sigma, block by block. All is
about the middle of the token's own patch; the theoretical field is the exact support. Sigma and
shares are those of the map of every network, E g^2 over its noise; means are over networks. All of
it is said of fresh networks; what training makes of them is another matter.
"""

from functools import partial

import numpy as np
from _maps import binned
from _token_nets import KERNEL, MIXERS, PATCH, WINDOW, Net
from _units import Fields, drawn, mean_error, shapes

from jaxrf import analyze, experiments, plot
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, mean_of
from jaxrf.plot import style
from jaxrf.text.table import TextTable

SIZE = 128  # pixels: 16 x 16 tokens
BLOCKS = (1, 2, 4, 8)
NETWORKS = 6
SAMPLES = 8  # backward passes a network
# Standard deviations of kernels but that of the patches: by the fan-in, or as ViT and Swin have it.
INITS = {"fan-in": lambda shape: float(np.prod(shape[:-1])) ** -0.5, "0.02": lambda shape: 0.02}
REGIONS = ("patch", "window", "7x7")
ROUNDING = 1e-12  # of a share of the energy


def seen(mixer, kernels, *, size=SIZE, blocks=BLOCKS, networks=NETWORKS, samples=SAMPLES):
    """Of every block: the support, sigma and the shares of every network, the mean map."""
    net = Net(mixer, max(blocks))
    analysis = analyze(net, (1, size, size, 3))
    blank = shapes(net, (1, size, size, 3))

    def deviation(names, shape):
        return INITS["fan-in" if "patches" in names else kernels](shape)

    weights = [drawn(blank, n, deviation) for n in range(networks)]
    token = size // PATCH // 2
    middle = PATCH * token + (PATCH - 1) / 2
    found = {}
    for block in blocks:
        field = Fields(analysis, f"block{block}", batch=samples, center=(middle, middle))
        # the noise of each network is its own
        rows = [range(n * samples, (n + 1) * samples) for n in range(networks)]
        maps = [field.map(w, list(r)) for w, r in zip(weights, rows, strict=True)]
        found[f"block {block}"] = {
            "support": field.field,
            "center": [middle, middle],
            "sigmas": [field.sigma(m) for m in maps],
            "shares": {
                region: [share(m, *bounds) for m in maps]
                for region, bounds in regions(token).items()
            },
            "map": binned(np.mean(maps, 0)),
        }
    return found


def regions(token):
    """First and last token of the own patch, the own window and the 7x7 around, on an axis."""
    first = token // WINDOW * WINDOW
    return {
        "patch": (token, token),
        "window": (first, first + WINDOW - 1),
        "7x7": (token - KERNEL // 2, token + KERNEL // 2),
    }


def share(energy, first, last):
    """Of the energy of sum 1, within the tokens from first to last on both axes."""
    part = slice(max(0, first) * PATCH, (last + 1) * PATCH)
    return float(energy[part, part].sum())


def items(options):
    """One network and initialisation per item."""
    if options.quick:
        small = {"size": 64, "blocks": (1, 2), "networks": 2, "samples": 4}
        return {f"{m}, fan-in": partial(seen, m, "fan-in", **small) for m in ["Swin-like"]}
    return {f"{m}, {k}": partial(seen, m, k) for k in INITS for m in MIXERS}


def summarize(results):
    """Means over networks, claims."""
    for blocks in results.values():
        for n in blocks.values():
            n["sigma"], n["sigma_error"] = mean_error(n["sigmas"])
            n["share"] = {region: list(mean_error(s)) for region, s in n["shares"].items()}
    return {"networks": results, "claims": decide(_claims(results))}


def _outside(name, n, region):
    """Share of the energy outside a region, over networks."""
    found = mean_of(name, 1 - np.array(n["shares"][region]))
    return Estimate(name, found.value, float(np.hypot(found.error, ROUNDING)), found.count)


def _claims(results):
    first = {name: b["block 1"] for name, b in results.items() if name.startswith("ViT-like")}
    if first:
        yield Claim(
            "a fresh attention layer mixes tokens of the whole image: most energy of block 1 comes "
            "from outside the own patch",
            "the usual reading of attention as global from its first layer on",
            Band([_outside(name, n, "patch") for name, n in first.items()], low=0.5),
            ", ".join(f"{name}: {_lengths(n)} px in the support" for name, n in first.items())
            + "; share outside the own patch",
        )
    windows = {n: b for n, b in results.items() if n.startswith("Swin-like")}
    source = "Liu et al. 2021, on shifted windows"
    yield Claim(
        "windows keep to themselves: no energy from outside the own window behind block 1",
        source,
        Band([_outside(n, b["block 1"], "window") for n, b in windows.items()], high=1e-9),
        "share outside the own window",
    )
    yield Claim(
        "shifted windows connect windows: energy from outside the own window behind block 2",
        source,
        Band([_outside(n, b["block 2"], "window") for n, b in windows.items()], low=0.0),
        "share outside the own window",
    )
    yield from _compared(results)


def _compared(results):
    """Is the network with the larger theoretical field the one with the larger effective one?"""
    for kernels in INITS:
        rows = {m: results.get(f"{m}, {kernels}") for m in MIXERS}
        if any(r is None for r in rows.values()):
            continue
        last = list(rows["ViT-like"])[-1]
        logs = {m: np.log(r[last]["sigmas"]) for m, r in rows.items()}
        pairs = (("ConvNeXt-like", "Swin-like"), ("ViT-like", "ConvNeXt-like"))
        yield Claim(
            f"at initialisation ({kernels}), the wider a mixer reaches, the larger the effective "
            f"field: sigma behind {last} of ViT-like above ConvNeXt-like above Swin-like",
            "the usual reading of windows, large kernels and attention by what they can reach",
            Band([mean_of(f"{a} over {b}", logs[a] - logs[b]) for a, b in pairs], low=0.0),
            ", ".join(f"{m} {r[last]['sigma']:.2f} px" for m, r in rows.items())
            + "; logarithm of σ over σ",
        )
    flat = SIZE / 12**0.5
    most = {name: list(blocks.values())[-1] for name, blocks in results.items()}
    yield Claim(
        "at initialisation a token sees little beyond its surroundings: more than half of the "
        "energy stays in the own patch through every block",
        "jaxrf",
        Band([mean_of(name, n["shares"]["patch"]) for name, n in most.items()], low=0.5),
        f"share in the own patch behind the last block (an even image: sigma {flat:.1f} px)",
    )


def _lengths(n):
    return "x".join(str(high - low + 1) for low, high in n["support"])


def table(numbers):
    """One line per block; the claims."""
    rows = tuple(
        (
            name,
            block,
            _lengths(n),
            f"{n['sigma']:.2f} ± {n['sigma_error']:.2f}",
            *(f"{100 * n['share'][r][0]:.2f} ± {100 * n['share'][r][1]:.2f}" for r in REGIONS),
        )
        for name, blocks in numbers["networks"].items()
        for block, n in blocks.items()
    )
    header = ("network", "behind", "support", "mean σ", *(f"% in {r}" for r in REGIONS))
    notes = (
        f"σ in pixels about the own patch of {PATCH} px, of the g² map of every network; window:",
        f"{WINDOW}x{WINDOW} tokens; 7x7: tokens around the own; support in the image;",
        "mean ± standard error over networks",
    )
    return {
        "blocks": TextTable("What the central token sees", header, rows, notes, words=2),
        "claims": claims_table(numbers["claims"]),
    }


def figure(numbers):
    """Sigma and the share of the own patch by depth; maps behind the last block."""
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        left, right = drawn.subfigures(1, 2, width_ratios=[3.1, 3.65])
        _by_depth(networks, left.subplots(2, 1, sharex=True))
        columns = -(-len(networks) // 2)
        axes = right.subplots(2, columns, squeeze=False)
        for ax in list(axes.flat)[len(networks) :]:
            ax.set_visible(False)
        for ax, (name, blocks) in zip(axes.flat, networks.items(), strict=False):
            block, n = list(blocks.items())[-1]
            size = SIZE if len(n["map"]) > 64 else len(n["map"])
            made = plot.field_share(
                10.0 ** np.asarray(n["map"], float),
                crop=[[0, size - 1]] * 2, field=n["support"], center=n["center"],
                sigma=[n["sigma"]] * 2, ax=ax,
            )  # fmt: skip
            ax.patch.set_hatch(None)  # the image is the support
            ax.set_title(name.replace(", ", "\n"), fontsize=6.5)
            ax.set_xlabel(f"σ = {n['sigma']:.1f} px", fontsize=6.0)
        right.colorbar(
            made.image, ax=list(axes.flat), aspect=30, fraction=0.03, pad=0.01,
            label="g² / peak", extend="min",
        )  # fmt: skip
        right.suptitle(f"behind {block}; orange: 2σ; red: support", fontsize=7.0)
    return drawn


MARKS = dict(zip(MIXERS, "osD", strict=False))


def _by_depth(networks, axes):
    """Colour and mark: the mixer; line: the initialisation. Equal curves stand side by side."""
    colors = dict(zip(MIXERS, style.CATEGORIES, strict=False))
    lines = dict(zip(INITS, ("-", "--"), strict=True))
    for name, blocks in networks.items():
        mixer, kernels = name.split(", ")
        depth = np.array([int(block.split()[1]) for block in blocks])
        places = depth * 1.06 ** (list(MIXERS).index(mixer) - 1)
        options = {
            "color": colors[mixer], "linestyle": lines[kernels], "marker": MARKS[mixer],
            "markersize": 3, "linewidth": 0.8,
            "markerfacecolor": colors[mixer] if kernels == "fan-in" else "white",
        }  # fmt: skip
        sigma = [(n["sigma"], 2 * n["sigma_error"]) for n in blocks.values()]
        axes[0].errorbar(places, *zip(*sigma, strict=True), **options)
        outside = [(1 - m, 2 * e) for m, e in (n["share"]["patch"] for n in blocks.values())]
        axes[1].errorbar(places, *zip(*outside, strict=True), **options)
    axes[0].set(ylabel="mean σ (pixels), ±2 errors", yscale="log")
    axes[0].set_yticks([2, 4, 8, 16], ["2", "4", "8", "16"])
    axes[1].set(ylabel="energy outside\nthe own patch", xlabel="blocks", yscale="log")
    axes[1].set_xscale("log", base=2)
    axes[1].set_xticks(depth, [str(d) for d in depth])
    for ax in axes:
        ax.minorticks_off()
        ax.spines[["top", "right"]].set_visible(False)
    for mixer, color in colors.items():
        axes[0].plot([], [], marker=MARKS[mixer], color=color, markersize=3, label=mixer)
    for kernels, line in lines.items():
        axes[0].plot([], [], line, color="0.3", label=f"init {kernels}")
    axes[0].figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5,
        handlelength=1.4, columnspacing=0.7, fontsize=6.0, handletextpad=0.4,
    )  # fmt: skip


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
