"""Run the nodes of an ONNX graph as JAX functions, shapes and indices as numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx

from jaxrf.errors import JaxrfError, ModelError
from jaxrf.frameworks.onnx.expand import function_body
from jaxrf.frameworks.onnx.model import OnnxModel, attributes_of
from jaxrf.frameworks.onnx.operators import OPERATORS
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped
from jaxrf.frameworks.onnx.unknown import everything
from jaxrf.frameworks.onnx.values import SHAPES, Values

__all__ = ["evaluate"]

# Not worth an end-point: they compute nothing.
_TRIVIAL = frozenset("Constant ConstantOfShape Identity Cast Dropout".split())


class NodeError(ModelError):
    """A node that cannot be computed."""


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
        ModelError: a node cannot be computed (names it), or no node makes an output.
    """
    run = _Run(Values(model.opsets, lambda node: run.compute(node), model.weights))
    run.values.arrays.update(model.constants)
    given = {**variables, **inputs}
    run.values.arrays.update((name, jnp.asarray(value)) for name, value in given.items())
    run.values.dependent.update(inputs)
    try:
        run.graph(model.graph)
        outputs = {name: jnp.asarray(run.values.array(name)) for name in model.outputs}
    except NodeError as error:
        raise ModelError(f"{error}; the file declares {_declared(model)}") from error
    return outputs, run.endpoints.values


class _FeatureMaps:
    """Feature maps by name, in order of execution.

    Attributes:
        values: name -> value.
        names: the names that a node may have -> the one that it has; a loop runs a node again.
    """

    def __init__(self):
        self.values: dict[str, Any] = {}
        self.names: dict[tuple[str, ...], str] = {}

    def add(self, names: tuple[str, ...], value: Any) -> None:
        """Under the first name that is not taken; one that comes again is numbered."""
        free = (name for name in names if name not in self.values)
        own = self.names.setdefault(names, next(free, names[-1]))
        again = (f"{own}#{n}" for n in range(2, len(self.values) + 3))
        self.values[next(n for n in (own, *again) if n not in self.values)] = value


