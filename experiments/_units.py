"""Effective fields of several networks of one architecture, each a unit with its own numbers.

``measure_erf`` pools its samples into one map. Here every network (or photograph) keeps its map, so
that a number comes with its spread over networks, and a network before training can be paired with
the same network after it.
"""

import jax
import numpy as np
from scipy import stats

from jaxrf.geometry.interval import Interval
from jaxrf.measure.moments import moments
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler


class Fields:
    """Maps of the central feature of an end-point, for any weights.

    Attributes:
        name: full name of the end-point.
        size: theoretical size per axis, input pixels; None where there is no local path.
        field: theoretical field, (low, high) per axis; may leave the image. With a centre of one's
            own, the exact support's box.
        box: the part of it inside the image that maps are cut to; all of the image under a global
            operation, or with a centre of one's own.
        center: theoretical centre, input pixels, or the one given.
    """

    def __init__(self, analysis, endpoint=None, *, inputs=None, batch=8, seed=0, center=None):
        self.name = analysis.find(endpoint)
        at = analysis.position(self.name, None)
        theory = analysis[self.name]
        whole = tuple(Interval(0, analysis.shape[a] - 1) for a in analysis.spatial_axes)
        self.size = theory.size
        extent = theory.box(at) if center is None else analysis.support(self.name, at).box
        self.field = [[i.low, i.high] for i in extent]
        cut = center is None and not theory.is_global
        self.box = theory.box(at, clip=True) if cut else whole
        self.center = theory.center(at) if center is None else center
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
        """Root mean square of the standard deviations along the axes, input pixels.

        Of one map; its mean over units is not the sigma of their pooled map, to which a unit
        counts by its energy.
        """
        return float(np.sqrt(np.mean(np.square(moments(energy, self.crop_center).sigma))))


def he(names, shape):
    """He's standard deviation of a kernel: sqrt(2 / fan in)."""
    return float(np.sqrt(2 / np.prod(shape[:-1])))


def drawn(variables, seed, deviation=he):
    """Fresh parameters by numpy, which needs no compilation; the rest as it is.

    Kernels are normal, scales 1, all else 0.

    Args:
        variables: of a Flax module, or their shapes; "params" is drawn anew.
        seed: of the numbers.
        deviation: (names on the path, shape) -> standard deviation of a kernel.
    """
    rng = np.random.default_rng(seed)

    def leaf(path, x):
        names = [part.key for part in path]
        if names[-1] == "kernel":
            return np.float32(deviation(names, x.shape) * rng.standard_normal(x.shape))
        return np.full(x.shape, names[-1] == "scale", np.float32)

    return {**variables, "params": jax.tree_util.tree_map_with_path(leaf, variables["params"])}


def shapes(net, shape):
    """The variables of a Flax module for an input shape, as shapes."""
    x = jax.ShapeDtypeStruct(shape, np.float32)
    return dict(jax.eval_shape(net.init, jax.random.key(0), x))


def mean_error(values):
    """(mean, its standard error) over units."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def interval(values, level=0.95):
    """(mean, low, high): Student's confidence interval of the mean over units."""
    mean, error = mean_error(values)
    half = float(stats.t.ppf(0.5 + level / 2, len(values) - 1)) * error
    return mean, mean - half, mean + half
