"""Architecture: what dropout, strides, dilation, pooling, skips and normalisation do to the field.

Twelve layers of three taps with ReLU in one dimension. Subsampling by 2 stands before the fifth and
the ninth layer, as a stride of that layer or as pooling in front of it; the dilated network has the
dilations 1, 2, 4 instead. Residual blocks are x + a conv(relu(x)), where the energy keeps its place
with the share 1 / (1 + a^2). All sigmas are predicted by the sum of variances over the layers; all
are of E g^2 over the whole input, beyond the local field too where statistics of the batch reach.
"""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from _stacks import EFFECTIVE, LUO

from jaxrf import experiments, measure_erf
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, difference, exact, ratio
from jaxrf.plot import style
from jaxrf.text.table import TextTable

DEPTH = 12
LENGTH = 192  # samples: more than twice the largest field, that of the dilated network
WIDTH = 64
SAMPLES = 256
GAINS = (0.25, 0.5, 1.0, 2.0)  # of a residual branch
RATE = 0.5  # of dropout
SUBSAMPLED = (4, 8)  # layers that see every second sample of what came before
VARIANCE = 2 / 3  # of three taps of equal variance
POOLED = 1 / 4  # of two
CLOSE = 0.05  # of sigma to its law, as a share; of two equal sigmas
TAIL = 0.2  # of two equal kurtoses
LOCAL = 1e-3  # share of the energy beyond the local field that counts as none
VARIANTS = {
    "plain": {},
    "dropout": {"dropout": RATE},
    "stride 2": {"subsample": "stride"},
    "average pooling": {"subsample": "average"},
    "max pooling": {"subsample": "max"},
    "dilation": {"subsample": "dilation"},
    **{f"skip, gain {a:g}": {"skip": a} for a in GAINS},
    "BatchNorm, inference": {"norm": "scale"},
    "BatchNorm, training": {"norm": "batch"},
    "LayerNorm": {"norm": "layer"},
}


class Net(nn.Module):
    """The twelve layers with one of the variations."""

    depth: int = DEPTH
    width: int = WIDTH
    subsample: str = ""
    dropout: float = 0.0
    skip: float = 0.0
    norm: str = ""

    @nn.compact
    def __call__(self, x):
        """Signals [N, L, C] to features [N, L / stride, width]."""
        for layer in range(self.depth):
            before = x
            if layer in SUBSAMPLED and self.subsample in ("average", "max"):
                pool = nn.avg_pool if self.subsample == "average" else nn.max_pool
                x = pool(x, (2,), (2,))
            if layer:
                x = nn.relu(self.normalised(x, layer))
            if self.dropout and layer:
                keep = self.param(f"keep{layer}", self.mask, x.shape)
                x = x * keep
            rate = 2 ** sum(layer >= place for place in SUBSAMPLED)
            gain = 2.0 if layer else 1.0  # the first sees no ReLU
            draw = nn.initializers.variance_scaling(gain, "fan_in", "normal")
            x = nn.Conv(
                self.width, (3,), use_bias=False, kernel_init=draw,
                strides=2 if self.subsample == "stride" and layer in SUBSAMPLED else 1,
                kernel_dilation=rate if self.subsample == "dilation" else 1,
            )(x)  # fmt: skip
            if self.skip:
                x = before + self.skip * x
        return x

    def mask(self, key, shape):
        """Zeros, and 1 / (1 - rate) elsewhere: drawn with the weights, as a training step does."""
        return jax.random.bernoulli(key, 1 - self.dropout, shape) / (1 - self.dropout)

    def scales(self, key, shape):
        """One item per channel, as training might leave them."""
        return jax.random.uniform(key, shape, minval=0.5, maxval=1.5)

    def normalised(self, x, layer):
        """BatchNorm with the statistics of training or with fixed ones, or LayerNorm."""
        if self.norm == "layer":
            return nn.LayerNorm(use_bias=False, use_scale=False)(x)
        if self.norm == "batch":
            return (x - x.mean((0, 1))) / jnp.sqrt(x.var((0, 1)) + 1e-5)
        if self.norm == "scale":  # fixed statistics are part of it
            return x * self.param(f"scale{layer}", self.scales, (self.width,))
        return x


def predicted(variant, depth=DEPTH):
    """Sigma by the sum of variances, each at the stride it stands at."""
    options = VARIANTS[variant]
    kind = options.get("subsample", "")
    a = options.get("skip", np.inf)
    total, stride = 0.0, 1
    for layer in range(depth):
        if layer in SUBSAMPLED and kind in ("average", "max"):
            total += POOLED * stride**2
        before = stride
        if layer in SUBSAMPLED and kind:
            stride *= 2
        at = before if kind == "stride" else stride
        total += VARIANCE * at**2 / (1 + a**-2)
    return float(np.sqrt(total))


