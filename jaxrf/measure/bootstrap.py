"""Standard errors of any number about a map, from bootstrap replicates of it.

A replicate that holds n units (with repetition) has the variance s^2 / n in every linear number,
with s^2 the plain (not Bessel-corrected) variance over the N units. With theta_r the number of
replicate r of R,

    stderr^2 = I^2 sum_r n_r / (N - 1) (theta_r - mean theta)^2 / (R - 1),

with I the inflation of heavy tails (:mod:`.tails`), 1 where all units have the same energy. With
I = 1 its expectation is the squared standard error of a mean, for every N >= 2; a Poisson bootstrap
without the weights n_r overstates it by 8 % for 8 units. Non-linear numbers (R^2, Luo's size,
radii) get their spread over replicates; a jackknife is wrong for those that jump.

Source: Efron 1979, Bootstrap methods: another look at the jackknife.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.moments import axis_moments, marginal
from jaxrf.measure.tails import Tails

__all__ = ["Replicates", "Statistics", "errors_of", "like", "spread", "standard_errors"]

PERIODS = {"angle": np.pi}  # statistics on a circle: an axis turned by pi is the same axis

Statistics = dict[str, Any]  # a float, a tuple of one float per axis, or tuples of tuples


@dataclass(frozen=True, eq=False)
class Replicates:
    """Bootstrap replicates of a map.

    Attributes:
        sums: float64 [R, *crop], sums of the maps of the cells of each replicate.
        weights: float64 [R], cells in each.
        cells: N, cells in the map itself.
        tails: how many equal units the units are worth.
        felt: units with any energy; with fewer than two of them errors are NaN.
    """

    sums: np.ndarray
    weights: np.ndarray
    cells: int
    tails: Tails
    felt: int

    @classmethod
    def of(cls, state: Accumulator, shown: np.ndarray | None = None) -> Replicates:
        """The replicates of running sums, or ``shown`` in their place."""
        sums = state.replicates if shown is None else shown
        return cls(sums, state.weights, state.done, state.tails, state.felt)

    def useful(self) -> tuple[np.ndarray, np.ndarray]:
        """(mean maps, variance scales) of the replicates that have energy; empty without errors.

        The scale turns the squared deviation of a replicate into that of the map.
        """
        units = self.tails.units
        some = np.array([bool(s.any()) for s in self.sums]) & (min(units, self.felt) > 1)
        weights = self.weights[some]
        maps = self.sums[some] / weights.reshape(-1, *(1,) * (self.sums.ndim - 1))
        return maps, weights / self.cells * units / max(units - 1, 1) * self.tails.inflation**2

    def sigma_precision(self, center: tuple[float, ...]) -> float:
        """The largest relative standard error of sigma over the axes; inf without errors."""
        maps, scales = self.useful()
        if len(maps) < 2:
            return float("inf")
        energy = np.stack([marginal(maps, 0, n + 1).sum(1) for n in range(len(center))], 1)
        sigma = np.ascontiguousarray(np.sqrt(axis_moments(maps, center, 2) / energy).T)
        error = spread(sigma.T, scales)
        typical = sigma.mean(1)
        return float(np.max(np.divide(error, typical, out=np.zeros_like(error), where=typical > 0)))


def standard_errors(
    replicates: Replicates, statistic: Callable[[np.ndarray], Mapping[str, Any]]
) -> Statistics:
    """Standard errors of any statistics of a map; formula in the module's docstring.

    Differences of the ``angle`` are taken modulo pi.

    Args:
        replicates: of the map.
        statistic: from a map [*crop] to named numbers or (nested) tuples of numbers.

    Returns:
        The standard errors under the same names and in the same shapes; NaN for fewer than two
        units with energy.

    Raises:
        InvalidInput: where there is no replicate, or the statistic refuses a map.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> units = rng.normal(5.0, 1.0, (100, 1))
        >>> counts = rng.poisson(1.0, (400, 100))
        >>> tails = Tails(units=100, effective=100.0, largest=0.01)
        >>> drawn = Replicates(counts @ units, counts.sum(1), cells=100, tails=tails, felt=100)
        >>> error = standard_errors(drawn, lambda mean: {"mean": float(mean[0])})["mean"]
        >>> bool(abs(error / (units.std(ddof=1) / 10) - 1) < 0.1)
        True
    """
    if not len(replicates.sums):
        raise InvalidInput("standard errors: got no replicate, needed at least one; draw some")
    maps, scales = replicates.useful()
    if len(maps) < 2:
        example = statistic(np.abs(replicates.sums).sum(0) + np.finfo(float).tiny)
        return {n: like(v, np.full(np.shape(v), np.nan)) for n, v in example.items()}
    return errors_of([statistic(m) for m in maps], scales)


def errors_of(found: Sequence[Mapping[str, Any]], scales: np.ndarray) -> Statistics:
    """Standard errors from the statistics of replicates and their variance scales [R]."""
    errors = {}
    for name, value in found[0].items():
        values = np.array([f[name] for f in found])
        errors[name] = like(value, spread(values, scales, PERIODS.get(name)))
    return errors


def spread(values: np.ndarray, scales: np.ndarray, period: float | None = None) -> np.ndarray:
    """The standard error of numbers [R, ...] of replicates, from their variance scales [R]."""
    if period is not None:
        values = (values - values[0] + period / 2) % period
    scales = scales.reshape(-1, *(1,) * (values.ndim - 1))
    squares = np.sum(scales * (values - values.mean(axis=0)) ** 2, axis=0)
    errors: np.ndarray = np.sqrt(squares / (len(values) - 1))
    return errors


def like(example: Any, values: np.ndarray) -> Any:
    """Values as a float or (nested) tuples of floats, whichever the example is."""
    if isinstance(example, tuple):
        return tuple(like(e, v) for e, v in zip(example, values, strict=True))
    return float(values)
