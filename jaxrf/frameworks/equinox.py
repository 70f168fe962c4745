"""Equinox modules: sub-modules are end-points under their attribute path, ``blocks.0.conv``."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import equinox as eqx
import jax

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.calls import resolve_call
from jaxrf.frameworks.endpoints import ModulePaths, calls_marked
from jaxrf.frameworks.network import Network, argument_names, named_outputs
from jaxrf.frameworks.weights import abstract, is_weight, model_weights

__all__ = ["network"]


def network(model: Any, inputs: tuple[Any, ...], call: Mapping[str, Any] | None = None) -> Network:
    """The module at inference, of one example: no batch axis, channels first.

    Weights are variables; integer and boolean arrays stay constants. A module with state, such as
    BatchNorm, is passed as ``eqx.nn.make_with_state`` returns it: (module, state).

    Raises:
        InvalidInput: a module that cannot be called, or one that needs its state.
    """
    module, state = model if isinstance(model, tuple) else (model, None)
    title = type(module).__name__
    if not callable(module):
        raise InvalidInput(f"model: got the Equinox module {title}, need one with __call__")
    parameters = inspect.signature(module).parameters
    resolved = resolve_call(module, call or {}, len(inputs), title)
    mode = dict(resolved.arguments)
    if "key" in parameters:
        mode.setdefault("key", jax.random.PRNGKey(0))  # fixed: one function in all samples
    if state is None and _required(parameters.get("state")):
        raise InvalidInput(
            f"model: got the Equinox module {title} without its state, need (module, state) as "
            "eqx.nn.make_with_state returns them"
        )
    at_inference = eqx.nn.inference_mode((module, state))
    changed = _flags(at_inference) != _flags((module, state))
    moded = ("inference_mode(): dropout is off, BatchNorm has its averages",) if changed else ()
    weights, rest = eqx.partition(at_inference, is_weight)

    def apply(variables: Any, *xs: Any) -> tuple[Any, dict[str, Any]]:
        module, state = eqx.combine(variables, rest)
        paths = ModulePaths(module, _modules, ".")
        with calls_marked(paths.classes, "__call__", paths, leave=(eqx.nn.State,)):
            if state is None:
                output = module(*xs, **mode)
            else:
                output, _ = module(*xs, state, **mode)
        return named_outputs(output)

    return Network(
        apply,
        model_weights(weights, title),
        title,
        layout="unbatched_channels_first",
        arguments=argument_names(module, len(inputs)),
        variables=abstract(weights),
        call=resolved.arguments,
        assumed=(*resolved.assumed, *moded),
    )


def _flags(tree: Any) -> list[Any]:
    """The boolean switches of a module, which may be part of its structure."""
    return [jax.tree.structure(tree), *(x for x in jax.tree.leaves(tree) if isinstance(x, bool))]


def _required(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and parameter.default is inspect.Parameter.empty


def _modules(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], eqx.Module]]:
    """(attribute path, module) of every module in a tree, itself included."""
    inside: Iterable[tuple[Any, Any]]
    if isinstance(tree, eqx.Module):
        yield path, tree
        inside = vars(tree).items()
    elif isinstance(tree, dict):
        inside = tree.items()
    elif isinstance(tree, (list, tuple)):
        inside = enumerate(tree)
    else:
        return
    for key, value in inside:
        yield from _modules(value, (*path, key))
