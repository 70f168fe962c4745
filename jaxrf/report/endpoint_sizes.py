"""One end-point for every length, a row for every axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.report.axis_sizes import table_of
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.theory.sizes.result import EndpointSizes

__all__ = ["table", "to_dict"]


def table(endpoint: EndpointSizes) -> TextTable:
    """A row for every axis."""
    return table_of(endpoint.name, endpoint.axes)


def to_dict(endpoint: EndpointSizes) -> dict[str, Any]:
    """Name, whether it is proved, and axes, as in the JSON of ``jaxrf field``."""
    return {
        "name": endpoint.name,
        "proved": endpoint.proved,
        "axes": [axis.to_dict() for axis in endpoint.axes],
    }
