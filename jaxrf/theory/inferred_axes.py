"""Infer the spatial axes of an input from the layers of a network, where no layout names them.

Each axis is followed from the input for as long as it is a dimension of its own. Then, the first
that there is:

1. a convolution: its spatial dimensions, wherever transposes and new axes have put them;
2. windows, slices and running sums that move along an axis (pools, recurrences written out);
3. a product with weights: what it sums over are channels, the rest but the batch is space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jaxrf.geometry.node import Node
from jaxrf.geometry.words import Move, Read
from jaxrf.program.equation import Equation
from jaxrf.program.primitives import dimension_numbers, products
from jaxrf.program.trace import Traced
from jaxrf.theory.build import graph_of

__all__ = ["InferredAxes", "infer_axes"]

Followed = tuple[int | None, ...]  # a dimension of a value -> the axis of the input


@dataclass(frozen=True)
class InferredAxes:
    """The spatial axes of an input, and what they were inferred from.

    Attributes:
        axes: of the input, in order.
        by: name of the operation that they were inferred from.
        whole: whether no others can be spatial; what moves along one axis says nothing of others.
    """

    axes: tuple[int, ...]
    by: str
    whole: bool = True


def infer_axes(traced: Traced, source: int) -> InferredAxes | None:
    """The spatial axes of input number ``source``; None where nothing in the network tells.

    >>> import jax.numpy as jnp
    >>> from jaxrf.program.trace import trace
    >>> infer_axes(trace(lambda x: x[:, 1:] + x[:, :-1], (1, 8, 3)), 0)
    InferredAxes(axes=(1,), by='slice', whole=False)
    """
    followed = _followed(traced, source)
    return (
        _by_convolution(traced, followed)
        or _by_moving(traced, followed)
        or _by_product(traced, followed)
    )


def _followed(traced: Traced, source: int) -> dict[int, Followed]:
    """Node of the graph -> the axes of the input that its dimensions follow, where any does."""
    nodes = graph_of(traced).graph.nodes
    found: dict[int, Followed] = {source: tuple(range(len(nodes[source].full_shape)))}
    for index, node in enumerate(nodes):
        for number, operand in enumerate(node.operands):
            if operand in found and index not in found:
                dims = _through(node, number, found[operand], nodes[operand].full_shape)
                if any(d is not None for d in dims):
                    found[index] = dims
    return found


def _through(node: Node, number: int, dims: Followed, shape: tuple[int, ...]) -> Followed:
    """The dimensions of a node, by those of one of its operands."""
    if isinstance(node.dependence, Move):
        kept = {to: d for d, to in node.dependence.kept_dims(shape, node.full_shape).items()}
        return tuple(dims[kept[d]] if d in kept else None for d in range(len(node.full_shape)))
    return tuple(
        dims[step[0]] if step is not None and step[1].keeps_order else None
        for step in _first(node, number).dims
    )


def _first(node: Node, number: int) -> Read:
    """The first part of how a node reads an operand."""
    return node.dependence[number].parts[0] if isinstance(node.dependence, tuple) else Read(())


def _by_convolution(traced: Traced, followed: dict[int, Followed]) -> InferredAxes | None:
    for eq in traced.program.equations:
        if eq.name == "conv_general_dilated":
            for dims in _operands(traced, eq, followed):
                numbers = eq.params["dimension_numbers"].lhs_spec[2:]
                axes = sorted({d for d in (dims[n] for n in numbers) if d is not None})
                if axes:
                    return InferredAxes(tuple(axes), "the first convolution")
    return None


def _operands(traced: Traced, eq: Equation, followed: dict[int, Followed]) -> Iterator[Followed]:
    """The axes that the dimensions of the first operand of an equation follow, if any."""
    node = graph_of(traced).node_of.get(eq.inputs[0])
    if node is not None and node in followed:
        yield followed[node]


def _by_moving(traced: Traced, followed: dict[int, Followed]) -> InferredAxes | None:
    axes: dict[int, str] = {}
    nodes = graph_of(traced).graph.nodes
    for node in nodes:
        for number, operand in enumerate(
            node.operands if isinstance(node.dependence, tuple) else ()
        ):
            if operand not in followed:
                continue
            for step in _first(node, number).dims:
                if step is None:
                    continue
                axis = followed[operand][step[0]]
                if axis is not None and step[1].moves_along(nodes[operand].full_shape[step[0]]):
                    axes.setdefault(axis, node.words)
    return InferredAxes(tuple(sorted(axes)), axes[min(axes)], whole=False) if axes else None


def _by_product(traced: Traced, followed: dict[int, Followed]) -> InferredAxes | None:
    for eq in traced.program.equations:
        if eq.name not in products() or traced.program.dependent.issuperset(eq.inputs):
            continue
        for side, number in enumerate(eq.inputs):
            node = graph_of(traced).node_of.get(number)
            if node is None or node not in followed:
                continue
            summed = {followed[node][d] for d in dimension_numbers(eq.name, eq.params)[0][side]}
            rest = {d for d in followed[node] if d not in (None, 0)} - summed
            if summed - {None} and rest:
                return InferredAxes(tuple(sorted(rest)), "the first product")
    return None
