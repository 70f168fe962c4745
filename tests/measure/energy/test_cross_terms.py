"""Pairs of terms, added up as matrices, pass what each of them would pass alone."""

from itertools import combinations_with_replacement

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.energy.cross_terms import cross_term, total_energy
from jaxrf.measure.energy.linear_combination import Source, Term
from jaxrf.measure.energy.magnitudes import magnitudes
from jaxrf.program import compat

SHAPE = (5, 4)


def terms(seed, energy):
    """Random maps of one source along one axis or both: the identity, matrices, single rows."""
    rng = np.random.default_rng(seed)
    source = Source(energy, SHAPE)

    def matrix(n):
        kind = rng.integers(4)
        if kind < 2:
            return None
        found = rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.7)
        return found[:1] if kind == 3 else found

    made = []
    for _ in range(rng.integers(1, 7)):
        matrices = tuple(matrix(n) if rng.random() < 0.7 else None for n in SHAPE)
        layout = tuple(None if m is not None and len(m) == 1 else d for d, m in enumerate(matrices))
        made.append(Term(source, matrices, layout))
    return made


@pytest.mark.parametrize("lengths", [SHAPE, (1, 4), (1, 1)])
@pytest.mark.parametrize("seed", range(20))
def test_sums_are_sums_of_what_each_passes(seed, lengths):
    rng = np.random.default_rng(seed)
    with compat.float64():
        energy = jnp.asarray(rng.random(lengths))
        combination = terms(seed, energy)
        pairs = [
            pair
            for one, other in combinations_with_replacement(combination, 2)
            if (pair := cross_term(one, other, 1.0 if one is other else 2.0)) is not None
        ]
        together = np.broadcast_to(total_energy(pairs), SHAPE)
        each = sum(np.broadcast_to(pair.applied(), SHAPE) for pair in pairs)
        dense = np.zeros(SHAPE)
        full = np.broadcast_to(energy, SHAPE)
        for one, other in combinations_with_replacement(combination, 2):
            maps = [
                np.broadcast_to(np.eye(n) if a is None else a, (n, n))
                * np.broadcast_to(np.eye(n) if b is None else b, (n, n))
                for n, a, b in zip(SHAPE, one.matrices, other.matrices, strict=True)
            ]
            dense += (1 if one is other else 2) * maps[0] @ full @ maps[1].T
    np.testing.assert_allclose(together, each, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(together, dense, rtol=1e-12, atol=1e-12)


def test_complex_values_count_by_their_magnitude():
    np.testing.assert_allclose(magnitudes(np.array([3 + 4j, -2])), [5, 2])
    np.testing.assert_allclose(magnitudes(np.array([-2.0, 3])), [-2, 3])
