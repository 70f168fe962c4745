"""Architecture: what dropout, strides, dilation, pooling, skips and normalisation do to the field.

Twelve layers of three taps with ReLU in one dimension. Subsampling by 2 stands before the fifth and
the ninth layer, as a stride of that layer or as pooling in front of it; the dilated network has the
dilations 1, 2, 4 instead. Residual blocks are x + a conv(relu(x)), where the energy keeps its place
with the share 1 / (1 + a^2). All sigmas are predicted by the sum of variances over the layers.
"""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from _stacks import LUO, consistent, p_text

from jaxrf import experiments, measure_erf
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.plot import style
from jaxrf.tables import TextTable

DEPTH = 12
LENGTH = 192  # samples: more than twice the largest field, that of the dilated network
WIDTH = 64
SAMPLES = 256
GAINS = (0.25, 0.5, 1.0, 2.0)  # of a residual branch
RATE = 0.5  # of dropout
SUBSAMPLED = (4, 8)  # layers that see every second sample of what came before
VARIANCE = 2 / 3  # of three taps of equal variance
POOLED = 1 / 4  # of two
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
        """One a channel, as training might leave them."""
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
    """One a variation."""
    if options.quick:
        names = ("plain", "skip, gain 1")
        return {n: partial(measured, n, 24, 8, 32, 3) for n in names}
    return {n: partial(measured, n, SAMPLES, WIDTH, LENGTH, DEPTH) for n in VARIANTS}


def summarize(results):
    """Results and claims."""
    return {"networks": results, "claims": [c.to_dict() for c in claims(results)]}


def ratio(a, b):
    """(sigma of a over that of b, its standard error)."""
    value = a["sigma"] / b["sigma"]
    return value, value * np.hypot(a["sigma_error"] / a["sigma"], b["sigma_error"] / b["sigma"])


def claims(results):
    """What section 2.5 of the paper says, and what follows from it."""
    plain = results["plain"]
    unchanged = {
        "dropout": ("dropout leaves the field as it is", f"{LUO}, sec. 2.5"),
        "BatchNorm, inference": ("BatchNorm at inference leaves the field as it is", "jaxrf"),
        "LayerNorm": ("LayerNorm over channels leaves the field as it is", "jaxrf"),
        "BatchNorm, training": (
            "BatchNorm in training leaves the field as it is, inside the theoretical one of the "
            "other layers and outside",
            "jaxrf; Araujo et al. 2019, appendix, calls it global",
        ),
    }
    for name, (text, source) in unchanged.items():
        if name in results:
            yield same_field(text, source, results[name], plain)
    for name in ("stride 2", "dilation", "average pooling", "max pooling"):
        if name in results:
            value, error = ratio(results[name], plain)
            yield Claim(
                f"{name} enlarges the field",
                f"{LUO}, sec. 2.5" if name in ("stride 2", "dilation") else "jaxrf",
                f"sigma {value:.2f} ± {error:.1g} times that of the plain network, r "
                f"{results[name]['r'] / plain['r']:.2f} times",
                value - 1 > 2 * error,
            )
    if "dilation" in results and "stride 2" in results:
        yield from against_dilation(results)
    skips = {n: r for n, r in results.items() if n.startswith("skip")}
    values = {n.split()[-1]: ratio(r, plain) for n, r in skips.items()}
    yield Claim(
        "skip connections shrink the field, at any gain of the branch",
        f"{LUO}, sec. 2.5",
        ", ".join(f"gain {a}: sigma × {v:.3f} ± {e:.1g}" for a, (v, e) in values.items()),
        all(1 - v > 2 * e for v, e in values.values()),
    )
    exact = {n: r for n, r in results.items() if n != "BatchNorm, training"}
    for text, rows in (
        ("residual blocks: sigma² = 2n⁄3 · a² ⁄ (1 + a²)", skips),
        ("all variations: sigma² is the sum of the variances of the layers", exact),
    ):
        columns = ([r[k] for r in rows.values()] for k in ("sigma", "sigma_error", "predicted"))
        chi2, count, p, holds = consistent(*columns)
        worst = max(rows, key=lambda n: abs(rows[n]["sigma"] / rows[n]["predicted"] - 1))
        yield Claim(
            text,
            "jaxrf: expected energies add up",
            f"chi² {chi2:.1f} of {count}, {p_text(p)}; furthest {worst}: {rows[worst]['sigma']:.2f}"
            f" ± {rows[worst]['sigma_error']:.1g} for {rows[worst]['predicted']:.2f}",
            holds,
        )