def measured(variant, samples, width, length, depth):
    """Numbers inside the local field, and the share of energy outside of it."""
    net = Net(depth=depth, width=width, **VARIANTS[variant])
    erf = measure_erf(net, (1, length, width), samples=samples, batch=1)
    low, high = erf.virtual[0].low, erf.virtual[0].high
    local = erf.map[low : high + 1]
    return {
        "samples": samples,
        "worth": max(2, int(erf.tails.effective)),
        "r": high - low + 1,
        "sigma": erf.sigma[0],
        "sigma_error": erf.errors["sigma"][0],
        "kurtosis": erf.kurtosis[0],
        "kurtosis_error": erf.errors["kurtosis"][0],
        "sigma_inside": float(
            np.sqrt((local * (np.arange(low, high + 1) - erf.center[0]) ** 2).sum() / local.sum())
        ),
        "outside": max(0.0, 1 - local.sum() / erf.map.sum()),
        "predicted": predicted(variant, depth),
        "map": local,
        "center": erf.center[0] - low,
    }


def items(options):
    """One item per variation."""
    if options.quick:
        names = ("plain", "skip, gain 1")
        return {n: partial(measured, n, 24, 8, 32, 3) for n in names}
    return {n: partial(measured, n, SAMPLES, WIDTH, LENGTH, DEPTH) for n in VARIANTS}


def summarize(results):
    """Results and claims."""
    return {"networks": results, "claims": decide(claims(results))}


def estimate(found, key="sigma", name=""):
    """Sigma or kurtosis of a network."""
    return Estimate(name, found[key], found[f"{key}_error"], found["worth"], EFFECTIVE)


def claims(results):
    """What the paper says of architectures, and what follows from it."""
    plain = results["plain"]
    unchanged = {
        "dropout": ("dropout leaves the field as it is", f"{LUO}, on dropout"),
        "BatchNorm, inference": ("BatchNorm at inference leaves the field as it is", "jaxrf"),
        "LayerNorm": ("LayerNorm over channels leaves the field as it is", "jaxrf"),
        "BatchNorm, training": (
            "BatchNorm in training leaves the field as it is",
            "jaxrf; Araujo et al. 2019, appendix, calls it global",
        ),
    }
    for name, (text, source) in unchanged.items():
        if name in results:
            yield same_field(text, source, results[name], plain)
    larger = ("stride 2", "dilation", "average pooling", "max pooling")
    for name in [n for n in larger if n in results]:
        yield Claim(
            f"{name} enlarges the field",
            f"{LUO}, on subsampling and dilation" if name in ("stride 2", "dilation") else "jaxrf",
            Band([ratio("σ over plain", estimate(results[name]), estimate(plain))], low=1.0),
            f"r {results[name]['r'] / plain['r']:.2f} times that of the plain network",
        )
    if "dilation" in results and "stride 2" in results:
        yield from against_dilation(results)
    skips = {n: r for n, r in results.items() if n.startswith("skip")}
    yield Claim(
        "skip connections shrink the field, at any gain of the branch",
        f"{LUO}, on skip connections",
        Band([ratio(n[6:], estimate(r), estimate(plain)) for n, r in skips.items()], high=1.0),
        "σ over that of the plain network",
    )
    local = {n: r for n, r in results.items() if n != "BatchNorm, training"}
    for text, rows in (
        ("residual blocks: sigma² = 2n⁄3 · a² ⁄ (1 + a²)", skips),
        ("all variations: sigma² is the sum of the variances of the layers", local),
    ):
        truths = [r["predicted"] for r in rows.values()]
        yield Claim(
            text + f", within {CLOSE:.0%} of sigma",
            "jaxrf: expected energies add up",
            Law(
                [estimate(r, name=n) for n, r in rows.items()], truths, [CLOSE * t for t in truths]
            ),
        )


def same_field(text, source, found, plain):
    """Sigma and kurtosis are those of the plain network, and all energy is inside its r."""
    same = ratio("σ over plain", estimate(found), estimate(plain))
    tail = difference("kurtosis less plain", *(estimate(n, "kurtosis") for n in (found, plain)))
    beyond = found["outside"]
    inside = f"σ {found['sigma']:.2f}, {found['sigma_inside']:.2f} of what is inside r"
    return Claim(
        f"{text}: sigma within {CLOSE:.0%}, kurtosis within {TAIL:g}, no energy beyond r",
        source,
        (
            Band([same], 1 - CLOSE, 1 + CLOSE),
            Band([tail], -TAIL, TAIL),
            Band([exact("share of the map's energy beyond r", beyond)], high=LOCAL),
        ),
        inside if beyond > LOCAL else "",
    )


