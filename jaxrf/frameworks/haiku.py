"""Haiku transforms: modules are end-points under the names that their parameters have."""

from __future__ import annotations

import inspect
from typing import Any

import haiku as hk
import jax

from jaxrf.frameworks.marks import mark
from jaxrf.frameworks.network import (
    Network,
    inference_arguments,
    named_outputs,
    training_arguments,
    zeros,
)

__all__ = ["network"]


def network(model: hk.Transformed | hk.TransformedWithState, inputs: tuple[Any, ...]) -> Network:
    """``model.apply`` with its modules' outputs marked; required mode arguments mean inference.

    The random key that ``apply`` may take is a fixed one: it only matters where the model is built
    to draw at inference.
    """
    stateful = isinstance(model, hk.TransformedWithState)
    # Haiku gives apply the signature (params[, state][, rng], *those of the user's function)
    own = list(inspect.signature(model.apply).parameters)[1 + stateful :]
    keyed = own[:1] == ["rng"]
    mode = inference_arguments(model.apply)
    training = training_arguments(model.apply)
    names = tuple(own[keyed:][: len(inputs)])

    def apply(variables, *xs):
        variables = variables if stateful else (variables,)
        key = (jax.random.key(0),) if keyed else ()
        with hk.intercept_methods(_marked):
            output = model.apply(*variables, *key, *xs, **mode)
        return named_outputs(output[0] if stateful else output)

    def init(key):
        return model.init(key, *zeros(inputs), **training)  # only training makes the state

    arguments = names if len(names) == len(inputs) else ()
    return Network(apply, init, "Haiku transform", arguments=arguments)


def _marked(method, args, kwargs, context):
    """Run a method of a module, and mark what calling the module returns."""
    value = method(*args, **kwargs)
    return mark(context.module.module_name, value) if context.method_name == "__call__" else value
