"""Describe a value per residue in a few words: a number, a formula, or runs of residues."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Description", "condition", "describe"]

_ORDER = ("first", "second", "third", "fourth")
MOST_VALUES = len(_ORDER)  # that are listed one by one


@dataclass(frozen=True)
class Description:
    """Values per residue as text.

    Attributes:
        text: a number, a formula in the length n, or values separated by " / ".
        where: for several values, in which case each of them holds; "" elsewhere.
    """

    text: str
    where: str = ""


def describe(values: Mapping[int, Any], modulus: int) -> Description:
    """Describe the value of each residue briefly.

    >>> describe({0: 5, 1: 5}, 2)
    Description(text='5', where='')
    >>> describe({0: 126, 1: 129, 2: 128, 3: 127}, 4)
    Description(text='129 - (n - 1) % 4', where='')
    >>> several = describe({0: 239, 1: 241, 2: 241, 3: 239}, 4)
    >>> several.text, several.where
    ('239 / 241', 'n % 4 decides: first where it is 0, 3; second where it is 1, 2')

    Args:
        values: residue -> value; residues that the model does not take are left out.
        modulus: n % modulus is the residue.
    """
    distinct = list(dict.fromkeys(values[r] for r in sorted(values)))
    if not distinct:
        return Description("-")
    if len(distinct) == 1:
        return Description(_text(distinct[0]))
    period = _period(values, modulus)
    short = {r % period: value for r, value in values.items()}
    formula = _formula(short, period)
    if formula:
        return Description(formula)
    if len(distinct) > MOST_VALUES:
        numbers = all(isinstance(v, int) for v in distinct)
        ends = f"{min(distinct)} to {max(distinct)}" if numbers else f"{len(distinct)} values"
        return Description(ends, f"by n % {period}, see -f json")
    runs = (_runs([r for r in sorted(short) if short[r] == v]) for v in distinct)
    cases = "; ".join(f"{nth} where it is {run}" for nth, run in zip(_ORDER, runs, strict=False))
    return Description(" / ".join(map(_text, distinct)), f"n % {period} decides: {cases}")


def condition(taken: Sequence[int], modulus: int) -> str:
    """The condition on lengths that a model takes, "" for all.

    >>> condition([0], 16), condition([0, 1, 2, 3], 4), condition([1, 3], 4)
    ('a multiple of 16 (n % 16 = 0)', '', 'n % 2 = 1')
    """
    if len(taken) == modulus:
        return ""
    period = _period({r: r in set(taken) for r in range(modulus)}, modulus)
    short = sorted({r % period for r in taken})
    rule = f"n % {period} = {_runs(short)}"
    return f"a multiple of {period} ({rule})" if short == [0] else rule


def _period(values: Mapping[int, Any], modulus: int) -> int:
    """The smallest divisor of the modulus that decides the value."""
    for period in range(1, modulus):
        if modulus % period:
            continue
        seen: dict[int, Any] = {}
        if all(seen.setdefault(r % period, v) == v for r, v in values.items()):
            return period
    return modulus


def _formula(values: Mapping[int, Any], period: int) -> str:
    """``c - a ((n - t) % period)`` where all values are of that form, "" elsewhere."""
    if period < 3 or len(values) < period or not all(type(v) is int for v in values.values()):
        return ""
    for start in sorted(range(period), key=lambda t: min(t, period - t)):
        turned = [values[(start + i) % period] for i in range(period)]
        step = turned[1] - turned[0]
        if all(b - a == step for a, b in itertools.pairwise(turned)):
            shifted = start if start <= period // 2 else start - period
            n = "n" if not shifted else f"(n {'-' if shifted > 0 else '+'} {abs(shifted)})"
            factor = "" if abs(step) == 1 else f"{abs(step)} * "
            return f"{turned[0]} {'-' if step < 0 else '+'} {factor}{_bracket(n, period, factor)}"
    return ""


def _bracket(n: str, period: int, factor: str) -> str:
    return f"({n} % {period})" if factor else f"{n} % {period}"


def _runs(residues: Sequence[int]) -> str:
    """``0-3, 7``."""
    runs: list[list[int]] = []
    for residue in residues:
        if runs and residue == runs[-1][-1] + 1:
            runs[-1].append(residue)
        else:
            runs.append([residue])
    return ", ".join(
        f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
