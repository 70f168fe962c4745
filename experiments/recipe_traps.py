"""What is wrong with r(t), the high-contribution area ratio, as scripts compute it.

RepLKNet's recipe on a ResNet-50 (TF-Slim's strides, random weights, narrow) at 224, 256 and 512
pixels: the smallest square about the middle of the image that holds a share t of log10(A + 1). The
output is multiplied by a factor, as another initialisation, a normalisation or a unit would do; the
field is the same. Beside it stand squares of the same map about the theoretical centre, without a
logarithm. Errors by bootstrap over networks.

Where a real network lies on that scale is shown: EfficientNet-Lite0 with ImageNet's weights, on
photographs of scikit-image.
"""

from functools import partial

import _efficientnet_lite as lite
import numpy as np
from _maps import binned

from jaxrf import experiments, reproduce_erf, zoo
from jaxrf.errors import InvalidInput
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, exact
from jaxrf.measure.metrics import central_square
from jaxrf.measure.recipes import RECIPES
from jaxrf.measure.reproduce import first_half
from jaxrf.plot import style
from jaxrf.text.table import TextTable

NETWORK, RECIPE = "resnet_v1_50", RECIPES["replknet"]
SIDES = (224, 256, 512)
PEAKS = tuple(10.0**e for e in range(-3, 5))  # of the map A, once its output is scaled
SHARES = RECIPE.shares
TRAINED, LAST = "EfficientNet-Lite0, trained", "block15"  # and its last map of features
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
SAME = 0.05  # of two sides, or two shares of the energy: what was changed does not matter


def measured(network, side, width, samples):
    """Squares at every scale of the output and done right, with bootstrap errors."""
    made = reproduce_erf(
        zoo.load(network, width=width), (1, side, side, 3), RECIPE.name, samples=samples, batch=2
    )
    erf = made.erf
    maps = [erf.map, *_again(erf)]
    published, sides = {}, {}
    for peak in PEAKS:
        factor = peak / erf.map.max()
        sides[peak] = np.array([_squares(factor * m) for m in maps])
        published[f"{peak:g}"] = _with_errors(sides[peak])
    right = np.array([[central_square(m, erf.center, t) for t in SHARES] for m in maps])
    half = SHARES.index(0.5)
    return {
        "network": network,
        "side": side,
        "width": width,
        "samples": samples,
        "middle": list(made.middle),
        "center": list(erf.center),
        "published": published,
        "right": _with_errors(right),
        # of the same maps, so that their noise is mostly the same
        "by scale": _of_pairs(sides[PEAKS[-1]][:, half] / sides[PEAKS[0]][:, half]),
        "by centre": _of_pairs(
            np.array(
                [
                    _held(m, made.middle, right[0, half]) / _held(m, erf.center, right[0, half])
                    for m in maps
                ]
            )
        ),
        "map": binned(erf.map),
    }


def _again(erf):
    """The whole map of every bootstrap replicate."""
    maps, _ = erf.replicates.useful()
    again = np.zeros((len(maps), *erf.map.shape))
    again[(slice(None), *erf.crop)] = maps
    return again


def _held(energy, center, side):
    """Energy within the square of a side about a centre."""
    near = [np.abs(np.arange(n) - c) <= side / 2 for n, c in zip(energy.shape, center, strict=True)]
    return float(energy[np.ix_(*near)].sum())


def _of_pairs(values):
    """[of the map, standard error from its replicates]."""
    return [float(values[0]), float(np.nanstd(values[1:], ddof=1))]


def trained():
    """The recipe on a trained network, its output as it is."""
    try:
        from skimage import data
    except ImportError as error:
        raise InvalidInput(
            f"photographs: got no {error.name}; pip install 'jaxrf[trained]'"
        ) from None
    images = np.stack([lite.prepared(getattr(data, name)()) for name in PHOTOGRAPHS])
    made = reproduce_erf(
        lite.EfficientNetLite(), (1, *images.shape[1:]), RECIPE.name, endpoint=LAST,
        samples=8 * len(images), inputs=images, variables=lite.trained(), batch=2,
    )  # fmt: skip
    published, right = (
        [found[f"square_side_{share}"] for share in SHARES]
        for found in (made.published, made.right)
    )
    return {
        "peak": float(made.erf.map.max()),
        "photographs": len(images),
        "published": published,
        "right": right,
    }


