"""An independent truth about dependencies: it runs the function and shares no code with jaxrf.

Two oracles, for two kinds of function:

* **gradient**: where the gradient of f itself is not zero, in float64, united over random inputs.
  For functions written so that gradients speak: positive weights and positive inputs, so that
  nothing cancels; smooth activations and means, so that nothing is blocked.
* **perturbation**: change one input element at a time and see which outputs differ. For max,
  argmax, comparisons, rounding, sorting, selects, transforms. It never errs when it says "depends";
  the union over base points and changes finds what one of them hides.

A *pattern* is the whole table, bool [*output shape, *input shape]; a *support* is what a few
selected outputs depend on, bool of the input's shape.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["gradient_pattern", "gradient_support", "perturbation_pattern"]

Function = Callable[[jax.Array], jax.Array]
_CHANGES = (-40.0, -1.0, 1.0, 40.0)
_ROUNDING = 1e-13  # of the largest gradient: what a tap of weight 0 leaves after rounding


def gradient_pattern(f: Function, shape: tuple[int, ...], *, seeds: int = 2) -> np.ndarray:
    """Which output depends on which input, by the Jacobian of a positive, smooth function."""
    with jax.enable_x64(True):
        jacobian = jax.jit(jax.jacrev(f))
        return np.any([_felt(jacobian(_positive(shape, s))) for s in range(seeds)], 0)


def gradient_support(f: Function, shape, selections, *, seeds: int = 2) -> list[np.ndarray]:
    """What selected outputs of a positive, smooth function depend on.

    Args:
        f: the function.
        shape: of its input.
        selections: masks of the output, each united into one support.
        seeds: number of random positive inputs.
    """
    with jax.enable_x64(True):
        cotangents = jnp.asarray(np.asarray(selections, float))

        @jax.jit
        def gradients(x):
            back = jax.vjp(f, x)[1]
            return jax.vmap(lambda c: back(c)[0])(cotangents)

        found = [_felt(gradients(_positive(shape, seed))) for seed in range(seeds)]
    return list(np.any(found, 0))


def perturbation_pattern(
    f: Function, shape: tuple[int, ...], *, seeds: int = 12, tolerance: float = 0
) -> np.ndarray:
    """Which output depends on which input, by moving every element a little and a lot.

    Args:
        f: the function.
        shape: of its input.
        seeds: number of random base points.
        tolerance: share of the largest output below which a difference is rounding (of Fourier
            transforms, which mix everything).
    """
    size = int(np.prod(shape))
    found = None
    with jax.enable_x64(True):
        batched = jax.jit(_batched(f, shape))
        for seed in range(seeds):
            base = np.random.default_rng(seed).normal(size=shape)
            moved = base.ravel() + np.multiply.outer(_CHANGES, np.eye(size))
            outputs = np.asarray(batched(jnp.asarray([base, *moved.reshape(-1, *shape)])))
            differs = outputs[1:] != outputs[0]
            if tolerance:
                largest = np.abs(outputs).max()
                differs = np.abs(outputs[1:] - outputs[0]) > tolerance * largest
            differs = differs.reshape(len(_CHANGES), size, -1).any(0)
            found = differs if found is None else found | differs
    return found.T.reshape(*outputs.shape[1:], *shape)


def _batched(f: Function, shape: tuple[int, ...]) -> Function:
    """The function on many inputs, one after the other where JAX cannot batch it."""
    together = jax.vmap(f)
    try:
        jax.eval_shape(together, jnp.zeros((2, *shape)))
    except (NotImplementedError, TypeError):  # branches that write to a reference, views of it
        return lambda xs: jax.lax.map(f, xs)
    return together


def _felt(gradient) -> np.ndarray:
    """Where a gradient is not zero."""
    size = np.abs(np.asarray(gradient))
    return size > _ROUNDING * size.max(initial=0)


def _positive(shape, seed: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).uniform(0.5, 1.5, shape))
