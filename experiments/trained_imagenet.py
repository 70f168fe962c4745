"""EfficientNet-Lite0, random against trained on ImageNet: effective field of every stage.

A unit is a photograph: the trained network on two crops of it, and beside it a fresh network on
the same crops, and the trained one with the taps of every kernel shuffled in place. BatchNorm of
the fresh and of the shuffled networks is calibrated on all crops, as in the first step of a
training; the trained one keeps the statistics of ImageNet. He-normal kernels, images of 224 px:
of a larger field only what lies in the image is measured, and there an even map has sigma 65.
"""

from functools import partial

import _efficientnet_lite as lite
import jax
import numpy as np
from _maps import binned
from _units import Fields, drawn, interval, mean_error

from jaxrf import analyze, experiments, plot
from jaxrf.errors import InvalidInput
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, exact, mean_of
from jaxrf.plot import style
from jaxrf.tables import TextTable

SIZE = 224
# The last block of every stage.
ENDPOINTS = ("block0", "block2", "block4", "block7", "block10", "block14", "block15")
QUICK = ("block2",)
NETWORKS = ("random", "shuffled", "trained")
SHOWN = ("block4", "block10", "block15")
# What is on the photographs: ImageNet's classes that count as right, by index and name.
SUBJECTS = {
    "chelsea": {281: "tabby", 282: "tiger cat", 283: "Persian cat", 284: "Siamese cat",
                285: "Egyptian cat"},
    "coffee": {967: "espresso", 968: "cup", 504: "coffee mug", 925: "consomme"},
    "rocket": {657: "missile", 744: "projectile", 812: "space shuttle"},
    "motorcycle": {665: "moped", 670: "motor scooter", 518: "crash helmet"},
    "china": {698: "palace", 832: "stupa", 663: "monastery", 442: "bell cote"},
    "flower": {985: "daisy", 947: "mushroom", 309: "bee", 723: "pinwheel"},
}  # fmt: skip