def _squares(scores):
    """Sides of the recipe's squares; NaN where no square holds the share."""
    shown = RECIPE.shown(scores.astype(np.float32))
    halves = [first_half(shown, share) for share in SHARES]
    return [np.nan if half is None else 2.0 * half + 1 for half in halves]


def _with_errors(rows):
    """{share: {side, error, missing}} of the map's sides, and those of its replicates."""
    value, again = rows[0], rows[1:]
    return {
        f"{share:g}": {
            "side": None if np.isnan(value[n]) else float(value[n]),
            "error": float(np.nanstd(again[:, n], ddof=1))
            if np.isfinite(again[:, n]).any()
            else None,
            "missing": float(np.isnan(again[:, n]).mean()),
        }
        for n, share in enumerate(SHARES)
    }


def items(options):
    """One item per image size, and a trained network."""
    if options.quick:
        return {"224": partial(measured, "alexnet_v2", 224, 1 / 16, 3)}
    sides = {str(side): partial(measured, NETWORK, side, 1 / 8, 12) for side in SIDES}
    return sides | {TRAINED: trained}


def summarize(results):
    """As measured; claims."""
    real = results.get(TRAINED)
    sides = {k: v for k, v in results.items() if k != TRAINED}
    return {"sides": sides, "trained": real, "claims": decide(claims(sides))}


def claims(results):
    """What the recipe is said to be, against the numbers."""
    last = f"peak {PEAKS[-1]:g} over peak {PEAKS[0]:g}"
    yield Claim(
        "log10(A + 1) / max makes r(t) comparable among models: the square of t = 0.5 does not "
        f"depend on the scale of the output, within {SAME:.0%}",
        "RepLKNet's erf/analyze_erf.py, comments",
        Band(
            [Estimate(f"{s} px", *f["by scale"], f["samples"]) for s, f in results.items()],
            1 - SAME, 1 + SAME,
        ),
        f"sides, {last}",
    )  # fmt: skip
    yield Claim(
        "the central feature looks at the middle of the image, within half a pixel",
        "RepLKNet, VMamba, MambaIR: scripts that count about h // 2, w // 2",
        Band(
            [
                exact(f"{s} px, pixels off", f["middle"][0] - f["center"][0])
                for s, f in results.items()
            ],
            -0.51, 0.51,
        ),
    )  # fmt: skip
    yield Claim(
        "about the middle of the image the square of t = 0.5, without a logarithm, holds as much "
        f"of the energy as about the true centre, within {SAME:.0%}",
        "the same scripts",
        Band(
            [Estimate(f"{s} px", *f["by centre"], f["samples"]) for s, f in results.items()],
            1 - SAME, 1 + SAME,
        ),
        "share over share",
    )  # fmt: skip
    missing = [
        f"{s} px, peak {k}, t = {t}"
        for s, f in results.items()
        for k, p in f["published"].items()
        for t in p
        if p[t]["side"] is None
    ]
    yield Claim(
        "some centred square holds every share t up to 0.99",
        "RepLKNet's erf/analyze_erf.py, which unpacks None otherwise",
        Band([exact("scales and shares that none holds", len(missing))], high=0.5),
        ", ".join(missing),
    )


def table(numbers):
    """Sides of squares; claims."""
    rows = []
    for side, found in numbers["sides"].items():
        for name, squares in (*found["published"].items(), ("right", found["right"])):
            cells = [
                "none" if s["side"] is None else f"{s['side']:g} ± {s['error'] or 0:.1f}"
                for s in squares.values()
            ]
            rows.append((side, "done right" if name == "right" else f"peak {name}", *cells))
    header = ("image", "scale of the output", *(f"t = {t:g}" for t in SHARES))
    notes = (
        "sides of squares in input pixels, weights random unless trained; peak: the largest A,",
        "once the output is multiplied; done right: of A itself, about the theoretical centre",
        "(may leave the image)",
    )
    if real := numbers["trained"]:
        for name in ("published", "right"):
            label = f"peak {real['peak']:.3g}" if name == "published" else "done right"
            cells = ["none" if side is None else f"{side:g}" for side in real[name]]
            rows.append((TRAINED, label, *cells))
    network = next(iter(numbers["sides"].values()))["network"]
    main = TextTable(f"squares that hold a share t, {network}", header, tuple(rows), notes, words=2)
    return {"numbers": main, "claims": claims_table(numbers["claims"], "traps of r(t)")}


