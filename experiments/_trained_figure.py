"""The figure of ``trained_imagenet.py``: sigma by stage and network, and maps of one of them."""

import numpy as np
from _trained_nets import CASES
from matplotlib.ticker import LogLocator, NullFormatter

from jaxrf import plot
from jaxrf.plot import style

SHOWN = ("lite0 stage 3", "lite0 stage 5", "lite0 stage 7")
LINES = {  # kind: colour, mark, line
    "random": (style.CATEGORIES[0], "o", "-"),
    "shuffled": (style.CATEGORIES[1], "s", ":"),
    "trained": (style.CATEGORIES[2], "D", "-"),
}


def figure(numbers):
    """A panel per network, a panel of changes, and maps."""
    stages = numbers["stages"]
    names = list(dict.fromkeys(s["network"] for s in stages.values()))
    with style.context():
        made = style.new_figure(style.DOUBLE_COLUMN, 5.4)
        top, bottom = made.subfigures(2, 1, height_ratios=[2.3, 3.1])
        axes = np.atleast_1d(top.subplots(1, len(names), gridspec_kw={"wspace": 0.02}))
        for ax, name in zip(axes, names, strict=True):
            _by_stage([s for s in stages.values() if s["network"] == name], ax)
            ax.set_title(CASES[name].title, fontsize=6.5)
            unit = {"px": "pixels"}.get(CASES[name].unit, CASES[name].unit)
            ax.set_ylabel(f"σ ({unit})", labelpad=1)
        handles, labels = axes[0].get_legend_handles_labels()
        top.legend(handles, labels, loc="outside lower center", ncols=len(labels))
        left, right = bottom.subfigures(1, 2, width_ratios=[2.5, 4.25])
        _changes(stages, names, left.subplots())
        _maps([stages[k] for k in SHOWN if k in stages] or list(stages.values()), right)
    return made


def _by_stage(of, ax):
    places = np.arange(len(of))
    for kind, (color, marker, line) in LINES.items():
        here = [(x, s[kind]["sigma"], s[kind]["error"]) for x, s in zip(places, of) if kind in s]  # noqa: B905
        if here:
            x, values, errors = zip(*here, strict=True)
            ax.errorbar(
                x, values, errors, color=color, marker=marker, linestyle=line, markersize=2.8,
                capsize=2, label=kind,
            )  # fmt: skip
    flat = [s["r"] / 12**0.5 for s in of]
    ax.plot(places, flat, color=style.BOX, linestyle="--", label="flat field: r / √12")
    limits = [s["limit"] for s in of]
    ax.plot(
        places, limits, color="0.35", linestyle="-.", linewidth=0.8, label="flat inside the input"
    )
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    word, _, _ = of[0]["stage"].partition(" ") if " " in of[0]["stage"] else ("conv", "", "")
    ax.set_xticks(places, [s["stage"].removeprefix(word).strip() for s in of])
    ax.set_xlabel(word, labelpad=1)
    ax.spines[["top", "right"]].set_visible(False)


def _changes(stages, names, ax):
    """Trained against random, with 95 % intervals, by how much of the image the field spans."""
    for name, color, marker in zip(names, style.CATEGORIES, "osD^v", strict=False):
        of = [s for s in stages.values() if s["network"] == name]
        x = [s["r"] / s["image"] for s in of]
        y = [np.exp(s["trained / random"]["value"]) for s in of]
        low = [v - np.exp(s["trained / random"]["low"]) for v, s in zip(y, of, strict=True)]
        high = [np.exp(s["trained / random"]["high"]) - v for v, s in zip(y, of, strict=True)]
        label = CASES[name].title.partition(" (")[0].replace("EfficientNet-", "")
        ax.errorbar(
            x, y, (low, high), color=color, marker=marker, markersize=3, capsize=2,
            linewidth=0.7, label=label,
        )  # fmt: skip
    ax.axhline(1.0, color="0.4", linewidth=0.6)
    ax.axvline(1.0, color="0.4", linewidth=0.6, linestyle=":")
    ax.set_xscale("log")
    ax.set(xlabel="r / length of the input", ylabel="σ trained / σ random, 95 % interval")
    ax.legend(
        loc="lower left", bbox_to_anchor=(-0.1, 1.0), ncols=3, fontsize=6, handlelength=1.0,
        columnspacing=1.0,
    )  # fmt: skip
    ax.spines[["top", "right"]].set_visible(False)


def _maps(of, room):
    axes = room.subplots(2, len(of), squeeze=False)
    for column, s in enumerate(of):
        for row, kind in enumerate(("random", "trained")):
            ax, value = axes[row, column], s[kind]["sigma"]
            made = plot.field_share(
                10.0 ** np.asarray(s[kind]["map"], float),
                crop=s["crop"], field=s["crop"], center=s["center"], sigma=[value] * 2, ax=ax,
            )  # fmt: skip
            made.contour.set_clip_path(made.field)  # nothing was measured outside the image
            ax.set_xlabel(f"σ = {value:.1f} ± {s[kind]['error']:.1f} px", fontsize=6.0)
            if column == 0:
                ax.set_ylabel(kind)
        width = s["crop"][0][1] - s["crop"][0][0] + 1
        name = CASES[s["network"]].title.replace("EfficientNet-", "")
        axes[0, column].set_title(f"{name}, {s['stage']}, {width} px", fontsize=6.5)
    room.colorbar(
        made.image, ax=list(axes.flat), aspect=30, fraction=0.025, pad=0.01,
        label="E g² / peak; circle: 2 σ, inside the image", extend="min",
    )  # fmt: skip
