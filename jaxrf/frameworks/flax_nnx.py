"""Flax NNX modules: the model as it is, its sub-modules end-points under their path."""

from __future__ import annotations

import inspect
from typing import Any

import jax
from flax import nnx

from jaxrf.frameworks.given import abstract, given, is_weight
from jaxrf.frameworks.marks import Paths, calls_marked
from jaxrf.frameworks.network import Network, argument_names, inference_arguments, named_outputs

__all__ = ["network"]


def network(module: nnx.Module, inputs: tuple[Any, ...]) -> Network:
    """A copy of the module in evaluation mode; the user's own is never touched.

    Weights are variables; what is not floating (random keys, index tables) stays a constant. What
    the model says itself, as in ``norm(x, use_running_average=False)``, wins over the mode.
    """
    call = type(module).__call__
    mode = inference_arguments(call)
    definition, *states = nnx.split(module, _is_weight, ...)
    weights, rest = states

    def apply(variables, *xs):
        model = nnx.merge(definition, variables, rest, copy=True)
        model.eval()
        paths = Paths(model, nnx.iter_modules, "/")
        with calls_marked(paths.classes, "__call__", paths):
            output = model(*xs, **mode, **_random(call))
        return named_outputs(output)

    return Network(
        apply,
        given(weights, type(module).__name__),
        type(module).__name__,
        arguments=argument_names(module.__call__, len(inputs)),
        variables=abstract(weights),
    )


def _is_weight(path, value) -> bool:
    return all(map(is_weight, jax.tree.leaves(value)))


def _random(call) -> dict[str, Any]:
    """Random streams, where the model requires them as an argument."""
    parameter = inspect.signature(call).parameters.get("rngs")
    required = parameter is not None and parameter.default in (inspect.Parameter.empty, None)
    return {"rngs": nnx.Rngs(0)} if required else {}
