"""Merge rows of a long table that are alike: repeated calls of one part, and equal neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from jaxrf.arguments.names import FEW

__all__ = ["Row", "in_calls", "merged", "together"]

_CALL = re.compile(r"#\d+")  # what names a further call of a part that is shared


@dataclass(frozen=True)
class Row:
    """A row of a table of end-points, and what it stands for.

    Attributes:
        part: name of the part of the model that the row is about.
        names: of its end-points; several where one part is called repeatedly.
        cells: texts beside the name.
        label: the name that is displayed.
    """

    part: str
    names: tuple[str, ...]
    cells: tuple[str, ...]
    label: str

    @property
    def text(self) -> str:
        """The text in the column of names."""
        return self.label if len(self.names) == 1 else f"{self.label} (x {len(self.names)})"


def in_calls(names: Sequence[str], outputs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Group end-points by the part that they are calls of: many calls of one part are one row.

    A recurrent cell is called at every step, and each of its calls is an end-point.

    >>> names = ["stem", "cell", *[f"cell#{n}" for n in range(2, 12)], "head", "head#2"]
    >>> found = in_calls(names, ["head#2"])
    >>> list(found), len(found["cell"])
    (['stem', 'cell', 'head', 'head#2'], 11)

    Args:
        names: of all end-points, in order.
        outputs: of the model, each of which has a row of its own.
    """
    kept = set(outputs)
    groups: dict[str, list[str]] = {}
    for name in names:
        key = name if name in kept else _CALL.sub("", name)
        groups.setdefault(key, []).append(name)
    return {
        key: tuple(those)
        for part, all_of in groups.items()
        for key, those in (
            [(part, all_of)] if len(all_of) > FEW else [(name, [name]) for name in all_of]
        )
    }


def together(cells: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The cells of several rows in one: what they share, or from where to where they go.

    >>> together([("1", "yes", "8"), ("12", "yes", "-")])
    ('1 to 12', 'yes', 'varies')
    """
    return tuple(map(_range, zip(*cells, strict=True)))


def _range(texts: tuple[str, ...]) -> str:
    found = dict.fromkeys(texts)
    if len(found) == 1:
        return texts[0]
    try:
        numbers = {float(text): text for text in found}
    except ValueError:
        return "varies"
    return f"{numbers[min(numbers)]} to {numbers[max(numbers)]}"


def merged(rows: Sequence[Row], outputs: Iterable[str]) -> list[Row]:
    """Neighbours whose cells agree, in one row: a convolution, its norm and its activation.

    Args:
        rows: in order.
        outputs: of the model, each of which keeps a row of its own.
    """
    kept = set(outputs)
    groups: list[list[Row]] = []
    for row in rows:
        before = groups[-1][-1] if groups else None
        alike = before is not None and _said(before) == _said(row)
        if alike and before is not None and not kept.intersection((*row.names, *before.names)):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_one(group) for group in groups]


def _one(group: Sequence[Row]) -> Row:
    """One row of several."""
    if len(group) == 1:
        return group[0]
    first, last = group[0].label, group[-1].label
    scope = first.rpartition("/")[0]
    if scope and last.startswith(f"{scope}/"):
        last = last[len(scope) + 1 :]
    between = ", " if len(group) == 2 else " to "
    return replace(group[-1], label=f"{first}{between}{last}")


def _said(row: Row) -> tuple[int, tuple[str, ...]]:
    return len(row.names), row.cells
