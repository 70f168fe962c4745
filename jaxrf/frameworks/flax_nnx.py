"""Flax NNX modules: the model as it is, its sub-modules end-points under their path."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
from flax import nnx

from jaxrf.frameworks.calls import resolve_call
from jaxrf.frameworks.endpoints import ModulePaths, calls_marked
from jaxrf.frameworks.network import Network, argument_names, named_outputs
from jaxrf.frameworks.weights import abstract, is_weight, model_weights

__all__ = ["network"]


def network(
    module: nnx.Module, inputs: tuple[Any, ...], call: Mapping[str, Any] | None = None
) -> Network:
    """A copy of the module in evaluation mode; the user's own is never touched.

    Weights are variables; what is not floating (random keys, index tables) stays a constant. What
    the model says itself, as in ``norm(x, use_running_average=False)``, wins over the mode.
    """
    title = type(module).__name__
    resolved = resolve_call(module.__call__, call or {}, len(inputs), title)
    definition, *states = nnx.split(module, _is_weight, ...)
    weights, rest = states

    def apply(variables: Any, *xs: Any) -> tuple[Any, dict[str, Any]]:
        model = nnx.merge(definition, variables, rest, copy=True)
        model.eval()
        paths = ModulePaths(model, nnx.iter_modules, "/")
        with calls_marked(paths.classes, "__call__", paths):
            output = model(*xs, **{**_random(type(module).__call__), **resolved.arguments})
        return named_outputs(output)

    return Network(
        apply,
        model_weights(weights, title),
        title,
        arguments=argument_names(module.__call__, len(inputs)),
        variables=abstract(weights),
        call=resolved.arguments,
        assumed=(*resolved.assumed, *_moded(module)),
    )


def _is_weight(path: Any, value: Any) -> bool:
    return all(map(is_weight, jax.tree.leaves(value)))


def _random(call: Callable[..., Any]) -> dict[str, Any]:
    """Random streams, where the model requires them as an argument."""
    parameter = inspect.signature(call).parameters.get("rngs")
    required = parameter is not None and parameter.default in (inspect.Parameter.empty, None)
    return {"rngs": nnx.Rngs(0)} if required else {}


def _moded(module: nnx.Module) -> tuple[str, ...]:
    """Description of what ``eval()`` changes in a module."""
    states = {"deterministic": True, "use_running_average": True}
    changed = any(
        vars(part).get(name, value) is not value
        for _, part in nnx.iter_modules(module)
        for name, value in states.items()
    )
    return ("eval(): dropout is off, BatchNorm has its averages",) if changed else ()
