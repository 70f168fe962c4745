"""Undecided comparisons of symbolic lengths are seen, and nothing of JAX stays changed."""

import jax
import jax.numpy as jnp
import pytest
from jax import export

from jaxrf.theory.sizes.undecided import TooComplex, watched

(N,) = export.symbolic_shape("n", constraints=["n >= 8"])
KIND = type(N)


@pytest.mark.parametrize(
    ("compare", "seen"),
    [
        (lambda n: n == 224, True),
        (lambda n: n != 224, True),
        (lambda n: n in (224, 256), True),
        (lambda n: bool(n % 2), True),
        (lambda n: n % 2 == 0, True),
        (lambda n: n == n, False),
        (lambda n: n == 4, False),  # never: n is 8 or more
        (lambda n: bool(n), False),
        (lambda n: n + 1 != n, False),
        (lambda n: n == "n", False),
    ],
)
def test_what_is_seen(compare, seen):
    with watched(KIND) as found:
        compare(N)
    assert bool(found) == seen
    assert all(__file__ in place for place in found)


def test_jax_itself_is_not_watched():
    def model(x):
        y = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 1), (1, 2, 1), "SAME")
        return jnp.concatenate([y, y], -1).sum(1)

    with watched(KIND) as found:
        jax.eval_shape(model, jax.ShapeDtypeStruct((1, N, 3), jnp.float32))
    assert found == []


def test_nothing_stays_changed():
    before = dict(KIND.__dict__)
    with pytest.raises(KeyError), watched(KIND):
        raise KeyError
    assert dict(KIND.__dict__) == before


def test_computing_without_end_is_given_up():
    with pytest.raises(TooComplex), watched(KIND):
        for k in range(10**7):
            N - k
