"""The parts of an ONNX model: its weights, other constants, inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from jaxrf.errors import ModelError
from jaxrf.frameworks.array_kinds import is_added_mask
from jaxrf.frameworks.onnx.declared import declared_names
from jaxrf.frameworks.onnx.size import check_size
from jaxrf.frameworks.onnx.types import ValueType, value_type

__all__ = [
    "Body",
    "OnnxModel",
    "Weight",
    "attributes_of",
    "body_path",
    "is_weighty",
    "label_of",
    "prepare",
]

# A filled array larger than this is a weight that the file only describes ("light" models).
_FEW = 16


@dataclass(frozen=True, eq=False)
class Weight:
    """A constant of the file that a network learns.

    Attributes:
        shape: of the array.
        dtype: of the array, as numpy has it.
        array: function that makes the array.
        fill: the one value of all its elements, for weights that a file only describes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    array: Callable[[], np.ndarray]
    fill: Any = None


@dataclass(frozen=True, eq=False)
class Body:
    """A graph inside a node.

    Attributes:
        name: of the attribute that holds it ("then_branch").
        graph: a ``onnx.GraphProto``.
    """

    name: str
    graph: Any


@dataclass(frozen=True, eq=False)
class OnnxModel:
    """The parts of a file that the interpreter needs.

    Attributes:
        graph: the main graph, local functions inlined.
        opsets: domain -> version of its operator set.
        weights: name -> floating or quantised constant; those inside a node behind its path.
        bodies: path of a graph inside a node -> name there -> name among the weights.
        constants: name -> any other initialiser (shapes, indices, flags, masks).
        declared: names of constants that are no weights whatever they hold.
        inputs: name -> what the file declares of it; no initialisers.
        outputs: names, in the file's order.
    """

    graph: Any
    opsets: dict[str, int]
    weights: dict[str, Weight]
    bodies: dict[str, dict[str, str]]
    constants: dict[str, np.ndarray]
    declared: frozenset[str]
    inputs: dict[str, ValueType]
    outputs: tuple[str, ...]


def prepare(model: Any) -> OnnxModel:
    """Take a ``onnx.ModelProto`` apart.

    Raises:
        ModelError: its weights are not there (external data that was not loaded), or it comes to
            too many nodes.
    """
    check_size(model)
    declared = declared_names(model)
    if model.functions:
        from onnx.inliner import inline_local_functions

        model = inline_local_functions(model)
    graph = model.graph
    weights, constants = {}, {}
    bodies: dict[str, dict[str, str]] = {}
    try:
        for tensor in graph.initializer:
            if _is_weight(tensor) and tensor.name not in declared:
                weights[tensor.name] = _of_tensor(tensor)
            else:
                constants[tensor.name] = numpy_helper.to_array(tensor)
        for node in graph.node:
            weight = _of_node(node, constants)
            if weight is not None and node.output[0] not in declared:
                weights[node.output[0]] = weight
        for path, body in _bodies(graph):
            held = bodies[path] = {}
            for name, weight in _inside(body):
                held[name] = path + name
                weights[path + name] = weight
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        raise ModelError(
            f"onnx: reading the weights of {graph.name or 'the model'} raised "
            f"{type(error).__name__}: {first}; load it with onnx.load(path), external data included"
        ) from error
    given = {tensor.name for tensor in graph.initializer}
    inputs = {value.name: value_type(value) for value in graph.input if value.name not in given}
    return OnnxModel(
        graph,
        {opset.domain: opset.version for opset in model.opset_import},
        weights,
        bodies,
        constants,
        declared,
        inputs,
        tuple(value.name for value in graph.output),
    )


def attributes_of(node: Any) -> dict[str, Any]:
    """Attributes of a node as Python values; texts decoded, tensors as numpy arrays."""
    found = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        elif isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
        elif isinstance(value, onnx.GraphProto):
            value = Body(attribute.name, value)
        elif attribute.type == onnx.AttributeProto.STRINGS:
            value = [item.decode("utf-8", "replace") for item in value]
        found[attribute.name] = value
    return found


def label_of(node: Any) -> str:
    """A node's name, or its first output's."""
    return str(node.name or next(filter(None, node.output), node.op_type))


def body_path(outer: str, node: Any, attribute: str) -> str:
    """The path of a graph inside a node, by outputs: names of nodes need not be unique."""
    return f"{outer}{next(filter(None, node.output), node.name)}/{attribute}/"


def _bodies(graph: Any, outer: str = "") -> Iterator[tuple[str, Any]]:
    """(path, graph) of every graph inside a node, however deep."""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                path = body_path(outer, node, attribute.name)
                yield path, attribute.g
                yield from _bodies(attribute.g, path)


def _inside(graph: Any) -> Iterator[tuple[str, Weight]]:
    """The weights that a graph inside a node holds."""
    for tensor in graph.initializer:
        if _is_weight(tensor):
            yield tensor.name, _of_tensor(tensor)
    for node in graph.node:
        weight = _of_node(node, {}) if node.op_type == "Constant" else None
        if weight is not None:
            yield node.output[0], weight


def _is_weight(tensor: Any) -> bool:
    """Whether a tensor may be learned, zeros too: a mask of zeros and infinite numbers may not."""
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return is_weighty(dtype) and not is_added_mask(numpy_helper.to_array(tensor))


def is_weighty(dtype: np.dtype) -> bool:
    """Whether a type is one of weights: floats, and integers of at most 8 bits (quantised)."""
    return dtype.kind not in "biuSOU" or (dtype.kind in "iu" and dtype.itemsize == 1)


def _of_tensor(tensor: Any) -> Weight:
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return Weight(tuple(tensor.dims), np.dtype(dtype), lambda: numpy_helper.to_array(tensor))


def _of_node(node: Any, constants: dict[str, np.ndarray]) -> Weight | None:
    """The weight that a Constant or ConstantOfShape node holds, None where it holds none."""
    if node.op_type == "Constant" and node.attribute:
        attribute = node.attribute[0]
        if attribute.name == "value" and _is_weight(attribute.t):
            return _of_tensor(attribute.t)
        if attribute.name in ("value_float", "value_floats"):
            value = np.asarray(onnx.helper.get_attribute_value(attribute), np.float32)
            return None if is_added_mask(value) else Weight(value.shape, value.dtype, lambda: value)
    if node.op_type == "Constant" and node.output[0] not in constants:
        held = attributes_of(node).get("value")
        if held is not None:
            constants[node.output[0]] = held  # a shape that a ConstantOfShape may fill
    if node.op_type == "ConstantOfShape" and node.input[0] in constants:
        shape = tuple(int(n) for n in constants[node.input[0]])
        fill = attributes_of(node).get("value", np.zeros(1, np.float32)).reshape(())
        if fill.dtype.kind not in "biu" and prod(shape) > _FEW and not is_added_mask(fill):
            return Weight(shape, fill.dtype, lambda: np.full(shape, fill), fill)
    return None
