"""Small ONNX models for the tests: one node, or a few."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import onnx
from onnx import helper, numpy_helper

from jaxrf.frameworks.onnx.network import network as onnx_network

__all__ = ["Case", "Fed", "Kept", "case", "floats", "ints", "model_of", "run"]


@dataclass(frozen=True)
class Fed:
    """An operand that is fed although it is an integer or a flag."""

    array: np.ndarray


@dataclass(frozen=True)
class Kept:
    """An operand that the file holds although it is a float."""

    array: np.ndarray


@dataclass(frozen=True)
class Case:
    """One node: floats are inputs of the graph, integers and flags are held by the file."""

    name: str
    op: str
    operands: tuple[Any, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    outputs: int = 1
    opset: int = 18
    tolerance: float = 1e-5


def case(op: str, *operands, label: str = "", outputs=1, opset=18, tolerance=1e-5, **attributes):
    """A case with a readable name."""
    shown = label or ",".join(f"{k}={v}" for k, v in attributes.items() if np.ndim(v) < 2)
    name = "-".join(part for part in (op, shown[:60], "" if opset == 18 else str(opset)) if part)
    return Case(name, op, operands, attributes, outputs, opset, tolerance)


def floats(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Uniform float32 numbers."""
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    """What the file holds: axes, sizes, indices."""
    return np.array(values, np.int64)


def model_of(case: Case) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """(model, what is fed to it by name)."""
    names, fed, initializers, inputs = [], {}, [], []
    for n, operand in enumerate(case.operands):
        if operand is None:
            names.append("")
            continue
        names.append(f"x{n}")
        array = operand.array if isinstance(operand, Fed | Kept) else np.asarray(operand)
        whole = array.dtype.kind in "biu"
        if isinstance(operand, Kept) or (whole and not isinstance(operand, Fed)):
            initializers.append(numpy_helper.from_array(array, names[-1]))
            continue
        fed[names[-1]] = array
        element = helper.np_dtype_to_tensor_dtype(array.dtype)
        inputs.append(helper.make_tensor_value_info(names[-1], element, array.shape))
    outputs = [f"y{n}" for n in range(case.outputs)]
    node = helper.make_node(case.op, names, outputs, name="node", **case.attributes)
    made = [onnx.ValueInfoProto(name=name) for name in outputs]
    graph = helper.make_graph([node], "small", inputs, made, initializers)
    opsets = [helper.make_opsetid("", case.opset)]
    return helper.make_model(graph, opset_imports=opsets), fed


def run(model: onnx.ModelProto, fed: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Outputs in the graph's order, by jaxrf, compiled as a whole."""
    shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in fed.values())
    network = onnx_network(model, shapes)
    variables = network.init(jax.random.key(0))
    _output, named = jax.jit(network.apply)(variables, *fed.values())
    return [np.asarray(named[value.name]) for value in model.graph.output]
