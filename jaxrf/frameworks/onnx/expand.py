"""Operators that ONNX defines as functions of other operators: their body, ready to be run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx

__all__ = ["function_body"]


def function_body(
    node: Any, operands: Sequence[Any], opsets: dict[str, int]
) -> tuple[Any, dict[str, int]] | None:
    """(graph, opsets) that define the operator at this node; None where ONNX does not define one.

    Args:
        node: a ``onnx.NodeProto``.
        operands: its arrays, None where left out; the definition may depend on their types.
        opsets: domain -> version that the file imports.
    """
    version = opsets.get(node.domain, opsets.get("", 1))
    try:
        schema: Any = onnx.defs.get_schema(node.op_type, version, node.domain)
    except onnx.defs.SchemaError:
        return None
    function = onnx.FunctionProto()
    if schema.has_function:
        fitting = [v for v in schema.function_opset_versions if v <= version]
        if not fitting:
            return None
        function.ParseFromString(schema.get_function_with_opset_version(max(fitting)))
    elif schema.has_context_dependent_function:
        fitting = [v for v in schema.context_dependent_function_opset_versions if v <= version]
        if not fitting:
            return None
        types = [_type_of(operand) for operand in operands]
        function.ParseFromString(
            schema.get_context_dependent_function_with_opset_version(
                max(fitting), node.SerializeToString(), types
            )
        )
    if not function.node:
        return None
    nodes = [_bound(inner, schema, node) for inner in function.node]
    graph = onnx.helper.make_graph(
        nodes,
        node.op_type,
        [onnx.ValueInfoProto(name=name) for name in function.input],
        [onnx.ValueInfoProto(name=name) for name in function.output],
    )
    return graph, {**opsets, **{o.domain: o.version for o in function.opset_import}}


def _bound(inner: Any, schema: Any, node: Any) -> Any:
    """A node of the body with the references to the operator's attributes filled in."""
    given = {a.name: a for a in node.attribute}
    copy = onnx.NodeProto()
    copy.CopyFrom(inner)
    del copy.attribute[:]
    for attribute in inner.attribute:
        if not attribute.ref_attr_name:
            copy.attribute.append(attribute)
            continue
        value = given.get(attribute.ref_attr_name)
        if value is None:
            value = schema.attributes[attribute.ref_attr_name].default_value
        if value.type:
            bound = onnx.AttributeProto()
            bound.CopyFrom(value)
            bound.name = attribute.name
            copy.attribute.append(bound)
    return copy


def _type_of(operand: Any) -> bytes:
    """The ONNX type of an array, serialised; empty where there is none."""
    if operand is None:
        return b""
    element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(operand.dtype))
    serialized: bytes = onnx.helper.make_tensor_type_proto(
        element, np.shape(operand)
    ).SerializeToString()
    return serialized
