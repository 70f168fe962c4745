"""Claims of the literature: what was said, where, the numbers found, and whether it holds.

A script builds :class:`Claim` objects in ``summarize``, publishes ``[c.to_dict() for c in claims]``
under the key ``"claims"`` and returns ``{"claims": claims_table(numbers["claims"]), ...}`` from
``table``. The verdict is computed from the numbers; a script never states one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jaxrf.tables import TextTable

__all__ = ["Claim", "claims_table"]

VERDICTS = {True: "holds", False: "does not hold", None: "undecided"}


@dataclass(frozen=True)
class Claim:
    """A statement that an experiment tested.

    Attributes:
        statement: what is claimed, in words that can be wrong.
        source: who claims it and where, or "jaxrf" with the place of a formula.
        numbers: what was found, with errors.
        holds: None where the numbers cannot tell.
    """

    statement: str
    source: str
    numbers: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """Either "holds", "does not hold" or "undecided"."""
        return VERDICTS[None if self.holds is None else bool(self.holds)]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the claim as data, its verdict in words."""
        return {
            "claim": self.statement,
            "source": self.source,
            "numbers": self.numbers,
            "verdict": self.verdict,
        }


def claims_table(claims: Iterable[Claim | Mapping[str, Any]], title: str = "claims") -> TextTable:
    """One row a claim.

    Args:
        claims: claims, or what their ``to_dict`` gave.
        title: of the table.
    """
    dicts = [c.to_dict() if isinstance(c, Claim) else c for c in claims]
    columns = ("claim", "source", "numbers", "verdict")
    rows = tuple(tuple(str(d[key]) for key in columns) for d in dicts)
    return TextTable(title, columns, rows, words=len(columns))
