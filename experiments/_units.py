"""Effective fields of several networks of one architecture, each a unit with its own numbers.

``measure_erf`` pools its samples into one map. Here every network (or photograph) keeps its map, so
that a number comes with its spread over networks, and a network before training can be paired with
the same network after it.
"""

import numpy as np
from scipy import stats

from jaxrf.geometry import Interval
from jaxrf.measure.moments import moments
from jaxrf.measure.sampling import Plan, Sampler


class Fields:
    """Maps of the central feature of an end-point, for any weights.

    Attributes:
        name: full name of the end-point.
        size: theoretical size per axis, input pixels; None where there is no local path.
        field: theoretical field, (low, high) per axis; may leave the image.
        box: the part of it inside the image; all of it under a global operation.
        center: theoretical centre, input pixels.
    """

    def __init__(self, analysis, endpoint=None, *, inputs=None, batch=8, seed=0):
        self.name = analysis.find(endpoint)
        at = analysis.position(self.name, None)
        theory = analysis[self.name]
        whole = tuple(Interval(0, analysis.shape[a] - 1) for a in analysis.spatial_axes)
        self.size = theory.size
        self.field = [[i.low, i.high] for i in theory.box(at)]
        self.box = whole if theory.is_global else theory.box(at, clip=True)
        self.center = theory.center(at)
        plan = Plan(samples=1, weight_seeds=0, seed=seed)  # samples are asked for by their numbers
        self._sampler = Sampler(analysis, self.name, at, plan, inputs, None, batch)

    def map(self, variables, samples):
        """Mean squared gradient [*box] over the samples of some weights, of sum 1."""
        mean = self._sampler.energies(variables, samples).mean(0)
        mean = mean[tuple(slice(i.low, i.high + 1) for i in self.box)]
        return mean / mean.sum()

    @property
    def crop_center(self):
        """The centre in coordinates of the box."""
        return tuple(c - i.low for c, i in zip(self.center, self.box, strict=True))

    def sigma(self, energy):
        """Root mean square of the standard deviations along the axes, input pixels."""
        return float(np.sqrt(np.mean(np.square(moments(energy, self.crop_center).sigma))))


def mean_error(values):
    """(mean, its standard error) over units."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def interval(values, level=0.95):
    """(mean, low, high): Student's confidence interval of the mean over units."""
    mean, error = mean_error(values)
    half = float(stats.t.ppf(0.5 + level / 2, len(values) - 1)) * error
    return mean, mean - half, mean + half


def verdict(low, high):
    """Whether a difference is positive: None where its interval holds zero."""
    return None if low <= 0.0 <= high else low > 0.0
