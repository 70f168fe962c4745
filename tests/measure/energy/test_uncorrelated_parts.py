"""Parts of a value: what its places share, and what they do not.

Covers: measure.energy.linear_combination, measure.energy.expected_square,
measure.energy.magnitudes, measure.energy.site.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import Source, Term, identity
from jaxrf.measure.energy.site import Site
from jaxrf.measure.energy.uncorrelated_parts import Part, as_combination, parts_of

SHAPE = (5, 3)  # places, channels


def source(energy=2.0):
    return Source(jnp.full(SHAPE, energy), SHAPE)


def shared(energy=3.0):
    """The same element at every place."""
    return as_combination(Part(Source(jnp.full((1, 3), energy), SHAPE), frozenset([0])))


def test_a_sum_of_both_comes_apart():
    one, other = parts_of(identity(source()) + shared(), SHAPE, [0])
    assert (one.constant_along, other.constant_along) == (frozenset(), {0})
    np.testing.assert_allclose(jnp.broadcast_to(one.source.energy, SHAPE), 2)
    np.testing.assert_allclose(jnp.broadcast_to(other.source.energy, SHAPE), 3)


def test_axes_that_do_not_matter_share_nothing():
    (part,) = parts_of(identity(source()) + shared(), SHAPE, [1])
    assert not part.constant_along
    np.testing.assert_allclose(jnp.broadcast_to(part.source.energy, SHAPE), 5)


def test_gates_leave_each_place_what_they_do_not_share():
    """Open at two places of five: the mean passes 0.4^2, the rest is each place's own."""
    (term,) = shared()
    gates = np.broadcast_to(np.array([1.0, 0, 0, 1, 0])[:, None], SHAPE)
    one, other = parts_of((Term(term.source, term.matrices, term.layout, gates),), SHAPE, [0])
    assert (one.constant_along, other.constant_along) == (frozenset(), {0})
    assert float(other.source.energy.mean()) == pytest.approx(3 * 0.4**2)
    assert float(one.source.energy.mean()) == pytest.approx(3 * (0.4 - 0.4**2))


def test_what_is_subtracted_from_itself_stays_together():
    """X less its mean over channels, x the same at every place: 1 - 1/3 of the energy is left."""
    (term,) = shared()
    mean = Term(term.source, (None, np.full((1, 3), 1 / 3)), (None, None), -1.0)
    (part,) = parts_of((term, mean), SHAPE, [0, 1])
    assert part.constant_along == {0}
    assert float(part.source.energy.mean()) == pytest.approx(3 * (1 - 1 / 3))


def test_a_mean_keeps_what_is_shared():
    """Of 5 places: a fifth of what each has of its own, all of what they share."""
    site = object.__new__(Site)
    site.note = lambda what: None
    mean = Site.apply_matrix(site, identity(source()) + shared(), 0, np.full((1, 5), 0.2))
    np.testing.assert_allclose(as_source(mean, (1, 3)).energy, np.full((1, 3), 2 / 5 + 3))
