"""Causality: how far outputs look behind and ahead of the input samples that they own.

The convention stands in :mod:`jaxrf.geometry.field`: output u owns the samples of its hop, floor(u
S) to ceil((u + 1) S) - 1. Where the field follows a law, its phases say how far the outputs look;
the exact intervals then have to confirm that none reads ahead, as reflected padding does at a
border. Where an operation sees the whole axis, or there is no law (recurrences, running sums,
masked attention), the exact intervals decide alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from jaxrf.geometry.interval import Interval

__all__ = ["Look", "hop", "in_words", "look", "looks"]

_LONGEST_PERIOD = 64  # outputs, looked for in ends that follow no stated law


@dataclass(frozen=True)
class Look:
    """How far the outputs of an end-point look along one axis, input samples.

    Attributes:
        back: farthest beyond the first sample of the own hop; None if ``causal`` is None, else
            where it has no bound.
        ahead: farthest beyond the last sample of the own hop, None as for ``back``. Negative for a
            network that is late.
        causal: whether no output reads beyond its own hop; None where that cannot be told, or
            where no dimension of the output follows the axis.
        most: farthest that an output of the traced size reads ahead; more than ``ahead`` where
            padding is reflected or wraps around. None where it is not looked at.
    """

    back: int | None = None
    ahead: int | None = None
    causal: bool | None = None
    most: int | None = None


def hop(index: int, stride: Fraction) -> tuple[int, int]:
    """First and last input sample that output ``index`` owns.

    >>> hop(3, Fraction(2)), hop(30, Fraction(1, 24)), hop(1, Fraction(2, 3))
    ((6, 7), (1, 1), (0, 1))
    """
    d, t = stride.numerator, stride.denominator
    return index * d // t, -(-(index + 1) * d // t) - 1


def looks(intervals: Sequence[Interval | None], stride: Fraction) -> list[tuple[int, int] | None]:
    """(behind, ahead) of outputs 0, 1, ...; None for one that reads nothing."""
    found: list[tuple[int, int] | None] = []
    for index, interval in enumerate(intervals):
        if interval is None or interval.low > interval.high:
            found.append(None)
        else:
            first, last = hop(index, stride)
            found.append((first - interval.low, interval.high - last))
    return found


def look(
    phases: Sequence[Interval],
    stride: Fraction | None,
    exact: Sequence[Interval | None],
    length: int | None,
    *,
    is_global: bool,
) -> Look:
    """The look of an end-point along one axis, from what is known of its field.

    Args:
        phases: virtual intervals of one period, where the field follows a law, else of all outputs.
        stride: S of the law; None without one.
        exact: intervals of real inputs of all outputs of the traced size; empty if unknown.
        length: of the axis.
        is_global: some path sees the whole axis.
    """
    law = stride if stride is not None and stride > 0 else None
    if is_global and _all_see_all(exact, length):
        # A single output is a place only if its map follows the axis.
        return Look(causal=None if len(exact) == 1 and law is None else False)
    if law is not None and not is_global:
        virtual = [ends for ends in looks(phases, law) if ends is not None]
        if not virtual:
            return Look()
        back, ahead = (max(ends) for ends in zip(*virtual, strict=True))
        real = [ends[1] for ends in looks(exact, law) if ends is not None]
        most = max(real, default=None)
        return Look(back, ahead, ahead <= 0 and (most is None or most <= 0), most)
    if law is None:
        law = _pace(phases, exact, length)
    return Look() if law is None else _of_exact(exact, law)


def _all_see_all(exact: Sequence[Interval | None], length: int | None) -> bool:
    """Whether every output sees the whole axis, as it has to be taken for where nothing is known.

    One that reads nothing at all does not count.
    """
    some = [interval for interval in exact if interval is not None]
    return not some or all(i.low == 0 and i.high + 1 == length for i in some)


def _of_exact(exact: Sequence[Interval | None], stride: Fraction) -> Look:
    """The look from exact intervals, which borders cut; one that still grows has no bound."""
    found = [ends for ends in looks(exact, stride) if ends is not None]
    if not found:
        return Look()
    backs, aheads = ([ends[k] for ends in found] for k in (0, 1))
    back, ahead = max(backs), max(aheads)
    middle = (len(found) + 1) // 2
    steady_back = back <= max(backs[:middle]) and _lows_move(exact)
    steady_ahead = ahead <= 0 or ahead <= max(aheads[len(found) - middle :])
    return Look(
        back if steady_back else None, ahead if steady_ahead else None, ahead <= 0, max(aheads)
    )


def _lows_move(exact: Sequence[Interval | None]) -> bool:
    """Whether not all that read something read from one sample on."""
    return len({interval.low for interval in exact if interval is not None}) > 1


def _pace(
    phases: Sequence[Interval], exact: Sequence[Interval | None], length: int | None
) -> Fraction | None:
    """Input samples per output where no law says it: one to one, or as the ends move.

    Virtual ends before real ones, which borders cut; and high ends before low ones, which stay
    where they are in whatever has a state.
    """
    if len(exact) < 2 or length is None:
        return None
    if len(exact) == length:
        return Fraction(1)
    found = None
    if len(phases) == len(exact):
        found = _steady({u: i.high for u, i in enumerate(phases)}, len(phases), 1) or _steady(
            {u: i.low for u, i in enumerate(phases)}, len(phases), 1
        )
    some = [(u, i) for u, i in enumerate(exact) if i is not None]
    return (
        found
        or _steady({u: i.high for u, i in some if i.high < length - 1}, len(exact), 3)
        or _steady({u: i.low for u, i in some if i.low > 0}, len(exact), 3)
    )


def _steady(ends: dict[int, int], outputs: int, turns: int) -> Fraction | None:
    """The rate at which ends move, if they all do by one step and ``turns`` times a phase."""
    for period in range(1, min(_LONGEST_PERIOD, outputs // 2) + 1):
        steps = [ends[u + period] - end for u, end in ends.items() if u + period in ends]
        if len(steps) >= max(2, turns * period) and steps[0] > 0 and len(set(steps)) == 1:
            return Fraction(steps[0], period)
    return None


def in_words(value: int | None, causal: bool | None, *, unknown: str = "-") -> str:
    """``look_back`` or ``look_ahead`` as text: a number, "all" without a bound, or ``unknown``.

    >>> in_words(37, True), in_words(None, True), in_words(None, None)
    ('37', 'all', '-')
    """
    if value is not None:
        return str(value)
    return unknown if causal is None else "all"
