"""Run the nodes of an ONNX graph as JAX functions, shapes and indices as numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx

from jaxrf.errors import JaxrfError, ModelError
from jaxrf.frameworks.onnx.expand import function_body
from jaxrf.frameworks.onnx.model import Body, OnnxModel, attributes_of, body_path, label_of
from jaxrf.frameworks.onnx.operators import OPERATORS
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped
from jaxrf.frameworks.onnx.types import ValueType, declared_types
from jaxrf.frameworks.onnx.unknown import Shapeless, everything
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
    given = {**variables, **inputs}
    shapes = {name: np.shape(value) for name, value in inputs.items()}
    run = _Run(
        Values(model.opsets, lambda node: run.compute(node), model.weights, facts=model.declared),
        declared=_Declared(model.graph, shapes),
        inside=_Inside(model, variables),
    )
    run.values.arrays.update(model.constants)
    run.values.arrays.update((name, jnp.asarray(value)) for name, value in given.items())
    run.values.dependent.update(inputs)
    try:
        run.graph(model.graph)
        outputs = {name: _returned(run.values.array(name)) for name in model.outputs}
    except NodeError as error:
        raise ModelError(f"{error}; the file declares {_declared(model)}") from error
    except RecursionError:
        raise ModelError(
            "onnx: values that are computed from constants, or graphs inside nodes, are nested too "
            "deep; fold the constants of the file first (onnxruntime, onnx-simplifier)"
        ) from None
    return outputs, run.endpoints.values


def _returned(value: Any) -> jax.Array:
    """The value that the network returns for a value of the graph."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "OSU":
        return jnp.zeros(value.shape)  # text, such as the names of classes: no input influences it
    return value.stand_in if isinstance(value, Shapeless) else jnp.asarray(value)


@dataclass(frozen=True, eq=False)
class _Inside:
    """The weights of graphs inside nodes.

    Attributes:
        model: the file.
        variables: weights by name.
    """

    model: OnnxModel
    variables: dict[str, Any]

    def put(self, path: str, graph: Any, values: Values) -> None:
        """Give the constants of the graph at a path to its values."""
        names = self.model.bodies.get(path, {})
        for name, own in names.items():
            values.weights[name] = self.model.weights[own]
            values.arrays[name] = jnp.asarray(self.variables[own])
        for tensor in graph.initializer:
            if tensor.name not in names:
                values.arrays[tensor.name] = onnx.numpy_helper.to_array(tensor)


class _Declared:
    """The declared types of the file's values, read only where an operator has no mapping."""

    def __init__(self, graph: Any, given: dict[str, tuple[int, ...]]) -> None:
        self.graph, self.given = graph, given

    @cached_property
    def _types(self) -> dict[str, ValueType]:
        return declared_types(self.graph, self.given)

    def __call__(self, name: str) -> ValueType:
        return self._types.get(name, ValueType())