def photographs():
    """{name: uint8 [h, w, 3]}, of the wheels of scikit-image and scikit-learn."""
    try:
        from skimage import data
        from sklearn.datasets import load_sample_image
    except ImportError as error:
        raise InvalidInput(
            f"photographs: got no {error.name}; pip install 'jaxrf[trained]'"
        ) from None
    found = {name: getattr(data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket")}
    found["motorcycle"] = data.stereo_motorcycle()[0]
    return found | {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}


def crops(photograph, size):
    """Two opposite corners of three quarters of the sides: float32 [2, size, size, 3]."""
    height, width = (side * 3 // 4 for side in photograph.shape[:2])
    corners = photograph[:height, :width], photograph[-height:, -width:]
    return np.stack([lite.prepared(corner, size) for corner in corners])


def predictions():
    """The five likeliest classes of every whole photograph."""
    pictures = photographs()
    images = np.stack([lite.prepared(p, SIZE) for p in pictures.values()])
    logits = jax.jit(lite.EfficientNetLite0().apply)(lite.trained(), images)
    shares = np.asarray(jax.nn.softmax(logits), float)
    found = {}
    for name, share in zip(pictures, shares, strict=True):
        best = np.argsort(-share)[:5]
        found[name] = {"classes": best.tolist(), "probabilities": share[best].round(4).tolist()}
    return found


def shuffled(variables, seed):
    """The same kernels, the taps of each channel pair in random places of its window."""
    rng = np.random.default_rng(seed)

    def leaf(x):
        if x.ndim != 4 or x.shape[0] == 1:
            return x
        taps = np.asarray(x).reshape(-1, *x.shape[2:])
        return rng.permuted(taps, axis=0).reshape(x.shape)

    return {**variables, "params": jax.tree.map(leaf, variables["params"])}


def networks(images, count, depth):
    """{kind: ``count`` networks}, BatchNorm calibrated where it is not the trained one."""
    model = lite.EfficientNetLite0(calibrate=True, depth=depth)
    calibrated = jax.jit(lambda v: {**v, **model.apply(v, images, mutable=["batch_stats"])[1]})
    weights = lite.trained(depth)
    return {
        "random": [calibrated(drawn(weights, unit)) for unit in range(count)],
        "shuffled": [calibrated(shuffled(weights, unit)) for unit in range(count)],
        "trained": [weights] * count,
    }


def fields(names, count, *, size=SIZE, depth=None):
    """Per end-point: theory, and per kind of network sigma of every unit and the mean map.

    Args:
        names: end-points.
        count: of photographs, and of networks of every kind.
        size: of the crops, pixels.
        depth: of the network, blocks; all of it by default.
    """
    pictures = list(photographs().values())[:count]
    sets = np.stack([crops(p, size) for p in pictures])  # [photographs, crops, ...]
    images = sets.swapaxes(0, 1).reshape(-1, *sets.shape[2:])  # sample i shows photograph i % count
    analysis = analyze(lite.EfficientNetLite0(depth=depth), (1, size, size, 3))
    kinds, found = networks(images, count, depth), {}
    for name in names:
        field = Fields(analysis, name, inputs=images)
        found[name] = {"r": field.size[0], "field": field.field, "center": list(field.center)}
        for kind, units in kinds.items():
            samples = (range(unit, len(images), count) for unit in range(count))
            maps = [field.map(v, list(s)) for v, s in zip(units, samples, strict=True)]
            found[name][kind] = {
                "sigmas": [field.sigma(m) for m in maps],
                "map": binned(np.mean(maps, 0)),
            }
        found[name]["crop"] = [[i.low, i.high] for i in field.box]
    return found


def items(options):
    """Predictions, and the fields."""
    if options.quick:
        return {"fields": partial(fields, QUICK, 2, size=64, depth=3)}
    return {
        "predictions": predictions,
        "fields": partial(fields, ENDPOINTS, len(photographs())),
    }


def summarize(results):
    """Means over units, changes with 95 % intervals, claims."""
    named, guesses = results["fields"], results.get("predictions", {})
    for n in named.values():
        for kind in NETWORKS:
            n[kind]["sigma"], n[kind]["error"] = mean_error(n[kind]["sigmas"])
        for kind in ("trained", "shuffled"):
            pairs = np.log(n[kind]["sigmas"]) - np.log(n["random"]["sigmas"])
            n[kind]["log_ratio"] = list(interval(pairs))
        taps = np.log(n["trained"]["sigmas"]) - np.log(n["shuffled"]["sigmas"])
        n["trained"]["log_ratio_shuffled"] = list(interval(taps))
        n["share"] = [n[kind]["sigma"] * 12**0.5 / n["r"] for kind in NETWORKS]
    right = {
        name: bool(set(g["classes"][:3]) & SUBJECTS[name].keys())
        for name, g in guesses.items()
        if name in SUBJECTS
    }
    claims = [*_claims(named), *([_sane(right, guesses)] if right else [])]
    return {
        "predictions": guesses,
        "right": right,
        "fields": named,
        "claims": decide(claims),
    }


def _claims(named):
    yield Claim(
        "training enlarges the effective field (ImageNet, every stage)",
        "Luo et al. 2016, on how the effective field evolves during training",
        Band([_change(name, n, "trained", "random") for name, n in named.items()], low=0.0),
        "σ of trained over random, logarithm",
    )
    for kind in ("random", "trained"):
        yield Claim(
            f"the effective field of a {kind} network is a fraction (below 1/2) of the theoretical "
            "one in every stage",
            "Luo et al. 2016, abstract",
            Band([_share(name, n, kind) for name, n in named.items()], high=0.5),
            "σ√12/r",
        )
    yield Claim(
        "where the trained taps stand in their windows makes the field smaller (every stage)",
        "jaxrf",
        Band([_change(name, n, "trained", "shuffled") for name, n in named.items()], high=0.0),
        "σ of trained over its taps shuffled, logarithm",
    )


def _change(name, n, kind, other):
    """Paired by photograph."""
    logs = np.log(n[kind]["sigmas"]) - np.log(n[other]["sigmas"])
    return mean_of(name, logs, "photographs")


def _share(name, n, kind):
    return mean_of(name, np.multiply(n[kind]["sigmas"], 12**0.5 / n["r"]), "photographs")


def _sane(right, guesses):
    best = {name: guesses[name]["classes"][0] for name in right}
    shown = ", ".join(f"{name} {SUBJECTS[name].get(c, c)}" for name, c in best.items())
    return Claim(
        "the weights are those of ImageNet: one of the three likeliest classes names what is on "
        "the photograph, on each of these",
        "jaxrf",
        Band([exact(f"of {len(right)} photographs, wrong", len(right) - sum(right.values()))],
             high=0.5),
        f"likeliest: {shown}",
    )  # fmt: skip


def _percent(change):
    mean, low, high = (100 * np.expm1(c) for c in change)
    return f"{mean:+.0f} % [{low:+.0f}, {high:+.0f}]"


def table(numbers):
    """One line a stage; the claims."""
    rows = tuple(
        (
            name,
            str(n["r"]),
            *(f"{n[k]['sigma']:.2f} ± {n[k]['error']:.2f}" for k in NETWORKS),
            _percent(n["trained"]["log_ratio"]),
            f"{n['trained']['sigma'] * 12**0.5 / n['r']:.3f}",
        )
        for name, n in numbers["fields"].items()
    )
    header = ("end of", "r", *(f"σ {k}" for k in NETWORKS), "trained / random", "σ√12/r trained")
    notes = (
        "σ in input pixels, g² map, mean ± standard error over photographs; change with its 95 %",
        "interval; shuffled: the taps of every trained kernel in random places of its window.",
    )
    return {
        "stages": TextTable("EfficientNet-Lite0: effective fields by stage", header, rows, notes),
        "claims": claims_table(numbers["claims"]),
    }


def figure(numbers):
    """Sigma by stage, and maps of three stages."""
    named = numbers["fields"]
    shown = [name for name in SHOWN if name in named] or list(named)
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        left, right = drawn.subfigures(1, 2, width_ratios=[2.5, 4.25])
        _by_stage(named, left.subplots())
        axes = right.subplots(2, len(shown), squeeze=False)
        for column, name in enumerate(shown):
            n = named[name]
            for row, kind in enumerate(("random", "trained")):
                ax, sigma = axes[row, column], n[kind]["sigma"]
                made = plot.field_share(
                    10.0 ** np.asarray(n[kind]["map"], float),
                    crop=n["crop"], field=n["crop"], center=n["center"], sigma=[sigma] * 2, ax=ax,
                )  # fmt: skip
                ax.set_xlabel(f"σ = {sigma:.1f} px", fontsize=6.0)
                if column == 0:
                    ax.set_ylabel(kind)
            width = n["crop"][0][1] - n["crop"][0][0] + 1
            axes[0, column].set_title(f"{name}, {width} px", fontsize=6.5)
        right.colorbar(
            made.image, ax=list(axes.flat), aspect=30, fraction=0.025, pad=0.01,
            label="g² / peak", extend="min",
        )  # fmt: skip
    return drawn


def _by_stage(named, ax):
    places = np.arange(len(named))
    for kind, color, marker in zip(NETWORKS, style.CATEGORIES, "osD", strict=False):
        values = [n[kind]["sigma"] for n in named.values()]
        errors = [n[kind]["error"] for n in named.values()]
        ax.errorbar(
            places, values, errors, color=color, marker=marker, markersize=3, capsize=2, label=kind
        )
    flat = [n["r"] / 12**0.5 for n in named.values()]
    ax.plot(places, flat, color=style.BOX, linestyle="--", label="flat field: r / √12")
    ax.set_yscale("log")
    ax.set(ylabel="σ of the effective field (input pixels)")
    ax.set_xticks(places, list(named), rotation=45, ha="right", rotation_mode="anchor")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="upper left")


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
