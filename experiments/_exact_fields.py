"""Exact fields of the central feature of a network, for any weights, an input per unit.

Where the theoretical field lies inside the image only the part of the image about it is computed,
cut at multiples of the stride: the feature and its gradient are the same, at a fraction of the cost
(that the cut network's field is the same one is checked).
"""

import numpy as np

from jaxrf import analyze
from jaxrf.errors import JaxrfError
from jaxrf.geometry.interval import Interval
from jaxrf.measure.channel_sampler import exact_sampler
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.field_location import field_location
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler


class ExactFields:
    """Exact fields of an end-point's central feature.

    Attributes:
        size: theoretical size r per axis, input pixels.
        field: theoretical field, (low, high) per axis; may leave the image.
        box: the part of it inside the image, the same way.
        center: theoretical centre, input pixels.
    """

    def __init__(self, model, inputs, endpoint, step):
        """Trace the model.

        Args:
            model: a module without batch statistics.
            inputs: float32 [units, *spatial, channels].
            endpoint: name of the feature map.
            step: input pixels, a multiple of every stride in the network, at which it may be cut.
        """
        analysis = analyze(model, (1, *inputs.shape[1:]))
        name, lengths = analysis.find(endpoint), inputs.shape[1:-1]
        theory, at = analysis[name], analysis.position(name, None)
        field, box = theory.box(at), theory.box(at, clip=True)
        self.size, self.center = theory.size, theory.center(at)
        self.field, self.box = ([[i.low, i.high] for i in b] for b in (field, box))
        window = [_window(i, n, step) for i, n in zip(field, lengths, strict=True)]
        shift = [w.low for w in window]
        if any(w.size < n for w, n in zip(window, lengths, strict=True)):
            inputs = inputs[(slice(None), *(slice(w.low, w.high + 1) for w in window))]
            analysis = analyze(model, (1, *inputs.shape[1:]))
            at = tuple(u - int(s / t) for u, s, t in zip(at, shift, theory.stride, strict=True))
            cut = [i.shift(s) for i, s in zip(analysis[name].box(at), shift, strict=True)]
            if cut != list(field):
                raise JaxrfError(f"{name}: the field of the cut network is {cut}, need {field}")
        plan = Plan(len(inputs), 0, 0, given=len(inputs))
        location = field_location(analysis, name, at)
        signs = Sampler(analysis, name, at, plan, inputs, None, 1, Estimator("exact"))
        self._sampler, _ = exact_sampler(signs, location)

    def unit(self, variables, index):
        """(map [*box], numbers [C, 1 + 2 n]) of a network at input ``index``."""
        (energy,), parts = self._sampler.draw_samples(variables, [index])
        return energy[self._sampler.location.crop], parts["numbers"][0]


def _window(field, length, step):
    """What is computed of an axis: all of it where the field leaves the image."""
    if field not in Interval(0, length - 1):
        return Interval(0, length - 1)
    return Interval(field.low // step * step, min(-(-(field.high + 1) // step) * step, length) - 1)


def sigma(numbers):
    """Sigma about the centre, root mean square over axes, of E g^2 pooled over the first axis.

    Args:
        numbers: [units, ..., 1 + 2 n]: energy, first and second moments.

    Returns:
        [...], input pixels; that of the mean map, not a mean of sigmas.
    """
    total = np.asarray(numbers, float).sum(0)
    rank = (total.shape[-1] - 1) // 2
    with np.errstate(invalid="ignore"):  # a dead channel has none: NaN
        return np.sqrt(total[..., 1 + rank :].mean(-1) / total[..., 0])


def jackknifed(function, *units):
    """(value, standard error): of a number of all units, by leaving out one after the other.

    Args:
        function: of arrays [units, ...] to a number that is smooth in the sums over them.
        units: arrays with the units, which are left out together, on their first axis.
    """
    n = len(units[0])
    left = [function(*(np.delete(u, i, axis=0) for u in units)) for i in range(n)]
    return float(function(*units)), float(np.sqrt((n - 1) * np.var(left)))