def same_field(text, source, found, plain):
    """Whether sigma and kurtosis are those of the plain network, and all energy inside its r."""
    value, error = ratio(found, plain)
    tail = found["kurtosis"] - plain["kurtosis"]
    tail_error = np.hypot(found["kurtosis_error"], plain["kurtosis_error"])
    outside = found["outside"]
    *_, p, same = consistent([value, tail], [error, tail_error], [1.0, 0.0])
    inside = f", sigma {found['sigma_inside']:.2f} inside of it" if outside > 1e-3 else ""
    return Claim(
        text,
        source,
        f"sigma {found['sigma']:.2f}, ratio {value:.3f} ± {error:.1g}, kurtosis {tail:+.3f} ± "
        f"{tail_error:.1g}, {p_text(p)}; {outside:.1%} of the energy outside of r{inside}",
        same and outside < 1e-3,
    )


def against_dilation(results):
    """Which way of seeing further gives the larger field, and the larger share of its own r."""
    for name in ("stride 2", "average pooling", "max pooling"):
        value, error = ratio(results["dilation"], results[name])
        shares = [results[n]["sigma"] * 12**0.5 / results[n]["r"] for n in ("dilation", name)]
        yield Claim(
            f"dilation gives a larger field than {name}",
            "jaxrf: a stride comes behind its own kernel, a dilation spreads it",
            f"sigma {value:.3f} ± {error:.1g} times; of their r: {shares[0]:.3f} and "
            f"{shares[1]:.3f}",
            value - 1 > 2 * error,
        )


def table(numbers):
    """One line a variation."""
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
    """Sigma of every variation, profiles, and sigma against the gain of residual branches."""
    networks = numbers["networks"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        sizes, profiles, gains = drawn.subplots(1, 3, width_ratios=[1.1, 1.1, 1])
        names = {n: n + (" *" if r["outside"] > 1e-3 else "") for n, r in networks.items()}
        for place, n in enumerate(networks.values()):
            sizes.plot(n["predicted"], place, "|", color="black", markersize=9)
            sizes.errorbar(
                n["sigma_inside"], place, fmt="o", markersize=3, color=style.CATEGORIES[0],
                xerr=2 * n["sigma_error"] if n["outside"] < 1e-3 else None,
            )  # fmt: skip
        sizes.set_yticks(range(len(networks)), names.values())
        sizes.set(ylim=(len(networks) - 0.5, -0.5), xlim=(0, None))
        sizes.set_xlabel("σ (input samples), ±2 errors\n|: sum of variances; *: inside r")
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


def _gains(ax, networks):
    """Sigma against the gain of the branch, with the law."""
    plain = networks["plain"]
    dense = np.geomspace(0.15, 3.5, 100)
    limit = plain["predicted"]
    ax.plot(
        dense,
        limit / np.sqrt(1 + dense**-2),
        color="black",
        linewidth=0.8,
        label="√(2n/3 · a²/(1+a²))",
    )
    ax.axhline(limit, color="0.5", linestyle=":", label="no skip")
    skips = {float(n.split()[-1]): r for n, r in networks.items() if n.startswith("skip")}
    ax.errorbar(
        list(skips), [r["sigma"] for r in skips.values()],
        [2 * r["sigma_error"] for r in skips.values()], fmt="o", markersize=3,
        color=style.CATEGORIES[0], label="measured, ±2 errors",
    )  # fmt: skip
    ax.set(
        xscale="log",
        xlabel="gain a of the residual branch",
        ylabel="σ (input samples)",
        ylim=(0, 1.15 * limit),
    )
    ax.set_xticks(GAINS, [f"{a:g}" for a in GAINS])
    ax.minorticks_off()
    ax.legend(loc="lower right", handlelength=1.0)


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
