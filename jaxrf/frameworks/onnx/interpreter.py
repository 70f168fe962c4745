"""Run the nodes of an ONNX graph as JAX functions, shapes and indices as numpy.

Two worlds, and a value is computed in the one that asks for it. What depends on the network's
input is computed in order, in JAX. What does not (weights, shapes, index tables) waits: an operator
that needs a *known* value, such as the target of Reshape, gets it from numpy, so that nothing is
compiled while tracing; one that needs an *array* gets a JAX value, in which weights are variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx

from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.frameworks.onnx.expand import function_body
from jaxrf.frameworks.onnx.model import OnnxModel, Weight, attributes_of
from jaxrf.frameworks.onnx.operators import OPERATORS
from jaxrf.frameworks.onnx.reference import reference
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped
from jaxrf.frameworks.onnx.unknown import everything

__all__ = ["evaluate"]

# They read the shape of their operand, not its values.
_SHAPES = ("Shape", "Size")
# Not worth an end-point: they compute nothing.
_TRIVIAL = frozenset("Constant ConstantOfShape Shape Size Identity Cast Dropout".split())


def evaluate(
    model: OnnxModel, variables: dict[str, Any], inputs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the main graph.

    Args:
        model: the file, taken apart.
        variables: weights by name.
        inputs: the network's inputs by name.

    Returns:
        The graph's outputs by name, and the feature maps on the way by node, in order.

    Raises:
        ModelError: a node cannot be computed; names it.
        InvalidInput: an operator that is not known even by the shape of its result.
    """
    scope = _Scope(model.opsets, model.weights)
    scope.arrays.update(model.constants)
    scope.arrays.update((name, jnp.asarray(v)) for name, v in {**variables, **inputs}.items())
    scope.dependent.update(inputs)
    try:
        endpoints = scope.run(model.graph)
    except NodeError as error:
        raise ModelError(f"{error}; the file declares {_declared(model)}") from error
    missing = [name for name in model.outputs if not scope.holds(name)]
    if missing:
        raise InvalidInput(f"onnx: no node makes the output {missing[0]!r}; check the file")
    return {name: jnp.asarray(scope.array(name)) for name in model.outputs}, endpoints


class NodeError(ModelError):
    """A node that cannot be computed."""


