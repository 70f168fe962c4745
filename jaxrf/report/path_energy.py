"""The table of energy by the number of residual branches passed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jaxrf.report.numbers import axis_names
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.paths import PathEnergy

__all__ = ["table", "to_dict"]

LEAST = 1e-4  # share of energy from which a number of branches has a row of its own


def table(found: PathEnergy) -> TextTable:
    """Share of energy, sigma and extent by the number of branches; the last row is all of them."""
    names = axis_names(found.maps.ndim - 1)
    center = ", ".join(f"{c:g}" for c in found.center)
    shortcuts = f", {found.projected} with a projection for a shortcut" * bool(found.projected)
    return TextTable(
        f"predicted energy of {found.endpoint} at {','.join(map(str, found.at))} by residual "
        "branches passed: g^2",
        ("branches", "share", *(f"sigma {n}" for n in names), *(f"r {n}" for n in names)),
        (*_rows(found), _all(found)),
        (
            f"{len(found.branches)} residual branches{shortcuts}; mean number passed "
            f"{found.mean:.3g}, standard deviation {found.deviation:.2g}",
            f"lengths in input {unit(found.maps.ndim - 1)}, sigma about the theoretical centre "
            f"({center}), r inside the image",
            *(f"assumed: {a}" for a in found.assumptions),
        ),
    )


def to_dict(found: PathEnergy) -> dict[str, Any]:
    """Every number with its name, and what was assumed."""
    return {
        "endpoint": found.endpoint,
        "at": list(found.at),
        "map": "g^2",
        "draws": found.draws,
        "model": found.setting.to_dict(),
        "center": list(found.center),
        "box": [[i.low, i.high] for i in found.box],
        "branches": list(found.branches),
        "projected": found.projected,
        "share": found.share.tolist(),
        "mean": found.mean,
        "deviation": found.deviation,
        "sigma": found.sigma.tolist(),
        "total_sigma": list(found.total_sigma),
        "size": [None if s is None else list(s) for s in found.size],
        "assumptions": list(found.assumptions),
    }


def _rows(found: PathEnergy) -> Iterator[tuple[str, ...]]:
    """One row per number of branches; those of little energy at either end share one."""
    some = [k for k, share in enumerate(found.share) if share >= LEAST]
    first, last = some[0], some[-1]
    if first:
        yield _row(found, f"0 to {first - 1}" if first > 1 else "0", range(first))
    for k in range(first, last + 1):
        yield _row(found, str(k), range(k, k + 1))
    end = len(found.share) - 1
    if last < end:
        yield _row(
            found, f"{last + 1} to {end}" if last + 1 < end else str(end), range(last + 1, end + 1)
        )


def _row(found: PathEnergy, label: str, some: range) -> tuple[str, ...]:
    share = float(found.share[list(some)].sum())
    weights = found.share[list(some)]
    squares = [s**2 for s, w in zip(found.sigma[list(some)], weights, strict=True) if w > 0]
    held = [w for w in weights if w > 0]
    rank = found.maps.ndim - 1
    sigma = ["none"] * rank
    if held:
        mean = sum(w * s for w, s in zip(held, squares, strict=True)) / sum(held)
        sigma = [f"{v:.4g}" for v in mean**0.5]
    sizes = [s for k in some if (s := found.size[k]) is not None]
    extent = [str(max(axis)) for axis in zip(*sizes, strict=True)] if sizes else ["none"] * rank
    return label, f"{share:.4f}" if share >= LEAST else f"{share:.1e}", *sigma, *extent


def _all(found: PathEnergy) -> tuple[str, ...]:
    sizes = [s for s in found.size if s is not None]
    extent = [str(max(axis)) for axis in zip(*sizes, strict=True)]
    return "all", "1", *(f"{s:.4g}" for s in found.total_sigma), *extent