class _Run:
    """One run over a graph.

    Attributes:
        values: by name.
        endpoints: feature maps so far, by node; the main graph's own outputs are not among them.
        within: the nodes that hold this graph, outermost first; "" for the main graph.
    """

    def __init__(self, values: Values, endpoints: _FeatureMaps | None = None, within: str = ""):
        self.values = values
        self.endpoints = endpoints or _FeatureMaps()
        self.within = within

    def graph(self, graph: Any) -> None:
        """Run what depends on the input; let the rest wait until it is asked for."""
        # Those of the main graph are end-points by themselves.
        outputs = set() if self.within else {value.name for value in graph.output}
        for node in graph.node:
            if node.output and node.output[0] in self.values.weights:
                continue
            if not self._depends(node) and not _subgraphs(node):
                self.values.waiting.update((name, node) for name in node.output if name)
                continue
            self.compute(node)
            if node.op_type not in _TRIVIAL:
                self._note(node, outputs)

    def call(self, graph: Any, operands: Sequence[Any], dependent: Sequence[bool]) -> list:
        """Bind the graph's inputs, run it, return its outputs."""
        for value, operand, depends in zip(graph.input, operands, dependent, strict=False):
            if operand is not None:
                self.values.arrays[value.name] = operand
            if depends:
                self.values.dependent.add(value.name)
        self.graph(graph)
        names = (value.name for value in graph.output)
        return [self.values.array(name) if self.values.holds(name) else None for name in names]

    def compute(self, node: Any) -> None:
        """Run one node in JAX."""
        with jax.named_scope(_label(node)):
            results = self._results(node)
        depends = self._depends(node)
        for name, value in zip(node.output, results, strict=False):
            if name:
                self.values.arrays[name] = value
                if depends and not isinstance(value, np.ndarray):
                    self.values.dependent.add(name)

    def _results(self, node: Any) -> tuple[Any, ...]:
        try:
            found = self._mapped(node)
        except Unmapped as reason:
            found = self._unmapped(node, reason)
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
        opsets = self.values.opsets
        view = NodeView(
            node.op_type,
            _label(node),
            opsets.get("", opsets.get("ai.onnx", 1)),
            attributes_of(node),
            max((n + 1 for n, name in enumerate(node.output) if name), default=0),
            lambda graph, *operands, listed=True: self._subgraph(node, graph, operands, listed),
        )
        operands = [
            None
            if not name
            else self.values.known(name)
            if n in mapped.known
            else self.values.array(name)
            for n, name in enumerate(node.input)
        ]
        return mapped.function(view, *operands)

    def _unmapped(self, node: Any, reason: Unmapped) -> list:
        """Everything reads everything; what the input cannot influence is computed in numpy."""
        if not self._depends(node) and not _subgraphs(node):
            return [self.values.known(name) if name else None for name in node.output]
        known, values = self._known_operands(node), self.values
        inside = dict.fromkeys(name for graph in _subgraphs(node) for name in _names(graph))
        around = [values.array(name) for name in inside if values.is_dependent(name)]
        return everything(node, self._arrays(node), known, values.opsets, reason, around)

    def _expanded(self, node: Any) -> list:
        """An operator that ONNX itself defines by others: those run, in a scope of their own."""
        operands = self._arrays(node)
        body = function_body(node, operands, self.values.opsets)
        if body is None:
            raise Unmapped("no mapping")
        graph, opsets = body
        inner = _Run(Values(opsets, lambda node: inner.compute(node)))
        return inner.call(graph, operands, [self.values.is_dependent(name) for name in node.input])

    def _subgraph(self, node: Any, graph: Any, operands: Sequence[Any], listed: bool) -> list:
        """A graph inside a node, which also reads the values around it.

        Its feature maps are end-points beside those outside, where they are ``listed``.
        """
        inner = _Run(
            Values(self.values.opsets, lambda node: inner.compute(node), outer=self.values),
            self.endpoints if listed else None,
            f"{self.within}{_label(node)}/",
        )
        for tensor in graph.initializer:
            inner.values.arrays[tensor.name] = onnx.numpy_helper.to_array(tensor)
        return inner.call(graph, operands, [not isinstance(o, np.ndarray) for o in operands])

    def _arrays(self, node: Any) -> list:
        return [self.values.array(name) if name else None for name in node.input]

    def _known_operands(self, node: Any) -> dict[int, np.ndarray]:
        """Operand number -> value, of those that are known and no weights."""
        values = self.values
        return {
            n: values.known(name)
            for n, name in enumerate(node.input)
            if name and not values.is_dependent(name) and not values.has_weights(name)
        }

    def _depends(self, node: Any) -> bool:
        return node.op_type not in SHAPES and any(map(self.values.is_dependent, _reads(node)))

    def _note(self, node: Any, outputs: set[str]) -> None:
        """Add the feature maps that a node made to the end-points."""
        for name in node.output:
            if name not in self.values.dependent or name in outputs:
                continue
            value = self.values.arrays[name]
            if value.ndim >= 3 and jnp.issubdtype(value.dtype, jnp.inexact):
                label = name if len(node.output) > 1 else _label(node)
                self.endpoints.add((label, name, self.within + name), value)

    def _failed(self, node: Any, error: Exception) -> NodeError:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        made = [self.values.arrays[name] for name in node.input if name in self.values.arrays]
        shapes = ["x".join(map(str, np.shape(array))) or "scalar" for array in made]
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
    yield from filter(None, node.input)
    for graph in _subgraphs(node):
        yield from _names(graph)


def _names(graph: Any) -> Iterator[str]:
    """Names that a graph reads, its own among them; what it returns may be a value around it."""
    for node in graph.node:
        yield from _reads(node)
    yield from (value.name for value in graph.output)


def _subgraphs(node: Any) -> list:
    return [a.g for a in node.attribute if a.HasField("g")]