def against_dilation(results):
    """Which way of seeing further gives the larger field, and the larger share of its own r."""
    for name in ("stride 2", "average pooling", "max pooling"):
        shares = [results[n]["sigma"] * 12**0.5 / results[n]["r"] for n in ("dilation", name)]
        yield Claim(
            f"dilation gives a larger field than {name}",
            "jaxrf: a stride comes behind its own kernel, a dilation spreads it",
            Band(
                [ratio("ratio of σ", estimate(results["dilation"]), estimate(results[name]))], 1.0
            ),
            f"σ√12/r {shares[0]:.3f} and {shares[1]:.3f}",
        )


def table(numbers):
    """One line per variation."""
    rows = tuple(
        (
            name,
            str(n["r"]),
            f"{n['sigma']:.3f} ± {n['sigma_error']:.3f}",
            f"{n['predicted']:.3f}",
            f"{n['kurtosis']:+.3f} ± {n['kurtosis_error']:.3f}",
            f"{n['sigma'] * 12**0.5 / n['r']:.3f}",
            f"{n['outside']:.2%}",
        )
        for name, n in numbers["networks"].items()
    )
    header = ("network", "r", "sigma", "by variances", "kurtosis", "σ√12/r", "outside")
    notes = ("E g², input samples; r without global operations, outside: energy beyond it",)
    shapes = TextTable("twelve layers of three taps with ReLU", header, rows, notes)
    return {"shapes": shapes, "claims": claims_table(numbers["claims"], "architecture")}


def figure(numbers):
    """Sigma of every variation over its law, profiles, and sigma by the gain of branches."""
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        laws, profiles, gains = drawn.subplots(1, 3, width_ratios=[1.1, 1.1, 1])
        _laws(laws, networks)
        shown = ("plain", "stride 2", "max pooling", "dilation", "skip, gain 1")
        for color, name in zip(style.CATEGORIES, [s for s in shown if s in networks], strict=False):
            n = networks[name]
            offsets = np.arange(len(n["map"])) - n["center"]
            profiles.plot(
                offsets, np.asarray(n["map"]) / np.sum(n["map"]), color=color, linewidth=0.8,
                label=name,
            )  # fmt: skip
        profiles.set(yscale="log", ylim=(1e-6, 20), xlabel="offset (input samples)")
        profiles.set_ylabel("share of the energy")
        profiles.legend(loc="upper center", ncols=2, handlelength=1.0, columnspacing=0.8)
        _gains(gains, networks)
    return drawn


def _laws(ax, networks):
    """Measured sigma over the sum of variances, in percent; an arrow where it is far outside."""
    ax.axvspan(-100 * CLOSE, 100 * CLOSE, color="0.93", linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8)
    for place, n in enumerate(networks.values()):
        off = 100 * (n["sigma"] / n["predicted"] - 1)
        if abs(off) > 2 * 100 * CLOSE:
            ax.annotate(
                f"{off:+.0f} %", (0.99, place), (0.62, place), fontsize=6.0, va="center",
                xycoords=("axes fraction", "data"), arrowprops={"arrowstyle": "->"},
            )  # fmt: skip
            continue
        ax.errorbar(
            off, place, fmt="o", markersize=3, color=style.CATEGORIES[0],
            xerr=200 * n["sigma_error"] / n["predicted"],
        )  # fmt: skip
    ax.set_yticks(
        range(len(networks)), [f"{name} ({n['predicted']:.1f})" for name, n in networks.items()]
    )
    ax.set(xlim=(-6, 6), ylim=(len(networks) - 0.5, -0.5))
    ax.set_xlabel("σ, % off the sum of variances\n(±2 errors; in brackets: that sum's σ)")


def _gains(ax, networks):
    """Share of the plain network's variance by the gain of the branch, with the law."""
    dense = np.geomspace(0.15, 3.5, 100)
    ax.plot(dense, 1 / np.sqrt(1 + dense**-2), color="black", linewidth=0.8, label="law")
    ax.axhline(1, color="0.5", linestyle=":")
    skips = {float(n.split()[-1]): r for n, r in networks.items() if n.startswith("skip")}
    base = networks["plain"]["predicted"]
    ax.errorbar(
        list(skips), [r["sigma"] / base for r in skips.values()],
        [2 * r["sigma_error"] / base for r in skips.values()], fmt="o", markersize=3,
        color=style.CATEGORIES[0], label="measured",
    )  # fmt: skip
    ax.set(xscale="log", xlabel="gain a of the residual branch", ylim=(0, 1.15))
    ax.set_ylabel("σ over that without shortcuts")
    ax.set_xticks(GAINS, [f"{a:g}" for a in GAINS])
    ax.minorticks_off()
    ax.legend(loc="lower right", handlelength=1.0)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