class _Scope:
    """The values of one graph; a subgraph sees those of the graph around it.

    Attributes:
        opsets: domain -> version of its operator set.
        weights: name -> what the file says of it, for values known although they are variables.
        outer: scope of the graph around this one.
        arrays: name -> computed value; numpy where it is known.
        knowns: name -> value as numpy, asked for so far.
        waiting: name -> node that makes it, for values that the network's input cannot influence.
        dependent: names that it can influence.
    """

    def __init__(
        self,
        opsets: dict[str, int],
        weights: dict[str, Weight] | None = None,
        outer: _Scope | None = None,
    ):
        self.opsets = opsets
        self.weights = weights or {}
        self.outer = outer
        self.arrays: dict[str, Any] = {}
        self.knowns: dict[str, np.ndarray] = {}
        self.waiting: dict[str, Any] = {}
        self.dependent: set[str] = set()

    def run(self, graph: Any) -> dict[str, Any]:
        """Run what depends on the input, let the rest wait; returns the feature maps by node."""
        endpoints: dict[str, Any] = {}
        outputs = {value.name for value in graph.output}
        for node in graph.node:
            if node.output and node.output[0] in self.weights:
                continue
            if not self._depends(node) and not _subgraphs(node):
                self.waiting.update((name, node) for name in node.output if name)
                continue
            self.compute(node)
            if node.op_type in _TRIVIAL:
                continue
            for name in node.output:
                if name in self.dependent and name not in outputs and _is_map(self.arrays[name]):
                    label = name if len(node.output) > 1 else node.name or name
                    endpoints[label if label not in endpoints else name] = self.arrays[name]
        return endpoints

    def holds(self, name: str) -> bool:
        """Whether there is a value of this name."""
        here = name in self.arrays or name in self.waiting
        return here or (self.outer is not None and self.outer.holds(name))

    def array(self, name: str) -> Any:
        """The value as JAX sees it: numpy where it is made of known values alone."""
        if name in self.arrays:
            return self.arrays[name]
        if name in self.waiting:
            if self._has_weights(name):
                self.compute(self.waiting[name])
            else:
                self.arrays[name] = self.known(name)
            return self.arrays[name]
        if self.outer is None:
            raise ModelError(f"onnx: no node makes the value {name!r}; check the file")
        return self.outer.array(name)

    def known(self, name: str) -> np.ndarray:
        """The value as numpy.

        Raises:
            Unmapped: the network's input can influence it.
        """
        if name not in self.knowns:
            self.knowns[name] = self._known(name)
        return self.knowns[name]

    def _known(self, name: str) -> np.ndarray:
        if isinstance(self.arrays.get(name), np.ndarray):
            return self.arrays[name]
        if name in self.weights:
            return self.weights[name].array()
        if name in self.waiting:
            node = self.waiting[name]
            if node.op_type in _SHAPES:
                return reference(node, [_like(self.array(node.input[0]))], self.opsets)[0]
            operands = [self.known(i) if i else None for i in node.input]
            results = reference(node, operands, self.opsets)
            made = dict(zip(node.output, results, strict=False))
            self.knowns.update(made)
            return made[name]
        if name in self.arrays or self.outer is None:
            raise Unmapped(f"operand {name!r} is computed from the network's input")
        return self.outer.known(name)

    def compute(self, node: Any) -> None:
        """Run one node in JAX."""
        with jax.named_scope(_label(node)):
            results = self._results(node)
        depends = self._depends(node)
        for name, value in zip(node.output, results, strict=False):
            if name:
                self.arrays[name] = value
                if depends and not isinstance(value, np.ndarray):
                    self.dependent.add(name)

    def _results(self, node: Any) -> tuple[Any, ...]:
        try:
            found = self._mapped(node)
        except Unmapped as reason:
            operands = [self.array(i) if i else None for i in node.input]
            found = everything(node, operands, self._known_operands(node), self.opsets, reason)
        except JaxrfError:
            raise
        except Exception as error:
            raise self._failed(node, error) from error
        return tuple(found) if isinstance(found, tuple | list) else (found,)

    def _mapped(self, node: Any) -> Any:
        standard = node.domain in ("", "ai.onnx")
        mapped = OPERATORS.get(node.op_type) if standard else None
        if mapped is None:
            return self._expanded(node)
        domain = "" if "" in self.opsets else node.domain
        view = NodeView(
            node.op_type,
            _label(node),
            self.opsets.get(domain, 1),
            attributes_of(node),
            max((n + 1 for n, name in enumerate(node.output) if name), default=0),
            self._subgraph,
        )
        operands = [
            None if not name else self.known(name) if n in mapped.known else self.array(name)
            for n, name in enumerate(node.input)
        ]
        return mapped.function(view, *operands)

    def _expanded(self, node: Any) -> list:
        """An operator that ONNX itself defines by others: those are run, in a scope of their own."""
        operands = [self.array(name) if name else None for name in node.input]
        body = function_body(node, operands, self.opsets)
        if body is None:
            raise Unmapped("no mapping")
        graph, opsets = body
        inner = _Scope(opsets)
        return inner.call(graph, operands, [self._is_dependent(name) for name in node.input])

    def _subgraph(self, graph: Any, *operands: Any) -> list:
        """A graph inside a node, which also reads the values around it."""
        inner = _Scope(self.opsets, outer=self)
        for tensor in graph.initializer:
            inner.arrays[tensor.name] = onnx.numpy_helper.to_array(tensor)
        return inner.call(graph, operands, [not isinstance(o, np.ndarray) for o in operands])

    def call(self, graph: Any, operands: Sequence[Any], dependent: Sequence[bool]) -> list:
        """Bind the graph's inputs, run it, return its outputs."""
        for value, operand, depends in zip(graph.input, operands, dependent, strict=False):
            if operand is not None:
                self.arrays[value.name] = operand
            if depends:
                self.dependent.add(value.name)
        self.run(graph)
        return [self.array(v.name) if self.holds(v.name) else None for v in graph.output]

    def _known_operands(self, node: Any) -> dict[int, np.ndarray]:
        """Operand number -> value, of those that are known."""
        found = {}
        for n, name in enumerate(node.input):
            if name and not self._is_dependent(name) and not self._has_weights(name):
                found[n] = self.known(name)
        return found

    def _is_dependent(self, name: str) -> bool:
        return name in self.dependent or (
            self.outer is not None and name not in self.arrays and self.outer._is_dependent(name)
        )

    def _depends(self, node: Any) -> bool:
        if node.op_type in _SHAPES:
            return False
        return any(self._is_dependent(name) for name in _reads(node) if name)

    def _has_weights(self, name: str) -> bool:
        """Whether a value that waits is made of weights."""
        if name in self.waiting:
            node = self.waiting[name]
            reads = () if node.op_type in _SHAPES else filter(None, node.input)
            return any(map(self._has_weights, reads))
        if name in self.arrays or self.outer is None:
            return not isinstance(self.arrays.get(name), np.ndarray)
        return self.outer._has_weights(name)

    def _failed(self, node: Any, error: Exception) -> NodeError:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        shapes = ["x".join(map(str, np.shape(self.array(i)))) or "scalar" for i in node.input if i]
        return NodeError(
            f"onnx: {node.op_type} {_label(node)!r} on {', '.join(shapes) or 'nothing'} raised "
            f"{type(error).__name__}: {' '.join(lines[:1])}"
        )


def _declared(model: OnnxModel) -> str:
    """The inputs as the file declares them."""
    return ", ".join(
        f"{name} ({', '.join('?' if n is None else str(n) for n in dims or ())})"
        for name, dims in model.inputs.items()
    )


def _label(node: Any) -> str:
    """A node's name, or its first output's."""
    return node.name or next(filter(None, node.output), node.op_type)


def _reads(node: Any) -> Iterator[str]:
    """Names that a node reads, those inside its graphs included."""
    yield from node.input
    for graph in _subgraphs(node):
        for inner in graph.node:
            yield from _reads(inner)


def _subgraphs(node: Any) -> list:
    return [a.g for a in node.attribute if a.HasField("g")]


def _is_map(value: Any) -> bool:
    return np.ndim(value) >= 3 and jnp.issubdtype(value.dtype, jnp.inexact)


def _like(value: Any) -> np.ndarray:
    """Something of the same shape that takes no memory."""
    return np.broadcast_to(np.zeros((), np.int8), np.shape(value))
