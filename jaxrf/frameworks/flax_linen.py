"""Flax Linen modules: every sub-module's output is an end-point under its path."""

from __future__ import annotations

from typing import Any

import flax.linen as nn

from jaxrf.frameworks.marks import OF_MODULE
from jaxrf.frameworks.network import (
    Network,
    argument_names,
    inference_arguments,
    named_outputs,
    zeros,
)

__all__ = ["network"]


def network(module: nn.Module, inputs: tuple[Any, ...]) -> Network:
    """``module.apply`` with captured intermediates; required mode arguments mean inference."""
    mode = inference_arguments(type(module).__call__)

    def apply(variables, *xs):
        output, state = module.apply(
            variables, *xs, **mode, capture_intermediates=_is_call, mutable=["intermediates"]
        )
        output, named = named_outputs(output)
        captured = dict(_flat(state.get("intermediates", {}), OF_MODULE))
        return output, {**captured, **named}

    def init(key):
        return module.init({"params": key, "dropout": key}, *zeros(inputs), **mode)

    return Network(
        apply,
        init,
        module.name or type(module).__name__,
        arguments=argument_names(module.__call__, len(inputs)),
    )


def _is_call(module: nn.Module, method: str) -> bool:
    """Sub-modules only: the root's own output is the model's output."""
    return method == "__call__" and bool(module.path)


def _flat(tree: dict, prefix: str):
    """(path, outputs of its calls) of every captured module."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}/")
            continue
        yield (prefix.rstrip("/") if key == "__call__" else prefix + key), value
