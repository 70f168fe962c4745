"""Haiku transforms: modules are end-points under the names that their parameters have."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import haiku as hk
import jax

from jaxrf.frameworks.calls import resolve_call, training_arguments
from jaxrf.frameworks.endpoints import mark
from jaxrf.frameworks.network import Network, named_outputs, zeros

__all__ = ["network"]


def network(
    model: hk.Transformed | hk.TransformedWithState,
    inputs: tuple[Any, ...],
    call: Mapping[str, Any] | None = None,
) -> Network:
    """``model.apply`` with its modules' outputs marked; inference unless ``call`` says otherwise.

    The random key that ``apply`` may take is a fixed one: it only matters where the model is built
    to draw at inference.
    """
    stateful = isinstance(model, hk.TransformedWithState)
    # Haiku gives apply the signature (params[, state][, rng], *those of the user's function)
    own = list(inspect.signature(model.apply).parameters)[1 + stateful :]
    keyed = own[:1] == ["rng"]
    before = 1 + stateful + keyed
    resolved = resolve_call(model.apply, call or {}, before + len(inputs), "Haiku transform")
    training = {**resolved.arguments, **training_arguments(model.apply)}
    names = tuple(own[keyed:][: len(inputs)])

    def apply(variables: Any, *xs: Any) -> tuple[Any, dict[str, Any]]:
        variables = variables if stateful else (variables,)
        key = (jax.random.key(0),) if keyed else ()
        with hk.intercept_methods(_marked):
            output = model.apply(*variables, *key, *xs, **resolved.arguments)
        return named_outputs(output[0] if stateful else output)

    def init(key: jax.Array) -> Any:
        return model.init(key, *zeros(inputs), **training)  # only training makes the state

    arguments = names if len(names) == len(inputs) else ()
    return Network(
        apply,
        init,
        "Haiku transform",
        arguments=arguments,
        call=resolved.arguments,
        assumed=resolved.assumed,
    )


def _marked(
    method: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    context: hk.MethodContext,
) -> Any:
    """Run a method of a module, and mark what calling the module returns."""
    value = method(*args, **kwargs)
    return mark(context.module.module_name, value) if context.method_name == "__call__" else value
