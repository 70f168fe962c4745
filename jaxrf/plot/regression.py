"""Least squares on a logarithm: y = a + b ln x, with what the points say about a, b and the line.

Source: the textbook formulas of simple linear regression; checked against scipy in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from jaxrf.errors import InvalidInput

__all__ = ["LogFit", "fit_log"]


@dataclass(frozen=True)
class LogFit:
    """y = a + b ln x.

    Attributes:
        a: intercept, unit of y.
        b: slope, unit of y for every factor e of x.
        a_stderr: standard error of a.
        b_stderr: standard error of b.
        r2: share of the variance of y that the line explains.
        residual: standard deviation about the line, n - 2 degrees of freedom, unit of y.
        points: n.
        mean_log: mean of ln x.
        spread_log: sum of squares of ln x about its mean.
    """

    a: float
    b: float
    a_stderr: float
    b_stderr: float
    r2: float
    residual: float
    points: int
    mean_log: float
    spread_log: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The line."""
        line: np.ndarray = self.a + self.b * np.log(x)
        return line

    def half_width(self, x: np.ndarray, confidence: float = 0.95) -> np.ndarray:
        """Half the width of the confidence band of the mean at x.

        t s sqrt(1/n + (ln x - mean)^2 / spread), t the two-sided quantile of Student's
        distribution with n - 2 degrees of freedom: at any one x the interval holds the true mean
        with this confidence.
        """
        t = student.ppf((1 + confidence) / 2, self.points - 2)
        leverage = 1 / self.points + (np.log(x) - self.mean_log) ** 2 / self.spread_log
        half: np.ndarray = t * self.residual * np.sqrt(leverage)
        return half


def fit_log(x: Sequence[float], y: Sequence[float]) -> LogFit:
    """Fit y = a + b ln x to at least three points.

    >>> fit = fit_log([1.0, 10.0, 100.0], [1.0, 2.0, 3.0])
    >>> round(fit.a, 9), round(float(fit(np.array(1000.0))), 9), round(fit.r2, 9)
    (1.0, 4.0, 1.0)

    Raises:
        InvalidInput: fewer than three points, an x that is not positive, or one x alone.
    """
    if len(x) != len(y) or len(x) < 3 or min(x) <= 0 or min(x) == max(x):
        raise InvalidInput(
            f"fit: got {len(x)} x and {len(y)} y, need three points or more at different x > 0"
        )
    logs, values = np.log(np.asarray(x, float)), np.asarray(y, float)
    n, mean = len(values), float(logs.mean())
    spread = float(((logs - mean) ** 2).sum())
    b = float(((logs - mean) * (values - values.mean())).sum()) / spread
    a = float(values.mean()) - b * mean
    squares = float(((values - a - b * logs) ** 2).sum())
    total = float(((values - values.mean()) ** 2).sum())
    residual = float(np.sqrt(squares / (n - 2)))
    return LogFit(
        a=a,
        b=b,
        a_stderr=residual * float(np.sqrt(1 / n + mean**2 / spread)),
        b_stderr=residual / float(np.sqrt(spread)),
        r2=1 - squares / total if total else 1.0,
        residual=residual,
        points=n,
        mean_log=mean,
        spread_log=spread,
    )
