"""The one shape in which jaxrf sees a model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["Network", "as_network", "named_outputs"]


@dataclass(frozen=True)
class Network:
    """A model as a pure function.

    Attributes:
        apply: ``(variables, x) -> (output, {name: value})``, the end-points in order of execution.
        init: ``key -> variables``; None where the weights are inside the callable.
        name: for messages.
    """

    apply: Callable[[Any, Any], tuple[Any, dict[str, Any]]]
    init: Callable[[Any], Any] | None
    name: str


def as_network(model: Any, shape: tuple[int, ...], dtype: Any = "float32") -> Network:
    """Adapt a model: a Flax Linen module, anything with ``init`` and ``apply``, or a callable.

    Args:
        model: what the user passed.
        shape: of the input, batch axis included.
        dtype: of the input.

    Raises:
        InvalidInput: it is none of these.
    """
    linen = sys.modules.get("flax.linen")
    if linen is not None and isinstance(model, linen.Module):
        from jaxrf.frameworks.flax_linen import linen_network

        return linen_network(model, shape, dtype)
    if callable(getattr(model, "init", None)) and callable(getattr(model, "apply", None)):
        return _init_apply(model, shape, dtype)
    if callable(model):
        name = getattr(model, "__name__", type(model).__name__)
        return Network(lambda variables, x: named_outputs(model(x)), None, name)
    raise InvalidInput(
        f"model: got {type(model).__name__}, need a callable f(x), a Flax module, or an object "
        "with init(key, x) and apply(variables, x); did you mean to call a factory (--factory)?"
    )


def _init_apply(model, shape, dtype) -> Network:
    """Duck-typed pair of pure functions, as in Flax and Haiku."""
    import jax.numpy as jnp

    return Network(
        lambda variables, x: named_outputs(model.apply(variables, x)),
        lambda key: model.init(key, jnp.zeros(shape, dtype)),
        getattr(model, "__name__", type(model).__name__),
    )


def named_outputs(output) -> tuple[Any, dict[str, Any]]:
    """A dict of arrays is a set of end-points, the last of which is the output."""
    if isinstance(output, dict) and output:
        return list(output.values())[-1], {str(k): v for k, v in output.items()}
    return output, {}
