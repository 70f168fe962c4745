"""Weights that come with the model, concrete or abstract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxrf.errors import InvalidInput

__all__ = ["abstract", "is_weight", "model_weights"]


def is_weight(leaf: Any) -> bool:
    """Whether a leaf of a model is a floating array, or an abstract one.

    Integers and booleans (tables of indices, masks, counters, random keys) are no weights: their
    values are known, and say which elements a gather reads.
    """
    return isinstance(leaf, jax.ShapeDtypeStruct) or (
        hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)
    )


def abstract(weights: Any) -> Any:
    """Shapes and dtypes of the weights."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), weights)


def model_weights(weights: Any, name: str) -> Callable[[Any], Any]:
    """``key -> weights``, the model's own whatever the key.

    Raises, when called:
        InvalidInput: the model is abstract (built by ``eval_shape``); theory needs no weights, a
            gradient does.
    """

    def init(key: jax.Array) -> Any:
        if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in jax.tree.leaves(weights)):
            raise InvalidInput(
                f"model {name}: got abstract weights, need arrays to measure a gradient; "
                "build the model without eval_shape"
            )
        return weights

    return init
