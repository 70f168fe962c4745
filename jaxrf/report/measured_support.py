"""Supports: exact theory against measurement, one row per feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jaxrf.geometry.interval import Interval
from jaxrf.report.units import unit
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.measure.support import MeasuredSupport

__all__ = ["support_table", "table", "to_dict"]


def table(measured: MeasuredSupport) -> TextTable:
    """Theory against measurement at one feature."""
    return support_table([(measured.exact.endpoint, measured)])


def to_dict(measured: MeasuredSupport) -> dict[str, Any]:
    """The three sets, how they differ, and whose weights the plain gradient has."""
    return {
        "measured": measured.support.to_dict(),
        "plain": None if measured.plain is None else measured.plain.to_dict(),
        "unmeasured": measured.unmeasured,
        "exact": measured.exact.to_dict(),
        "missing": measured.missing,
        "excess": measured.excess,
        "equal": measured.equal,
        "model": measured.setting.to_dict(),
    }


def support_table(named: Sequence[tuple[str, MeasuredSupport]]) -> TextTable:
    """Theory against measurement, one row per feature."""
    rows, notes, records = [], [], []
    for label, measured in named:
        exact, found, plain = measured.exact, measured.support, measured.plain
        counts = [None if s is None else int(s.mask.sum()) for s in (exact, found, plain)]
        verdict = "equal" if measured.equal else f"-{measured.missing} +{measured.excess}"
        at = ",".join(map(str, exact.at))
        rows.append((f"{label} {at}", _box(exact.box), *map(_count, counts), verdict))
        box = exact.box or (None,) * exact.mask.ndim
        ends = [e for i in box for e in ((None, None) if i is None else (i.low, i.high))]
        records.append(
            (label, exact.endpoint, *exact.at, *ends, *counts, measured.missing, measured.excess)
        )
        if exact.holes:
            count = "x".join(map(str, exact.count))
            notes.append(f"{label}: {exact.holes} holes in the box, {count} indices touched")
        notes += measured.setting.lines
        if measured.unmeasured:
            notes.append(f"no plain gradient: {measured.unmeasured}")
    axes = range(named[0][1].exact.mask.ndim) if named else range(0)
    return TextTable(
        f"support in input {unit(len(axes))}: exact theory, measured, plain gradient",
        ("feature", "exact box", "exact", "measured", "plain", "verdict"),
        tuple(rows),
        tuple(dict.fromkeys(notes)),
        records=Records(
            (
                *("feature", "end-point", *(f"at {n}" for n in axes)),
                *(f"{end} {n}" for n in axes for end in ("low", "high")),
                *("exact", "measured", "plain", "missing", "excess"),
            ),
            tuple(records),
        ),
    )


def _count(count: int | None) -> str:
    return "-" if count is None else str(count)


def _box(box: tuple[Interval, ...] | None) -> str:
    return "empty" if box is None else " ".join(f"[{i.low}, {i.high}]" for i in box)
