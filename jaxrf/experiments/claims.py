"""Claims of the literature: statement, source, numbers found, and whether it holds.

A script builds :class:`Claim` objects in ``summarize``, publishes ``decide(claims)`` under the key
``"claims"`` and returns ``{"claims": claims_table(numbers["claims"]), ...}`` from ``table``. It
states estimates and a rule; the verdict is computed here, for all claims of a script at once: the
chance that any of its verdicts is wrong is 5 %.

Source: Holm 1979, with decisions in both directions (Shaffer 1980); ``tests/experiments``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.experiments.evidence import Band, Law
from jaxrf.text.table import TextTable

__all__ = ["FAILS", "HOLDS", "LEVEL", "UNDECIDED", "Claim", "claims_table", "decide"]

LEVEL = 0.05  # chance that any verdict of a script is wrong
HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"


@dataclass(frozen=True)
class Claim:
    """A statement that an experiment tested.

    Attributes:
        statement: what is claimed, in words that can be wrong.
        source: who claims it and where, or "jaxrf" with the place of a formula.
        evidence: estimates under a rule, or under several that all have to hold.
        note: a remark shown before the numbers.
    """

    statement: str
    source: str
    evidence: Band | Law | tuple[Band | Law, ...]
    note: str = ""

    def __post_init__(self) -> None:
        rules = self.evidence if isinstance(self.evidence, tuple | list) else (self.evidence,)
        if not rules or not all(isinstance(rule, Band | Law) for rule in rules):
            raise InvalidInput(
                f"claim {self.statement!r}: got {self.evidence!r}, needed estimates under a rule "
                "(Band, Law): a verdict is computed, not stated"
            )
        object.__setattr__(self, "evidence", tuple(rules))

    @property
    def rules(self) -> tuple[Band | Law, ...]:
        """The evidence as a tuple."""
        return self.evidence  # type: ignore[return-value]  # __post_init__ made it one

    @property
    def p_holds(self) -> float:
        """P-value against the hypothesis that the claim is false."""
        return max(rule.p_holds for rule in self.rules)

    @property
    def p_fails(self) -> float:
        """P-value against the hypothesis that the claim is true, over all of its rules."""
        return min(1.0, min(rule.p_fails for rule in self.rules) * len(self.rules))


def decide(claims: Iterable[Claim]) -> list[dict[str, str]]:
    """The claims of a script as data, with verdicts: "holds", "does not hold" or "undecided".

    Holm's procedure over the claims: the m claims are taken by their smaller probability, which is
    multiplied by m for the first, by m - 1 for the next, and never falls. A claim does not hold
    where ``p_fails`` is at most :data:`LEVEL` then; else it holds where ``p_holds`` is.

    Args:
        claims: all of a script; their numbers are taken as independent or positively dependent.
    """
    claims = list(claims)
    order = sorted(range(len(claims)), key=lambda n: min(claims[n].p_holds, claims[n].p_fails))
    found: dict[int, dict[str, str]] = {}
    before = 0.0
    for rank, n in enumerate(order):
        claim, factor = claims[n], len(claims) - rank
        fails, holds = (max(before, min(1.0, factor * p)) for p in (claim.p_fails, claim.p_holds))
        before = min(fails, holds)
        verdict = FAILS if fails <= LEVEL else HOLDS if holds <= LEVEL else UNDECIDED
        shown = fails if verdict == FAILS else holds if verdict == HOLDS else before
        texts = [claim.note, *(rule.text for rule in claim.rules), _p_text(shown)]
        found[n] = {
            "claim": claim.statement,
            "source": claim.source,
            "numbers": "; ".join(text for text in texts if text),
            "verdict": verdict,
        }
    return [found[n] for n in range(len(claims))]


def _p_text(p: float) -> str:
    """A probability, as small as it makes sense to state."""
    return f"p = {p:.2g}" if p >= 1e-9 else "p < 1e-9"


def claims_table(claims: Iterable[Mapping[str, Any]], title: str = "claims") -> TextTable:
    """One row per claim.

    Args:
        claims: what :func:`decide` gave.
        title: of the table.
    """
    columns = ("claim", "source", "numbers", "verdict")
    rows = tuple(tuple(str(claim[key]) for key in columns) for claim in claims)
    notes = (
        "95 % intervals in brackets; p: two-sided, after Holm over all claims of this table; that",
        "of the verdict, or the smaller of both directions where there is none.",
    )
    return TextTable(title, columns, rows, notes, words=len(columns))
