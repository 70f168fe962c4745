"""The invariant between a summary and the exact sets, for any network.

For an output whose interval lies inside the image, the interval holds all that is read; where the
two differ, the field has a note that says why. Global and bounded fields are marked as such.
"""

from __future__ import annotations

from collections.abc import Iterator

from jaxrf.geometry.field import AxisField, Field
from jaxrf.geometry.interval import Interval

__all__ = ["contradictions"]


def contradictions(field: Field) -> tuple[str, ...]:
    """One line for every axis whose summary contradicts what its outputs read; empty if none does.

    >>> from jaxrf.geometry.field import AxisField
    >>> read = (Interval(0, 1), Interval(0, 2), Interval(1, 2))
    >>> contradictions(Field("sum", (3,), (AxisField(0, 3, (Interval(-1, 1),), 1, exact=read),)))
    ()
    >>> contradictions(Field("sum", (3,), (AxisField(0, 3, (Interval(0, 0),), 1, exact=read),)))
    ('sum, axis 0, output 0: reads [0, 1], the summary has [0, 0]',)
    """
    lines = []
    for axis in field.axes:
        if (first := next(_contradictions(axis), None)) is not None:
            lines.append(f"{field.name}, axis {axis.axis}, {first}")
    return tuple(lines)


def _contradictions(axis: AxisField) -> Iterator[str]:
    if axis.is_global or axis.approximate is not None or axis.length is None:
        return
    image = Interval(0, axis.length - 1)
    for u, read in enumerate(axis.exact):
        said = axis.interval(u) if axis.phases else None
        if said is None or said.size == 0:
            if read is not None:
                yield f"output {u}: reads {_text(read)}, the summary has nothing"
            continue
        kept = said in image and said == read
        within = said.clip(axis.length)
        padded = said not in image and (read is None or (within is not None and read in within))
        contained = said in image and (read is None or read in said)
        if not kept and not padded and not (axis.notes and (contained or said not in image)):
            yield f"output {u}: reads {_text(read)}, the summary has {_text(said)}"


def _text(interval: Interval | None) -> str:
    return "nothing" if interval is None else f"[{interval.low}, {interval.high}]"
