"""Evidence about a claim: estimates with standard errors, and the two rules that weigh them.

Every rule gives two p-values, both two-sided: ``p_holds``, against the hypothesis that the claim is
false, and ``p_fails``, against the hypothesis that it is true. A small one of the two decides;
where neither is small, nothing is decided. "Holds" therefore needs as much evidence as "does not
hold", and the absence of a difference is never shown by a test that found none.

:class:`Band` is the rule of equivalence: at 5 %, a claim about one number holds where its 95 %
interval lies inside the band and does not hold where it lies outside. With one end open it is the
rule of a direction or a difference. :class:`Law` is the rule of agreement of many numbers with many
exact ones, by chi-squared, and within a stated tolerance.

Standard errors are those of independent units (networks, photographs, seeds); Student's t has one
degree of freedom less than there are units (for two samples: than the smaller one has).

Source: for the two-sided decision by intervals, Schuirmann 1987 (two one-sided tests); for all of
several bands, Berger 1982 (intersection-union tests); ``tests/experiments/test_evidence.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc, ndtri, stdtr, stdtrit

from jaxrf.errors import InvalidInput

__all__ = ["Band", "Estimate", "Law", "difference", "exact", "mean_of", "ratio"]

SMALLEST = 1e-300  # of a probability whose normal quantile is asked for


@dataclass(frozen=True)
class Estimate:
    """A number, and how well it is known.

    Attributes:
        name: of what was measured, with its unit.
        value: the estimate.
        error: standard error over independent units; 0 only of an exact number.
        count: independent units, at least 2; None for an exact number.
        units: what was independent, in the plural.
    """

    name: str
    value: float
    error: float
    count: int | None
    units: str = "networks"

    def __post_init__(self) -> None:
        if self.count is None and self.error != 0:
            raise InvalidInput(
                f"{self.name}: got the error {self.error} of no units, needed their number; "
                "only an exact number has none"
            )
        if self.count is not None and self.count < 2:
            raise InvalidInput(f"{self.name}: got {self.count} units, needed 2 to know an error")

    @property
    def known(self) -> bool:
        """Whether anything can be said: a number with a spread, or an exact one."""
        if self.count is None:
            return not math.isnan(self.value)
        return math.isfinite(self.value) and 0 < self.error < math.inf

    def p_above(self, bound: float) -> float:
        """One-sided p-value of so high an estimate where the truth is at most the bound."""
        return self._tail(bound, 1)

    def p_below(self, bound: float) -> float:
        """One-sided p-value of so low an estimate where the truth is at least the bound."""
        return self._tail(bound, -1)

    def _tail(self, bound: float, sign: int) -> float:
        if not self.known or bound == -sign * math.inf:
            return 0.0 if self.known else 1.0  # nothing to be shown of a side that is open
        above = sign * (self.value - bound)
        if self.count is None:
            return 0.0 if above > 0 else 0.5 if above == 0 else 1.0
        return float(stdtr(self.count - 1, -above / self.error))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Student's confidence interval; the number itself where it is exact."""
        if self.count is None:
            return self.value, self.value
        half = float(stdtrit(self.count - 1, 0.5 + level / 2)) * self.error
        return self.value - half, self.value + half

    @property
    def text(self) -> str:
        """The number with its 95 % interval, as many digits as the error allows."""
        if not self.known:
            spread = "" if math.isnan(self.value) else f" (no spread over {self.units})"
            return f"{self.name}: {self.value:.3g}{spread}"
        if self.count is None:
            return f"{self.name}: {self.value:.4g}"
        low, high = self.interval()
        digits = max(0, 1 - math.floor(math.log10(self.error)))
        if digits > 5 or abs(self.value) >= 1e5:
            return f"{self.name}: {self.value:.2g} [{low:.2g}, {high:.2g}]"
        return f"{self.name}: {self.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def exact(name: str, value: float) -> Estimate:
    """A number without an error: counted, or computed from a formula."""
    return Estimate(name, float(value), 0.0, None)


def mean_of(name: str, values: Sequence[float], units: str = "networks") -> Estimate:
    """The mean over independent units.

    Args:
        name: of what was measured.
        values: one per unit, at least two.
        units: what they are, in the plural.
    """
    array = np.asarray(values, float)
    error = float(array.std(ddof=1) / math.sqrt(len(array))) if len(array) > 1 else 0.0
    return Estimate(name, float(array.mean()), error, len(array), units)


def difference(name: str, a: Estimate, b: Estimate) -> Estimate:
    """The difference ``a`` - ``b`` of independent estimates; errors are added in quadrature."""
    return Estimate(name, a.value - b.value, math.hypot(a.error, b.error), _fewer(a, b), a.units)


def ratio(name: str, a: Estimate, b: Estimate) -> Estimate:
    """The ratio ``a`` / ``b`` of independent estimates, with its error to first order."""
    value = a.value / b.value
    error = abs(value) * math.hypot(a.error / a.value, b.error / b.value)
    return Estimate(name, value, error, _fewer(a, b), a.units)