class _FeatureMaps:
    """Feature maps by name, in order of execution.

    Attributes:
        values: name -> value.
        names: the names that a node may have -> the one that it has; a loop runs a node again.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.names: dict[tuple[str, ...], str] = {}

    def add(self, names: tuple[str, ...], value: Any) -> None:
        """Add a feature map under the first free name; a repeated name is numbered."""
        free = (name for name in names if name not in self.values)
        own = self.names.setdefault(names, next(free, names[-1]))
        again = (f"{own}#{n}" for n in range(2, len(self.values) + 3))
        self.values[next(n for n in chain((own,), again) if n not in self.values)] = value


class _Run:
    """One run over a graph.

    Attributes:
        values: by name.
        endpoints: feature maps so far, by node; the main graph's own outputs are not among them.
        within: the nodes that hold this graph, outermost first; "" for the main graph.
        declared: what the file says of a value of this graph.
        inside: the weights of graphs inside nodes.
        path: of this graph, where they are found.
    """

    def __init__(
        self,
        values: Values,
        endpoints: _FeatureMaps | None = None,
        within: str = "",
        declared: Callable[[str], ValueType] = lambda name: ValueType(),
        inside: _Inside | None = None,
        path: str = "",
    ) -> None:
        self.values = values
        self.endpoints = endpoints or _FeatureMaps()
        self.within = within
        self.declared = declared
        self.inside = inside
        self.path = path

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

    def call(self, graph: Any, operands: Sequence[Any], dependent: Sequence[bool]) -> list[Any]:
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
        before = self._shapeless(node) or self._blamed(node)
        with jax.named_scope(label_of(node) if before is None else before.place):
            results = self._results(node)
        depends = self._depends(node)
        for name, value in zip(node.output, results, strict=False):
            if name:
                self.values.arrays[name] = value
                if depends and not isinstance(value, np.ndarray):
                    self.values.dependent.add(name)
                    if before is not None and not _is_float(value):
                        self.values.blamed[name] = before

    def _results(self, node: Any) -> tuple[Any, ...]:
        try:
            found = self._everything(node) if self._shapeless(node) else self._mapped(node)
        except Unmapped as reason:
            found = self._unmapped(node, str(reason))
        except (JaxrfError, RecursionError):
            raise
        except Exception as error:
            raise self._failed(node, error) from error
        return tuple(found) if isinstance(found, tuple | list) else (found,)

    def _mapped(self, node: Any) -> Any:
        domain = "" if node.domain == "ai.onnx" else node.domain
        mapped = OPERATORS.get((domain, node.op_type))
        if mapped is None:
            return self._expanded(node)
        opsets = self.values.opsets
        view = NodeView(
            node.op_type,
            label_of(node),
            opsets.get("", opsets.get("ai.onnx", 1)),
            attributes_of(node),
            max((n + 1 for n, name in enumerate(node.output) if name), default=0),
            lambda graph, *operands, listed=True: self._subgraph(node, graph, operands, listed),
        )
        # Graphs inside a node are given what is known as it is: it may decide about their steps.
        operand = self.values.array if _subgraphs(node) else self.values.operand
        operands = [
            None if not name else self.values.known(name) if n in mapped.known else operand(name)
            for n, name in enumerate(node.input)
        ]
        return mapped.function(view, *operands)

    def _unmapped(self, node: Any, reason: str) -> list[Any]:
        """Everything reads everything; what the input cannot influence is computed in numpy."""
        if not self._depends(node) and not _subgraphs(node):
            return [self.values.known(name) if name else None for name in node.output]
        return self._everything(node, reason)

    def _everything(self, node: Any, reason: str = "") -> list[Any]:
        known, values = self._known_operands(node), self.values
        inside = dict.fromkeys(name for graph in _subgraphs(node) for name in _names(graph))
        around = [values.array(name) for name in inside if values.is_dependent(name)]
        return everything(
            *(node, self._arrays(node), known, values.opsets),
            reason=reason,
            before=self._shapeless(node) or self._blamed(node),
            around=around,
            declared=self.declared,
        )

    def _shapeless(self, node: Any) -> Shapeless | None:
        """The first operand of unknown shape, if there is one."""
        values = map(self.values.peek, _reads(node))
        return next((value for value in values if isinstance(value, Shapeless)), None)

    def _blamed(self, node: Any) -> Shapeless | None:
        """The cause of unknown lengths among what a node reads, if there is one."""
        return next(filter(None, map(self.values.blame, _reads(node))), None)

    def _expanded(self, node: Any) -> list[Any]:
        """An operator that ONNX itself defines by others: those run, in a scope of their own."""
        operands = self._arrays(node)
        body = function_body(node, operands, self.values.opsets)
        if body is None:
            raise Unmapped
        graph, opsets = body
        facts = (
            formal
            for formal, name, value in zip(graph.input, node.input, operands, strict=False)
            if isinstance(value, np.ndarray) and self.values.is_fact(name)
        )
        inner = _Run(
            Values(opsets, lambda node: inner.compute(node), facts=(f.name for f in facts))
        )
        return inner.call(graph, operands, [self.values.is_dependent(name) for name in node.input])

    def _subgraph(self, node: Any, body: Body, operands: Sequence[Any], listed: bool) -> list[Any]:
        """A graph inside a node, which also reads the values around it.

        Its feature maps are end-points beside those outside, where they are ``listed``.
        """
        inner = _Run(
            Values(self.values.opsets, lambda node: inner.compute(node), outer=self.values),
            self.endpoints if listed else None,
            f"{self.within}{label_of(node)}/",
            inside=self.inside,
            path=body_path(self.path, node, body.name),
        )
        if self.inside is not None:
            self.inside.put(inner.path, body.graph, inner.values)
        dependent = [not isinstance(o, np.ndarray) for o in operands]
        results = inner.call(body.graph, operands, dependent)
        if node.op_type != "If" and any(isinstance(r, Shapeless) for r in results):
            raise Unmapped(f"{node.op_type} around a value of unknown shape")
        return results

    def _arrays(self, node: Any) -> list[Any]:
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
        if node.op_type in SHAPES:
            return self._shapeless(node) is not None
        return any(map(self.values.is_dependent, _reads(node)))

    def _note(self, node: Any, outputs: set[str]) -> None:
        """Add the feature maps that a node made to the end-points."""
        for name in node.output:
            if name not in self.values.dependent or name in outputs:
                continue
            value = _returned(self.values.arrays[name])
            if value.ndim >= 3 and jnp.issubdtype(value.dtype, jnp.inexact):
                label = name if len(node.output) > 1 else label_of(node)
                self.endpoints.add((label, name, self.within + name), value)

    def _failed(self, node: Any, error: Exception) -> NodeError:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        made = [self.values.arrays[name] for name in node.input if name in self.values.arrays]
        shapes = ["x".join(map(str, np.shape(array))) or "scalar" for array in made]
        return NodeError(
            f"onnx: {node.op_type} {label_of(node)!r} on {', '.join(shapes) or 'nothing'} raised "
            f"{type(error).__name__}: {' '.join(lines[:1])}"
        )


def _declared(model: OnnxModel) -> str:
    """The inputs as the file declares them."""
    return ", ".join(f"{name} {declared}" for name, declared in model.inputs.items())


def _is_float(value: Any) -> bool:
    return not isinstance(value, Shapeless) and jnp.issubdtype(value.dtype, jnp.inexact)


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


def _subgraphs(node: Any) -> list[Any]:
    return [a.g for a in node.attribute if a.HasField("g")]
