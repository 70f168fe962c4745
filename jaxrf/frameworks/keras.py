"""Keras 3 models on the JAX backend: layers are end-points under their names."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import keras

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.calls import resolve_call
from jaxrf.frameworks.endpoints import calls_marked
from jaxrf.frameworks.network import Layout, Network, argument_names, named_outputs
from jaxrf.frameworks.weights import abstract, is_weight, model_weights

__all__ = ["network"]


def network(
    model: keras.Layer, inputs: tuple[Any, ...], call: Mapping[str, Any] | None = None
) -> Network:
    """``model.stateless_call`` at inference; a layer inside a layer is ``outer/inner``.

    Raises:
        InvalidInput: Keras runs on another backend, or the model has no weights yet.
    """
    if keras.backend.backend() != "jax":
        raise InvalidInput(
            f"model: got a Keras model on the {keras.backend.backend()} backend, need jax; set "
            "KERAS_BACKEND=jax in the environment before Keras is imported"
        )
    if not model.built:
        raise InvalidInput(
            f"model: got the Keras model {model.name} without weights, need a built one; call it "
            "once, or model.build(shape)"
        )
    values = [[v.value for v in model.trainable_variables],
              [v.value for v in model.non_trainable_variables]]  # fmt: skip
    weights = [[v for v in group if is_weight(v)] for group in values]
    symbolic = getattr(model, "inputs", None) or []  # of a functional or sequential model
    several = len(symbolic) > 1
    arrays = len(jax.tree.leaves(inputs))
    if symbolic and arrays != len(symbolic):
        raise InvalidInput(
            f"shape: got {arrays} shapes, need {len(symbolic)}, one for every input of "
            f"{model.name}: {', '.join(i.name for i in symbolic)}"
        )
    mode = {"training": False} if "training" in inspect.signature(model.call).parameters else {}
    resolved = resolve_call(
        model.call, {**mode, **(call or {})}, 1 if symbolic else len(inputs), model.name
    )

    def apply(variables: Any, *xs: Any) -> tuple[Any, dict[str, Any]]:
        drawn = [iter(group) for group in variables]
        state = [[next(new) if is_weight(v) else v for v in group]
                 for new, group in zip(drawn, values, strict=True)]  # fmt: skip
        arguments = (list(xs),) if len(xs) > 1 and several else xs  # else a dict of them
        layers = list(_layers(model))
        hidden = {id(part) for layer in layers for part in _hidden(layer)}

        def name(layer: Any, outer: str) -> str:
            own = "" if id(layer) in hidden else layer.name
            return "/".join(filter(None, (outer, own)))

        with calls_marked({type(layer) for layer in layers}, "call", name):
            output, _ = model.stateless_call(*state, *arguments, **resolved.arguments)
        return named_outputs(output)

    names = tuple(i.name for i in symbolic) if several else ()
    layout: Layout = "channels_last"
    if keras.config.image_data_format() == "channels_first":
        layout = "channels_first"
    return Network(
        apply,
        model_weights(weights, model.name),
        model.name,
        layout=layout,
        arguments=names or argument_names(model.call, len(inputs)),
        variables=abstract(weights),
        call=resolved.arguments,
        assumed=resolved.assumed
        if "training" in (call or {}) or not mode
        else (*resolved.assumed, "training=False: inference"),
    )


def _hidden(layer: keras.Layer) -> list[keras.Layer]:
    """The functional model in which a Sequential runs its layers, unknown to its user."""
    if not isinstance(layer, keras.Sequential):
        return []
    known = {id(part) for part in layer.layers}
    parts = vars(layer).values()
    return [p for p in parts if isinstance(p, keras.Model) and id(p) not in known]


def _layers(owner: Any, seen: set[int] | None = None) -> Iterator[keras.Layer]:
    """A layer and all that it holds, in attributes and in lists and dicts of them."""
    seen = set() if seen is None else seen
    if id(owner) in seen:
        return
    seen.add(id(owner))
    if isinstance(owner, keras.Layer):
        yield owner
        inside = list(vars(owner).values())
    elif isinstance(owner, dict):
        inside = list(owner.values())
    elif isinstance(owner, (list, tuple)):
        inside = list(owner)
    else:
        return
    for value in inside:
        yield from _layers(value, seen)