LINES = {"0.2": "-", "0.3": "--", "0.5": "-.", "0.99": ":"}


def figure(numbers):
    """Squares against the scale, one image size per panel; the map with both centres."""
    found = numbers["sides"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        left, right = drawn.subfigures(1, 2, width_ratios=[1, 2.6])
        _centres(left.subplots(), next(iter(found.values())))
        axes = np.atleast_1d(right.subplots(1, len(found), sharey=True))
        for ax, f in zip(axes, found.values(), strict=True):
            _sides(ax, f)
            _real(ax, f, numbers["trained"])
        axes[0].set_ylabel("side of the square (input pixels)")
        handles, labels = axes[0].get_legend_handles_labels()
        right.legend(handles, labels, loc="outside lower center", ncols=6, columnspacing=1.0)
        axes[len(axes) // 2].set_xlabel("largest A, once the output is multiplied")
    return drawn


def _centres(ax, found):
    decades = np.maximum(np.asarray(found["map"], float), -2)
    side = found["side"]
    edge = (-0.5, side - 0.5)
    image = ax.imshow(
        decades, extent=(*edge, edge[1], edge[0]), cmap="viridis", interpolation="none"
    )
    ax.figure.colorbar(
        image, ax=ax, location="top", label="log₁₀ A / peak", shrink=0.9, extend="min"
    )
    for place, mark, color, label in (
        (found["middle"], "x", "white", "middle of the image"),
        (found["center"], "+", style.BOX, "theoretical centre"),
    ):
        ax.plot(*place[::-1], mark, color=color, markersize=8, markeredgewidth=1.6,
                path_effects=style.outline(3.0), label=label)  # fmt: skip
    legend = ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.22), facecolor="0.8", frameon=True, ncols=1
    )
    legend.get_frame().set_linewidth(0)
    ax.set(xlabel=f"x (input pixels), {side} px", ylabel="y")


def _sides(ax, found):
    """The recipe's squares by scale, with errors; the right ones as grey bands at the end."""
    peaks = np.array([float(p) for p in found["published"]])
    for color, (share, line), mark in zip(style.CATEGORIES, LINES.items(), "os^D", strict=False):
        rows = [p[share] for p in found["published"].values()]
        sides = np.array([np.nan if r["side"] is None else r["side"] for r in rows])
        errors = np.array([r["error"] or 0.0 for r in rows])
        ax.errorbar(
            peaks, sides, 2 * errors, linestyle=line, marker=mark, color=color, markersize=2.5,
            label=f"t = {share}",
        )  # fmt: skip
        right = min(found["right"][share]["side"], found["side"])  # no farther than the image
        ax.axhline(right, color="black", linewidth=0.6, zorder=0)
        ax.plot(peaks[0] / 4, right, mark, color="black", markersize=3, clip_on=False)
    ax.plot([], [], color="black", linewidth=0.6, marker="o", markersize=3, label="done right")
    ax.axhspan(found["side"], 1000, color="0.92", linewidth=0, label="outside the image")
    ax.set(xscale="log", title=f"{found['side']} px", xlim=(peaks[0] / 4, peaks[-1] * 2))
    ax.set_ylim(0, 520)
    ax.set_xticks([1e-3, 1e-1, 1e1, 1e3])
    ax.minorticks_off()


def _real(ax, found, real):
    """Where a trained network lies, at the size it was measured."""
    if real and found["side"] == 224:
        ax.axvline(real["peak"], color="0.4", linestyle=(0, (4, 2)), linewidth=0.8)
        ax.text(
            real["peak"], 500, "EfficientNet- \nLite0, trained ", va="top", ha="right",
            fontsize=6.0, color="0.3",
        )  # fmt: skip


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
