"""``side_by_side``: several models in one table and one figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.by_name import ByName
from jaxrf.errors import InvalidInput
from jaxrf.geometry.collection import Fields
from jaxrf.geometry.field import Field
from jaxrf.text.result import Result

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["Models", "side_by_side"]


@dataclass(frozen=True, eq=False, repr=False)
class Models(Result, ByName[Fields]):
    """The fields of several models, by name.

    Attributes:
        models: name -> fields of all end-points.
        endpoint: the one that is shown of each; None is the output.
    """

    REPORT: ClassVar[str] = "models"
    NAMES_OF: ClassVar[str] = "model"

    models: Mapping[str, Fields]
    endpoint: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all models, in order."""
        return tuple(self.models)

    def _value(self, name: str) -> Fields:
        return self.models[name]

    def shown(self) -> Iterator[tuple[str, Field, int]]:
        """(name, field, floating-point operations) of the end-point of each model."""
        for name, fields in self.items():
            found = fields.find(self.endpoint)
            cost = {e["name"]: e["flops"] for e in fields.document["endpoints"]}
            yield name, fields[found], cost[found]


def side_by_side(models: Mapping[str, Analysis | Fields], *, endpoint: str | None = None) -> Models:
    """Several models in one table, one figure (``.plot()``) and one file.

    >>> import jaxrf
    >>> nets = {"two": lambda x: x[:, 1:] + x[:, :-1], "three": lambda x: x[:, 2:] + x[:, :-2]}
    >>> found = side_by_side({n: jaxrf.analyze(f, (1, 8, 1)) for n, f in nets.items()})
    >>> [row[:4] for row in found.table().rows]
    [('two', 'output', '7x1', '2'), ('three', 'output', '6x1', '3')]

    Args:
        models: name -> analysis, or its fields as :func:`jaxrf.load` returns them.
        endpoint: to show of each; the output by default.

    Raises:
        InvalidInput: no models, something else, or an end-point that one of them does not have.
    """
    from jaxrf.theory.analysis import Analysis

    check_arguments(side_by_side, locals())
    if not isinstance(models, Mapping) or not models:  # type: ignore[redundant-expr]  # not checked
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
