"""What is wrong with r(t), the high-contribution area ratio, as scripts compute it.

RepLKNet's recipe on a ResNet-50 (TF-Slim's strides, random weights, narrow) at 224, 256 and 512
pixels: the smallest square about the middle of the image that holds a share t of log10(A + 1). The
output is multiplied by a factor, as another initialisation, a normalisation or a unit would do; the
field is the same. Beside it stand squares of the same map about the theoretical centre, without a
logarithm. Errors by bootstrap over images.
"""

from functools import partial

import numpy as np
from _maps import binned

from jaxrf import experiments, reproduce_erf, zoo
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.measure.metrics import central_square
from jaxrf.measure.recipes import RECIPES
from jaxrf.measure.reproduce import first_half
from jaxrf.plot import style
from jaxrf.tables import TextTable

NETWORK, RECIPE = "resnet_v1_50", RECIPES["replknet"]
SIDES = (224, 256, 512)
PEAKS = tuple(10.0**e for e in range(-3, 5))  # of the map A, once its output is scaled
SHARES = RECIPE.shares


def measured(network, side, width, samples):
    """Squares at every scale of the output and done right, with bootstrap errors."""
    made = reproduce_erf(
        zoo.load(network, width=width), (1, side, side, 3), RECIPE.name, samples=samples, batch=2
    )
    erf = made.erf
    maps, _ = erf.replicates.useful()
    again = np.zeros((len(maps), *erf.map.shape))
    again[(slice(None), *erf.crop)] = maps
    published = {}
    for peak in PEAKS:
        factor = peak / erf.map.max()
        published[f"{peak:g}"] = _with_errors([_squares(factor * m) for m in (erf.map, *again)])
    right = [[central_square(m, erf.center, t) for t in SHARES] for m in (erf.map, *again)]
    return {
        "network": network,
        "side": side,
        "width": width,
        "samples": samples,
        "middle": list(made.middle),
        "center": list(erf.center),
        "published": published,
        "right": _with_errors(right),
        "map": binned(erf.map),
    }


def _squares(scores):
    """Sides of the recipe's squares; NaN where no square holds the share."""
    shown = RECIPE.shown(scores.astype(np.float32))
    halves = [first_half(shown, share) for share in SHARES]
    return [np.nan if half is None else 2.0 * half + 1 for half in halves]


def _with_errors(rows):
    """{share: {side, error, missing}} of the map's sides, and those of its replicates."""
    value, again = np.array(rows[0]), np.array(rows[1:])
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
    """One an image size."""
    if options.quick:
        return {"224": partial(measured, "alexnet_v2", 224, 1 / 16, 3)}
    return {str(side): partial(measured, NETWORK, side, 1 / 8, 12) for side in SIDES}


def summarize(results):
    """As measured; claims."""
    return {"sides": results, "claims": [c.to_dict() for c in claims(results)]}


def claims(results):
    """What the recipe is said to be, against the numbers."""
    ranges = {}
    for side, found in results.items():
        at_half = [p["0.5"]["side"] for p in found["published"].values()]
        ranges[side] = (min(at_half), max(at_half))
    yield Claim(
        "log10(A + 1) / max makes r(t) comparable among models: it does not depend on the scale of "
        "the output",
        "RepLKNet's erf/analyze_erf.py, comments",
        "square of t = 0.5 over peaks of A from 1e-3 to 1e4: "
        + "; ".join(f"{s} px: {a:g} to {b:g} px" for s, (a, b) in ranges.items()),
        all(a == b for a, b in ranges.values()),
    )
    offsets = {
        s: [m - c for m, c in zip(f["middle"], f["center"], strict=True)]
        for s, f in results.items()
    }
    yield Claim(
        "the central feature looks at the middle of the image, within half a pixel",
        "RepLKNet, VMamba, MambaIR: scripts that count about h // 2, w // 2",
        "; ".join(f"{s} px: {o[0]:+g} px off" for s, o in offsets.items()),
        all(abs(o) <= 0.5 for pair in offsets.values() for o in pair),
    )
    small = f"{PEAKS[0]:g}"
    pairs = {
        s: (f["published"][small]["0.2"]["side"], f["right"]["0.2"]) for s, f in results.items()
    }
    yield Claim(
        "about the middle of the image the square of t = 0.2 is that about the true centre (small "
        "output, where the logarithm is linear), within 2 pixels",
        "the same scripts",
        "; ".join(
            f"{s} px: {p:g} for {r['side']:g} ± {r['error']:.1g}" for s, (p, r) in pairs.items()
        ),
        all(abs(p - r["side"]) <= 2 for p, r in pairs.values()),
    )
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
        "none holds it at: " + ("; ".join(missing) or "nowhere"),
        not missing,
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
        "random weights; sides of squares in input pixels; peak: the largest A, once the output is",
        "multiplied; done right: of A itself, about the theoretical centre.",
    )
    network = next(iter(numbers["sides"].values()))["network"]
    main = TextTable(f"squares that hold a share t, {network}", header, tuple(rows), notes, words=2)
    return {"numbers": main, "claims": claims_table(numbers["claims"], "traps of r(t)")}


def figure(numbers):
    """Squares against the scale, an image size a panel; the map with both centres."""
    found = numbers["sides"]
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.3)
        axes = list(np.atleast_1d(drawn.subplots(1, len(found) + 1)))
        _centres(axes[0], next(iter(found.values())))
        for ax, f in zip(axes[1:], found.values(), strict=True):
            _sides(ax, f)
        axes[1].set_ylabel("side of the square (input pixels)")
        axes[1].plot([], [], ":", color="0.3", label="done right")
        handles, labels = axes[1].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower right", ncols=5)
    return drawn


def _centres(ax, found):
    decades = np.asarray(found["map"], float)
    side = found["side"]
    edge = (-0.5, side - 0.5)
    ax.imshow(
        np.maximum(decades, -4), extent=(*edge, edge[1], edge[0]), cmap="viridis",
        interpolation="none",
    )  # fmt: skip
    ax.plot(*found["middle"][::-1], "x", color=style.GAUSSIAN, label="middle of the image")
    ax.plot(*found["center"][::-1], "+", color=style.BOX, label="theoretical centre")
    ax.legend(loc="lower right", labelcolor="white", fontsize=5.5)
    ax.set(title=f"A at {side} px (log)", xlabel="x (input pixels)", ylabel="y")


def _sides(ax, found):
    peaks = np.array([float(p) for p in found["published"]])
    for color, share in zip(style.CATEGORIES, (f"{t:g}" for t in SHARES), strict=False):
        rows = [p[share] for p in found["published"].values()]
        sides = np.array([np.nan if r["side"] is None else r["side"] for r in rows])
        errors = np.array([r["error"] or 0.0 for r in rows])
        ax.errorbar(
            peaks, sides, 2 * errors, fmt="o-", color=color, markersize=2.5, label=f"t = {share}"
        )
        ax.axhline(found["right"][share]["side"], color=color, linestyle=":")
    ax.set(xscale="log", title=f"{found['side']} px")
    ax.set(xlabel="largest A, output scaled", ylim=(0, None))


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
