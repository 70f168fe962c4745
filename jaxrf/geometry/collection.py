"""``Fields``: the fields of an analysis without the traced model, for files and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jaxrf.arguments.by_name import ByName
from jaxrf.geometry.field import Field
from jaxrf.text.result import Result
from jaxrf.text.table import TextTable

__all__ = ["Fields"]


@dataclass(frozen=True, eq=False, repr=False)
class Fields(Result, ByName[Field]):
    """The fields of all end-points, their table and their JSON.

    Attributes:
        fields: in order of execution, the output last.
        text: the table of the analysis.
        document: its JSON, as ``jaxrf field -f json`` has it.
    """

    fields: tuple[Field, ...]
    text: TextTable
    document: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all end-points, the output last."""
        return tuple(field.name for field in self.fields)

    @property
    def output(self) -> Field:
        """The field of the model's output."""
        return self.fields[-1]

    def _value(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def table(self) -> TextTable:
        """The table of the analysis, a row for every end-point."""
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """The JSON of the analysis."""
        return dict(self.document)
