"""The weights of drawn programs: with zeros as the model stores them, without as truth draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from soundness.draw import Program

__all__ = ["drawn", "given", "specs", "stored"]

Specs = dict[int, tuple[tuple[int, ...], str]]


def specs(program: Program) -> Specs:
    """Shape and dtype of every weight that a program asks for."""
    found: Specs = {}

    def note(number, shape, dtype):
        found[number] = shape, dtype
        return jnp.zeros(shape, dtype)

    jax.eval_shape(program.build(note), jax.ShapeDtypeStruct(program.shape, np.float32))
    return found


def stored(found: Specs) -> dict[int, Any]:
    """Weights as a model captures them: half of them zero, scalars all of them."""
    made: dict[int, Any] = {}
    for number, (shape, dtype) in found.items():
        rng = np.random.default_rng(number)
        values = rng.normal(size=shape) * (9 if "int" in dtype else 1)
        values = np.asarray(np.where(rng.random(shape) < 0.5, 0, values) * bool(shape))
        made[number] = jnp.asarray(values.astype(jnp.dtype(dtype)))
    return made


def drawn(found: Specs, seed: int) -> dict[int, np.ndarray]:
    """Weights without zeros."""
    made = {}
    for number, (shape, dtype) in found.items():
        rng = np.random.default_rng([seed, number])
        if "int" in dtype:
            values = rng.integers(1, 30, shape) * rng.choice([-1, 1], shape)
        else:
            values = rng.normal(size=shape)
        made[number] = np.asarray(values).astype(jnp.dtype(dtype))
    return made


def given(weights: dict[int, Any]) -> Callable:
    """``w`` that hands out these weights."""
    return lambda number, shape, dtype: weights[number]


def stacked(draws: Sequence[dict[int, np.ndarray]]) -> dict[int, np.ndarray]:
    """Several draws along a first axis."""
    return {number: np.stack([draw[number] for draw in draws]) for number in draws[0]}
