"""Weights whose mean is not zero, as the sum of a known filter and of random weights.

    W = m + (W - m):   y = m * (sum over channels of x) + (W - m) * x

The filter m is known, and the same for every output channel: it composes with what follows, as
averages do, and is squared only at the end. The random weights W - m count by their mean square.
What all channels share passes a gate with the mean of the gate; the differences of gates between
places become energy. If m were squared with the rest, the fields of weights between 0 and 1 would
come out up to sqrt(2) too wide: filters squared one by one are wider together than the square of
their product.
"""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import LinearCombination, Source, Term, identity
from jaxrf.measure.energy.site import Site

__all__ = [
    "NONZERO_MEAN",
    "NONZERO_MEAN_SIZE",
    "mean_of_weights",
    "with_mean_scales",
    "without_notes",
]

NONZERO_MEAN = "has weights whose mean is not zero, and counts them as if it were"
NONZERO_MEAN_SIZE = 41.0  # sqrt(2) - 1: of a chain that is nothing but means
GATED = "has weights with a mean behind gates, which are taken as independent from place to place"
GATED_SIZE = 10.0  # six and seven layers of ReLU: 5.1 +- 1.8 and 4.4 +- 1.1 %
_CERTAIN = 3.5  # standard errors from zero; what is nearer changes sigma by less than 1 %
_TAP = 6.0  # standard errors by which the mean of one tap must differ from that of all


def mean_of_weights(weights: np.ndarray) -> np.ndarray | None:
    """The mean of weights per tap; None where it does not differ significantly from zero.

    Args:
        weights: [outputs, inputs, *taps]; taps that are zero throughout are masked and stay zero.
    """
    flat = weights.reshape(-1, *weights.shape[2:])
    some = (flat != 0).any(0)
    chosen = flat[:, some]
    if chosen.size < 2:
        return None
    common, error = chosen.mean(), chosen.std() / np.sqrt(chosen.size)
    if not abs(common) > _CERTAIN * error:
        return None
    per_tap = flat.mean(0)
    apart = np.abs(per_tap[some] - common).max() > _TAP * chosen.std() / np.sqrt(len(flat)) > 0
    return per_tap if apart else np.where(some, common, 0.0)


def without_notes(site: Site) -> Site:
    """The site without its notes, which are about averages that a mean filter is by design."""
    return replace(site, note=lambda what, size: None)


def with_mean_scales(site: Site, n: int) -> LinearCombination:
    """An operand with mean scales, and the variation of its scales as a source of its own.

    The places that read one source keep the signs of its elements, which a squared energy loses.
    """
    combination, shape = site.combination(n), site.in_shapes[n]
    if all(isinstance(t.scale, float) for t in combination):
        return combination
    site.note(GATED, GATED_SIZE)
    if any(t.per_element for t in combination):
        return site.with_scalar_scales(n)
    common: tuple[Term, ...] = tuple(replace(t, scale=float(np.mean(t.scale))) for t in combination)
    whole, kept = as_source(combination, shape), as_source(common, shape)
    rest = jnp.maximum(whole.energy - kept.energy, 0.0)
    return common + identity(Source(rest, whole.shape, False))
