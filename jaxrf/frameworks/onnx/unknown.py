"""An operator without a mapping: a value of the right shape that depends on all that it reads.

It goes through a callback, a primitive that jaxrf treats as unknown: everything is reported, with
the node's name, and ``strict`` refuses. Where ONNX has a reference implementation the callback runs
it, so that the network still computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx

from jaxrf.errors import ModelError
from jaxrf.frameworks.onnx.reference import reference, single_node_model

__all__ = ["everything"]


def everything(
    node: Any,
    operands: Sequence[Any],
    known: dict[int, np.ndarray],
    opsets: dict[str, int],
    reason: Exception,
    around: Sequence[Any] = (),
) -> list[Any]:
    """Results of a node that has no JAX function.

    Args:
        node: a ``onnx.NodeProto``.
        operands: its arrays, None where left out.
        known: operand number -> value, of those that are known: shapes may depend on them.
        opsets: domain -> version that the file imports.
        reason: why it has none.
        around: further arrays, which the graphs inside it read.

    Raises:
        ModelError: the shapes of its results cannot be inferred.
    """
    results = _results(node, operands, known, opsets)
    version = opsets.get(node.domain, 1)
    what = f"{node.op_type} {node.name or node.output[0]!r}"
    if results is None:
        raise ModelError(
            f"onnx: {what} (domain {node.domain or 'ai.onnx'!r}, opset {version}): {reason}, and "
            "its shape cannot be inferred; need a graph that ends before it "
            "(onnx.utils.extract_model) or an export with standard operators"
        )
    given = [o is not None for o in operands]
    dynamic = [n for n, o in enumerate(operands) if o is not None]

    def run(*arrays):
        values: list[Any] = [None] * len(given)
        for n, array in zip(dynamic, arrays, strict=False):  # others are read inside
            values[n] = np.asarray(array)
        found = reference(node, values, opsets)
        return [np.asarray(f, r.dtype) for f, r in zip(found, results, strict=True)]

    with jax.named_scope(node.op_type):
        arrays = [jnp.asarray(a) for a in (*(operands[n] for n in dynamic), *around)]
        made = iter(jax.pure_callback(run, results, *arrays))
    return [next(made) if name else None for name in node.output]


def _results(node, operands, known, opsets) -> list[jax.ShapeDtypeStruct] | None:
    """Shapes and types by ONNX's own inference on this one node; None where it cannot say."""
    names = [f"i{n}" if o is not None else "" for n, o in enumerate(operands)]
    model = single_node_model(node, names, opsets)
    for value, operand in zip(
        model.graph.input, (o for o in operands if o is not None), strict=True
    ):
        element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(operand.dtype))
        value.type.CopyFrom(onnx.helper.make_tensor_type_proto(element, np.shape(operand)))
    for n, value in known.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(value, names[n]))
    try:
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:  # shapes that the operator does not accept
        return None
    found = []
    for value in graph.output:
        kind = value.type.tensor_type
        dims = kind.shape.dim if kind.HasField("shape") else None
        if not kind.elem_type or dims is None or any(not d.HasField("dim_value") for d in dims):
            return None
        dtype = jax.dtypes.canonicalize_dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
        found.append(jax.ShapeDtypeStruct(tuple(d.dim_value for d in dims), dtype))
    return found
