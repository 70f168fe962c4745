"""The elementwise square of a Jacobian as a linear map of energies.

The Jacobian J is never written out: (J o J) e is the expected square of J applied to random signs
times the root of e, and its transpose that of J^T.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.magnitudes import magnitudes
from jaxrf.program import compat

__all__ = ["random_signs", "squared_jacobian_product"]

_DRAWS = 16  # of random signs
Squares = list[np.ndarray]


def squared_jacobian_product(
    run: Callable, seed: int | tuple[int, ...], *energies: jax.Array
) -> tuple[jax.Array, ...]:
    """The product of (J o J) with energies, differentiable by them.

    Args:
        run: function of changes, float32 in the shapes of the energies, to a tuple of results; J
            is its Jacobian where all changes are zero.
        seed: of the signs.
        *energies: one per change.

    Returns:
        One energy per result, float64.
    """
    zeros = [jnp.zeros(e.shape, jnp.float32) for e in energies]

    @jax.custom_vjp
    def apply(*energies):
        def once(rng: np.random.Generator) -> Squares:
            results = jax.jvp(run, zeros, [random_signs(rng, e) for e in energies])[1]
            return [_square(r) for r in results]

        return _mean(once, seed)

    def backwards(_, energies):
        with compat.float32():
            back = jax.vjp(run, *zeros)[1]

        def once(rng: np.random.Generator) -> Squares:
            total = [np.zeros(z.shape) for z in zeros]
            for n in range(len(energies)):  # results are uncorrelated: each hands back alone
                one = [random_signs(rng, e if m == n else 0 * e) for m, e in enumerate(energies)]
                total = [t + _square(b) for t, b in zip(total, back(tuple(one)), strict=True)]
            return total

        return _mean(once, seed)

    apply.defvjp(lambda *energies: (apply(*energies), None), backwards)
    return apply(*energies)


def random_signs(rng: np.random.Generator, energy: jax.Array | np.ndarray) -> jax.Array:
    """A random change with a given energy, float32: random signs times its root."""
    root = np.sqrt(np.maximum(np.asarray(energy), 0))
    return jnp.asarray(root * rng.choice([-1, 1], root.shape), jnp.float32)


def _square(values: jax.Array) -> np.ndarray:
    return magnitudes(values) ** 2


def _mean(
    once: Callable[[np.random.Generator], Squares], seed: int | tuple[int, ...]
) -> tuple[jax.Array, ...]:
    """The mean over draws of signs."""
    rng = np.random.default_rng(seed)
    total: Sequence[np.ndarray] | None = None
    for _ in range(_DRAWS):
        with compat.float32():
            made = once(rng)
        total = made if total is None else [a + b for a, b in zip(total, made, strict=True)]
    assert total is not None, "no signs were drawn"
    return tuple(jnp.asarray(t / _DRAWS) for t in total)
