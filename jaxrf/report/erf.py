"""A measured effective field: every number with its standard error and its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jaxrf.measure.result import LEVEL
from jaxrf.report.numbers import about, number_records, number_rows, unit_lines, value_rows
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.measure.result import ERF

__all__ = ["table", "to_dict"]


def table(erf: ERF) -> TextTable:
    """Every number of a measured field with its standard error and its interval."""
    weights = f"{erf.plan.weight_seeds} weight seeds" if erf.plan.weight_seeds else "given weights"
    inputs = "random inputs" if erf.inputs == "normal" else f"{erf.plan.inputs} given inputs"
    at = ",".join(map(str, erf.at))
    found = erf.intervals()
    ends = {} if found is None else dict(_interval_rows(erf.numbers, found))
    return TextTable(
        f"ERF of {erf.endpoint} at {at}: {erf.estimator.map_name}, {erf.samples} samples, "
        f"{weights}, {inputs}",
        ("number", "value", "standard error", f"{LEVEL:.0%} interval"),
        tuple((*row, ends.get(row[0], "too few")) for row in number_rows(erf)),
        (*about(erf), *unit_lines(erf), *_how(erf), *erf.setting.lines, *erf.notes),
        records=_with_intervals(number_records(erf), erf, found),
    )


def _how(erf: ERF) -> list[str]:
    """The estimator's settings that differ from the defaults."""
    lines = []
    if erf.estimator.cotangent != "rademacher":
        lines.append(f"cotangent: {erf.estimator.cotangent}")
    if erf.channels is not None:
        lines[-1] += f", {len(erf.channels)} backward passes in every sample, one per channel"
    if erf.plan.input_seeds:
        lines.append(f"random inputs drawn: {erf.plan.input_seeds}")
    if erf.grid is not None:
        pitch = " x ".join(map(str, erf.grid.pitch))
        lines.append(f"{erf.grid.count} impulses per pass, {pitch} pixels apart")
    return lines


def _with_intervals(records: Records, erf: ERF, found: Mapping[str, Any] | None) -> Records:
    """Further columns for the ends of the intervals, empty where units are too few."""
    ends: list[tuple[float | None, float | None]] = [(None, None)] * len(records.rows)
    if found is not None:
        lows, highs = (
            value_rows({n: _end(v, found[n], end) for n, v in erf.numbers.items()})
            for end in (0, 1)
        )
        ends = [(low, high) for (_, low), (_, high) in zip(lows, highs, strict=True)]
    rows = tuple((*row, *those) for row, those in zip(records.rows, ends, strict=True))
    return Records((*records.header, "interval low", "interval high"), rows)


def _interval_rows(numbers: Mapping[str, Any], intervals: Mapping[str, Any]) -> Iterator[Any]:
    """(name, interval in words) by the names of :func:`value_rows`."""
    lows = value_rows({n: _end(v, intervals[n], 0) for n, v in numbers.items()})
    highs = value_rows({n: _end(v, intervals[n], 1) for n, v in numbers.items()})
    for (name, low), (_, high) in zip(lows, highs, strict=True):
        yield name, f"{low:.4g} to {high:.4g}"


def _end(value: Any, interval: Any, end: int) -> Any:
    """One end of an interval, in the shape of its number."""
    if isinstance(value, tuple):
        return tuple(_end(v, i, end) for v, i in zip(value, interval, strict=True))
    return interval[end]


def to_dict(erf: ERF) -> dict[str, Any]:
    """Every number with its name and standard error, and what map it is about."""
    return {
        "endpoint": erf.endpoint,
        "at": list(erf.at),
        "map": erf.estimator.map_name,
        "cotangent": erf.estimator.cotangent,
        "positions": 1 if erf.grid is None else erf.grid.count,
        "pitch": None if erf.grid is None else list(erf.grid.pitch),
        "samples": erf.samples,
        "weight_seeds": erf.plan.weight_seeds,
        "input_seeds": erf.plan.input_seeds,
        "distinct_inputs": erf.plan.inputs,
        "seed": erf.plan.seed,
        "inputs": erf.inputs,
        "model": erf.setting.to_dict(),
        "center": list(erf.center),
        "box": [[i.low, i.high] for i in erf.box],
        "size": list(erf.size),
        "notes": list(erf.notes),
        "cut": erf.cut,
        "units": {"of": list(erf.plan.factors), **erf.tails.to_dict()},
        **erf.numbers,
        "stderr": erf.errors,
        "interval": {"level": LEVEL, "of": erf.intervals()},
        **({} if erf.channels is None else {"channels": erf.channels.to_dict()}),
    }
