"""Flax Linen modules: every sub-module's output is an end-point under its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import flax.linen as nn
import jax
from flax.core import DenyList
from flax.errors import InvalidRngError, ModifyScopeVariableError

from jaxrf.frameworks.calls import resolve_call
from jaxrf.frameworks.endpoints import OF_MODULE
from jaxrf.frameworks.network import Network, argument_names, named_outputs, zeros

__all__ = ["network"]


def network(
    module: nn.Module, inputs: tuple[Any, ...], call: Mapping[str, Any] | None = None
) -> Network:
    """``module.apply`` with captured intermediates, at inference unless ``call`` says otherwise.

    A module that changes collections in a call (running averages, caches) is given them to change,
    and one that asks for a random stream has it; no other is, since modules may take either for
    training (``has_rng``, ``is_mutable_collection``).

    Args:
        module: with its weights if it is bound.
        inputs: its positional arguments.
        call: further keyword arguments of its ``__call__``.
    """
    given = None
    if module.scope is not None:
        module, given = module.unbind()
    title = module.name or type(module).__name__
    resolved = resolve_call(module.__call__, call or {}, len(inputs), title)

    needs: dict[str, Any] = {"mutable": ["intermediates"]}

    def run(variables: Any, *xs: Any) -> Any:
        arguments = {**resolved.arguments, "capture_intermediates": _is_call}
        if "rngs" in needs:
            key = jax.random.key(0)  # fixed, so that all samples are of one function
            arguments["rngs"] = dict.fromkeys(needs["rngs"], key)
        return module.apply(variables, *xs, mutable=needs["mutable"], **arguments)

    def apply(variables: Any, *xs: Any) -> tuple[Any, dict[str, Any]]:
        while True:
            try:
                output, state = run(variables, *xs)
                break
            except ModifyScopeVariableError:
                if isinstance(needs["mutable"], DenyList):
                    raise  # it changes its parameters
                needs["mutable"] = DenyList("params")
            except InvalidRngError:
                if "rngs" in needs:
                    raise
                needs["rngs"] = ("params", "dropout")  # any other stream is made of "params"
        output, named = named_outputs(output)
        captured = dict(_flat(state.get("intermediates", {}), OF_MODULE))
        return output, {**captured, **named}

    def init(key: jax.Array) -> Any:
        return module.init({"params": key, "dropout": key}, *zeros(inputs), **resolved.arguments)

    return Network(
        apply,
        init,
        title,
        arguments=argument_names(module.__call__, len(inputs)),
        call=resolved.arguments,
        assumed=resolved.assumed,
        user_weights=given,
        source="" if given is None else "bound module",
    )


def _is_call(module: nn.Module, method: str) -> bool:
    """Sub-modules only: the root's own output is the model's output."""
    return method == "__call__" and bool(module.path)


def _flat(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """(path, outputs of its calls) of every captured module."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}/")
            continue
        yield (prefix.rstrip("/") if key == "__call__" else prefix + key), value
