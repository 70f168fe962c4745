"""``side_by_side``: several models in one table and one figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxrf.arguments.annotated import check_given
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.collection import Fields
from jaxrf.geometry.field import Field
from jaxrf.report.fields import giga, per_axis, shape_text
from jaxrf.report.json import SCHEMA, meta
from jaxrf.report.units import unit
from jaxrf.text.readable import Readable
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["Models", "side_by_side"]


@dataclass(frozen=True, eq=False, repr=False)
class Models(Readable, Mapping[str, Fields]):
    """The fields of several models, by name.

    Attributes:
        models: name -> fields of all end-points.
        endpoint: the one that is shown of each; None is the output.
    """

    models: Mapping[str, Fields]
    endpoint: str | None = None

    def __getitem__(self, name: str) -> Fields:
        return self.models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)

    def shown(self) -> Iterator[tuple[str, Field, int]]:
        """(name, field, floating-point operations) of the end-point of each model."""
        for name, fields in self.items():
            found = fields.find(self.endpoint)
            cost = {e["name"]: e["flops"] for e in fields.document["endpoints"]}
            yield name, fields[found], cost[found]

    def table(self) -> TextTable:
        """A row for every model."""
        rows, records = [], []
        for name, field, flops in self.shown():
            rows.append(
                (
                    name,
                    field.name,
                    shape_text(field.shape or ()),
                    *(per_axis(v) for v in (field.size, field.stride, field.padding)),
                    "global" if field.is_global else ("yes" if field.aligned else "no"),
                    giga(flops),
                )
            )
            records += [
                (name, field.name, a.axis, a.size, a.stride, a.padding, a.aligned, a.is_global)
                for a in field.axes
            ]
        axes = {len(field.axes) for _, field, _ in self.shown()}
        inputs = {name: _input(fields) for name, fields in self.items()}
        alike = f", {next(iter(inputs.values()))}" if len({*inputs.values()}) == 1 else ""
        return TextTable(
            f"{len(self)} models{alike}; r, S, P in input {unit(min(axes))}",
            ("model", "end-point", "shape", "r", "S", "P", "aligned", "GFLOP"),
            tuple(rows),
            words=2,
            notes=(*(() if alike else map(": ".join, inputs.items())), *self._notes()),
            records=Records(
                ("model", "end-point", "axis", "r", "S", "P", "aligned", "global"), tuple(records)
            ),
        )

    def _notes(self) -> Iterator[str]:
        """How each model was called, what was assumed of it, and what is only bounded."""
        said: dict[str, list[str]] = {}
        for name, fields in self.items():
            setting = Setting(**fields.document["model"])
            bounded = [w for w in fields.document["warnings"] if w not in setting.assumed]
            for line in (*setting.calls, *bounded):
                said.setdefault(line, []).append(name)
        for line, names in said.items():
            yield line if len(names) == len(self) else f"{', '.join(names)}: {line}"

    def to_dict(self) -> dict:
        """The JSON of each model, by name."""
        models = {name: fields.to_dict() for name, fields in self.items()}
        return {"schema": SCHEMA, "models": models, "meta": meta()}


def _input(fields: Fields) -> str:
    return f"input {'x'.join(map(str, fields.document['input_shape']))}"


def side_by_side(models: Mapping[str, Analysis | Fields], *, endpoint: str | None = None) -> Models:
    """Several models in one table, one figure (``.plot()``) and one file.

    >>> import jaxrf
    >>> nets = {"two": lambda x: x[:, 1:] + x[:, :-1], "three": lambda x: x[:, 2:] + x[:, :-2]}
    >>> found = side_by_side({n: jaxrf.analyze(f, (1, 8, 1)) for n, f in nets.items()})
    >>> [row[:4] for row in found.table().rows]
    [('two', 'output', '7x1', '2'), ('three', 'output', '6x1', '3')]

    Args:
        models: name -> analysis, or what :func:`jaxrf.load` has given back of one.
        endpoint: to show of each; the output by default.

    Raises:
        InvalidInput: no models, something else, or an end-point that one of them does not have.
    """
    from jaxrf.theory.analysis import Analysis

    check_given(side_by_side, locals())
    if not isinstance(models, Mapping) or not models:
        raise InvalidInput(
            f"side_by_side: got {type(models).__name__}, need a mapping from names to analyses"
        )
    found: dict[str, Fields] = {}
    for name, model in models.items():
        if not isinstance(model, (Analysis, Fields)):
            raise InvalidInput(
                f"side_by_side: got {type(model).__name__} for {name}, need an Analysis or Fields"
            )
        fields = model if isinstance(model, Fields) else model.fields
        try:
            fields.find(endpoint)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}") from None
        found[str(name)] = fields
    return Models(found, endpoint)
