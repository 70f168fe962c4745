"""An ONNX model -> a :class:`~jaxrf.frameworks.network.Network`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.endpoints import OF_MODULE
from jaxrf.frameworks.network import Network, named_outputs
from jaxrf.frameworks.onnx.interpreter import evaluate
from jaxrf.frameworks.onnx.model import OnnxModel, Weight, prepare

__all__ = ["network"]


def network(model: Any, inputs: tuple[Any, ...]) -> Network:
    """The network of an ONNX model; its weights are those of the file, whatever the key.

    End-points are the outputs of its nodes that are feature maps (floating point, at least 3
    axes), under the node's name, or its output's where the node has none.

    Args:
        model: a ``onnx.ModelProto``.
        inputs: one ``jax.ShapeDtypeStruct`` per input of the graph, in its order.

    Raises:
        InvalidInput: the number of inputs or an input's rank is not what the file declares.
        ModelError: its weights cannot be read.
    """
    parts = prepare(model)
    _check(parts, jax.tree.leaves(inputs))

    def apply(variables: Any, *arrays: Any) -> tuple[Any, dict[str, Any]]:
        leaves = jax.tree.leaves(arrays)
        outputs, endpoints = evaluate(
            parts, variables, dict(zip(parts.inputs, leaves, strict=True))
        )
        output, named = named_outputs(outputs)
        return output, {**{OF_MODULE + name: value for name, value in endpoints.items()}, **named}

    def init(key: jax.Array) -> dict[str, Any]:
        return {name: _made(weight) for name, weight in parts.weights.items()}

    names = tuple(parts.inputs)
    return Network(
        apply,
        init,
        parts.graph.name or "onnx",
        layout="channels_first",
        arguments=names,
        variables=jax.eval_shape(init, None),
    )


def _made(weight: Weight) -> jax.Array:
    """The array of a weight; one that is only described is not made while shapes are inferred."""
    if weight.fill is not None:
        return jnp.full(weight.shape, weight.fill, weight.dtype)
    return jnp.asarray(weight.array())


def _check(parts: OnnxModel, inputs: list[Any]) -> None:
    names = list(parts.inputs)
    if len(inputs) != len(names):
        raise InvalidInput(
            f"onnx: got {len(inputs)} inputs, the file needs {len(names)}: {', '.join(names)}"
        )
    for (name, declared), x in zip(parts.inputs.items(), inputs, strict=True):
        if declared.dims is not None and len(x.shape) != len(declared.dims):
            raise InvalidInput(
                f"onnx: input {name!r}: got shape {tuple(x.shape)} of {len(x.shape)} axes, "
                f"the file declares {len(declared.dims)}: {declared}"
            )
