"""The table of a field at every output position: borders, residue classes, dead pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxrf.report.numbers import axis_names, unit_lines
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.bootstrap import Statistics
    from jaxrf.measure.field_grid.result import FieldGrid

__all__ = ["table", "to_dict"]

Row = tuple[str, str, str, str]


def table(found: FieldGrid) -> TextTable:
    """Interior, border and corner side by side, and the spread over residue classes."""
    plan = found.plan
    weights = f"{plan.weight_seeds} weight seeds" if plan.weight_seeds else "given weights"
    inputs = "random inputs" if found.inputs == "normal" else f"{plan.inputs} given inputs"
    grid = " x ".join(map(str, found.positions.shape))
    return TextTable(
        f"fields of {found.endpoint} at {grid} positions: g^2, {plan.samples} samples, {weights}, "
        f"{inputs}",
        ("number", "value", "standard error", "predicted"),
        (*_groups(found), *_classes(found), *_dead(found)),
        (
            "energy over the mean of the interior; of residue classes, over that of all classes",
            f"sigma about the theoretical centres, input {unit(len(found.positions.shape))}",
            "shift: centroid minus theoretical centre, towards the middle of the image",
            *unit_lines(found),
            *found.setting.lines,
            *(f"prediction assumes: {n}" if found.predicted else n for n in found.notes),
        ),
    )


def to_dict(found: FieldGrid) -> dict[str, Any]:
    """All numbers with their names and errors, arrays as nested lists."""
    names = ("energy", "centroid", "sigma", "sigma_centroid", "outputs", "inputs")

    def told(of: Statistics) -> dict[str, Any]:
        arrays = {name: found.array(name, of).tolist() for name in names}
        rest = {n: list(v) for n, v in of.items() if n not in names}
        return arrays | {n: v[0] if n.endswith("_energy") else v for n, v in rest.items()}

    return {
        "endpoint": found.endpoint,
        "map": "g^2",
        "model": found.setting.to_dict(),
        "samples": found.plan.samples,
        "weight_seeds": found.plan.weight_seeds,
        "input_seeds": found.plan.input_seeds,
        "distinct_inputs": found.plan.inputs,
        "units": {"of": list(found.plan.factors), **found.replicates.tails.to_dict()},
        "seed": found.plan.seed,
        "inputs_of": found.inputs,
        "positions": {n: int(g.sum()) for n, g in found.positions.groups.items()},
        "indices": [i.tolist() for i in found.positions.indices],
        "period": list(found.positions.period),
        "shift": list(found.positions.shift),
        "center": found.center.tolist(),
        "dead": int(found.dead.sum()),
        "notes": list(found.notes),
        **told(found.numbers),
        "stderr": told(found.errors),
        "predicted": None if found.predicted is None else told(found.predicted),
    }


def _groups(found: FieldGrid) -> Iterator[Row]:
    counts = {n: int(g.sum()) for n, g in found.positions.groups.items()}
    names = axis_names(len(found.positions.shape))
    for group in found.groups:
        yield f"{group}, positions", str(counts[group]), "", ""
        yield from _row(found, f"{group}, energy", f"{group}_energy", 0)
        for what in ("sigma", "shift"):
            for n, axis in enumerate(names):
                yield from _row(found, f"{group}, {what} {axis}", f"{group}_{what}", n)


def _row(found: FieldGrid, label: str, name: str, n: int) -> Iterator[Row]:
    expected = "" if found.predicted is None else f"{found.predicted[name][n]:.4g}"
    yield label, f"{found.numbers[name][n]:.4g}", f"{found.errors[name][n]:.2g}", expected


def _classes(found: FieldGrid) -> Iterator[Row]:
    """Extremes over residue classes, and their spread beside the spread of noise alone."""
    for name, counts in (("outputs", found.positions.period), ("inputs", found.positions.shift)):
        if np.prod(counts) == 1:
            continue
        label = f"{name} mod {' x '.join(map(str, counts))}"
        values, errors = found.array(name), found.array(name, found.errors)
        if not np.isfinite(values).any():
            continue
        expected = None if found.predicted is None else found.array(name, found.predicted)
        for what, place in (("most", np.nanargmax(values)), ("least", np.nanargmin(values))):
            at = ",".join(map(str, np.unravel_index(place, counts)))
            predicted = "" if expected is None else f"{expected.flat[place]:.4g}"
            yield (
                f"{label}, {what}: {at}",
                f"{values.flat[place]:.4g}",
                f"{errors.flat[place]:.2g}",
                predicted,
            )
        noise = np.sqrt(np.nanmean(errors**2))
        spread = "" if expected is None else f"{np.nanstd(expected):.4g}"
        yield f"{label}, spread", f"{np.nanstd(values):.4g}", f"noise {noise:.2g}", spread


def _dead(found: FieldGrid) -> Iterator[Row]:
    count, whole = int(found.dead.sum()), found.dead.size
    if count:
        yield (
            f"input {unit(len(found.positions.shape))} without energy",
            f"{count} of {whole}",
            "",
            "",
        )
    silent = int((found.energy == 0).sum())
    if silent:
        yield "positions without energy", f"{silent} of {found.energy.size}", "", ""