def _fewer(a: Estimate, b: Estimate) -> int | None:
    counts = [e.count for e in (a, b) if e.count is not None]
    return min(counts) if counts else None


@dataclass(frozen=True)
class Band:
    """All estimates lie between two bounds; one of them may be infinite.

    The claim is about all of them: it holds where every one is inside, at the level of a single
    test, and does not hold where any one is outside, at that level divided by their number.

    Attributes:
        estimates: of what the claim is about.
        low: what the truths exceed.
        high: what they stay below.
    """

    estimates: tuple[Estimate, ...]
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "estimates", tuple(self.estimates))
        if not self.estimates or not self.low < self.high:
            raise InvalidInput(
                f"a band: got {len(self.estimates)} estimates from {self.low} to {self.high}, "
                "needed one at least, and a lower bound below the upper one"
            )

    @property
    def p_holds(self) -> float:
        """P-value of the estimate that is least certainly inside."""
        least = (max(e.p_above(self.low), e.p_below(self.high)) for e in self.estimates)
        return min(1.0, 2 * max(least))

    @property
    def p_fails(self) -> float:
        """P-value of the estimate that is most certainly outside, times their number."""
        most = (min(e.p_below(self.low), e.p_above(self.high)) for e in self.estimates)
        return min(1.0, 2 * min(most) * len(self.estimates))

    @property
    def text(self) -> str:
        """The estimates, the bounds and the units."""
        if math.isinf(self.low):
            bounds = f"below {self.high:g}"
        elif math.isinf(self.high):
            bounds = f"above {self.low:g}"
        else:
            bounds = f"between {self.low:g} and {self.high:g}"
        return f"{', '.join(e.text for e in self.estimates)}; {bounds}; {_counted(self.estimates)}"


@dataclass(frozen=True)
class Law:
    """Independent estimates agree with exact numbers.

    The claim does not hold where chi-squared is too large to be noise. It holds where it is not,
    and every truth lies within the tolerance of its exact number (by the rule of a band): numbers
    too noisy to contradict a law do not support it.

    Attributes:
        estimates: of what the law is about; none of them exact.
        exact: what the law gives for each.
        tolerance: how far a truth may be from it, one for all or one for each.
    """

    estimates: tuple[Estimate, ...]
    exact: tuple[float, ...]
    tolerance: float | tuple[float, ...]

    def __post_init__(self) -> None:
        count = len(self.estimates)
        tolerances = np.broadcast_to(np.asarray(self.tolerance, float), (count,))
        object.__setattr__(self, "estimates", tuple(self.estimates))
        object.__setattr__(self, "exact", tuple(float(x) for x in self.exact))
        object.__setattr__(self, "tolerance", tuple(tolerances.tolist()))
        if not count or len(self.exact) != count or min(tolerances) <= 0:
            raise InvalidInput(
                f"a law: got {count} estimates for {len(self.exact)} exact numbers, needed as many "
                "of both, one at least, and tolerances above 0"
            )

    @property
    def chi2(self) -> float:
        """Sum of the squared deviations in normal quantiles of the same probability."""
        total = 0.0
        for e, truth in zip(self.estimates, self.exact, strict=True):
            tail = min(e.p_above(truth), e.p_below(truth)) if e.known else 0.5
            total += float(ndtri(max(tail, SMALLEST))) ** 2
        return total

    @property
    def p_fails(self) -> float:
        """P-value of chi-squared: of one as large by noise alone."""
        return float(chdtrc(len(self.estimates), self.chi2))

    @property
    def p_holds(self) -> float:
        """P-value of the estimate that is least certainly within its tolerance."""
        return max(self._band(n).p_holds for n in range(len(self.estimates)))

    def _band(self, n: int) -> Band:
        tolerances: Any = self.tolerance
        low, high = self.exact[n] - tolerances[n], self.exact[n] + tolerances[n]
        return Band((self.estimates[n],), low, high)

    @property
    def text(self) -> str:
        """Estimates beside exact numbers, the tolerances, chi-squared and the units."""
        pairs = ", ".join(
            f"{e.text} for {truth:.4g}" for e, truth in zip(self.estimates, self.exact, strict=True)
        )
        tolerances: Any = self.tolerance
        low, high = min(tolerances), max(tolerances)
        within = f"{low:.2g}" if low == high else f"{low:.2g} to {high:.2g}"
        return (
            f"{pairs}; chi² {self.chi2:.1f} of {len(self.estimates)}; within ±{within}; "
            f"{_counted(self.estimates)}"
        )


def _counted(estimates: Sequence[Estimate]) -> str:
    """The number and kind of the units; "exact" where there are none."""
    kinds: dict[str, list[int]] = {}
    for e in estimates:
        if e.count is not None:
            kinds.setdefault(e.units, []).append(e.count)
    if not kinds:
        return "exact"
    return " and ".join(
        f"n = {min(counts)}{'' if min(counts) == max(counts) else f' to {max(counts)}'} {units}"
        for units, counts in kinds.items()
    )
