"""Heavy tails of a measurement, and the corrections of standard errors that they need.

A number about a mean map is a ratio: unit u counts in it by its share h_u of all energy. Gradients
of deep rectified networks have log-normal energies, of which a few hold most of the sum: N units
are then worth no more than

    effective = 1 / sum_u h_u^2

of equal ones (Kish 1965, *Survey Sampling*, section 11.7), and three things follow. An error
formula that takes the units as equal is too small: leaving out every unit in turn (the jackknife of
a ratio: Miller 1974, *The jackknife - a review*, Biometrika 61) gives the influence of a unit of
share h the factor 1 / (1 - h). The ratio of the two errors of sigma, at least 1, is the
``inflation`` by which the errors of all numbers are multiplied. An interval takes the quantile of
Student's t with ``effective - 1`` degrees of freedom. And with fewer than ``FEWEST`` effective
units no interval is stated. How well this holds is measured by ``experiments/coverage.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

__all__ = ["FEWEST", "Tails", "sigma_error", "tails_of"]

FEWEST = 5.0  # effective units, below which an interval would be longer than it is worth


@dataclass(frozen=True)
class Tails:
    """The tails of the energies of units.

    Attributes:
        units: number of independent units; of networks and inputs the fewer, where both are units.
        effective: number of units of equal energy that would be worth as much.
        largest: share of all energy that the largest unit holds.
        inflation: factor of the errors of a bootstrap, at least 1.
    """

    units: int
    effective: float
    largest: float
    inflation: float = 1.0

    @property
    def enough(self) -> bool:
        """Whether there are enough units for an interval."""
        return self.effective >= FEWEST

    def quantile(self, level: float) -> float:
        """Half-width of the interval that covers with a probability, in standard errors."""
        return float(stats.t.ppf(0.5 + level / 2, max(self.effective - 1.0, 1.0)))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "units": self.units,
            "effective": self.effective,
            "largest_share": self.largest,
            "inflation": self.inflation,
            "enough": self.enough,
        }


def tails_of(rows: np.ndarray, units: np.ndarray) -> Tails:
    """The tails of units, from the energy and the second moments of every cell.

    Args:
        rows: float64 [cells, 1 + axes]: energy, and energy times squared offset per axis.
        units: int [cells, factors], the unit of every cell (:class:`~.plan.Cell`).

    Returns:
        The tails; where networks and inputs are both units, those of the kind that is worth less.
    """
    found = []
    for factor in units.T:
        sums = _by_unit(rows, factor)
        shares = sums[:, 0] / max(sums[:, 0].sum(), np.finfo(float).tiny)
        effective = 1.0 / max(float((shares**2).sum()), 1.0 / len(sums))
        found.append((effective, len(sums), float(shares.max())))
    effective, count, largest = min(found)
    plain, careful = (_relative_errors(rows, units, leave_out=out) for out in (False, True))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = careful / plain
    inflation = float(np.max(ratio[np.isfinite(ratio)], initial=1.0))
    return Tails(count, float(effective), largest, inflation)


def sigma_error(rows: np.ndarray, units: np.ndarray) -> float:
    """The largest relative standard error of sigma over the axes; inf without errors.

    It is a jackknife over units. Where networks and inputs are both units, their variances are
    added up, which counts what they have in common twice: too large rather than too small.
    """
    error = _relative_errors(rows, units, leave_out=True)
    return float(np.max(error)) if np.isfinite(error).all() else float("inf")


def _relative_errors(rows: np.ndarray, units: np.ndarray, *, leave_out: bool) -> np.ndarray:
    """Per axis, the standard error of sigma over sigma; NaN for fewer than two units."""
    variance = np.zeros(rows.shape[1] - 1)
    for factor in units.T:
        sums = _by_unit(rows, factor)
        count, total = len(sums), sums.sum(0)
        if count < 2 or not total[0] > 0:
            return np.full(len(variance), np.nan)
        second = total[1:] / total[0]
        shares = sums[:, :1] / total[0]
        influence = (sums[:, 1:] - second * sums[:, :1]) / total[0]
        if leave_out:
            with np.errstate(invalid="ignore", divide="ignore"):
                influence = np.where(shares < 1, influence / (1 - shares), np.inf)
            scale = (count - 1) / count
        else:
            scale = count / (count - 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            # sigma is the root of a second moment: half its relative error
            ratio = np.divide(influence, 2 * second, out=np.zeros_like(influence), where=second > 0)
        variance += scale * (ratio**2).sum(0)
    return np.sqrt(variance)


def _by_unit(rows: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The sum of the rows of the cells of each unit: [units, 1 + axes]."""
    _, number = np.unique(factor, return_inverse=True)
    sums = np.zeros((number.max(initial=-1) + 1, rows.shape[1]))
    np.add.at(sums, number.ravel(), rows)
    return sums
