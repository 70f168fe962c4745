"""Layers that can still add context: their fields against the size of the input.

A layer whose input features see the whole image already cannot bring in anything new. Richter et
al. call it unproductive, and where paths of different length meet, they ask that of the narrowest
path too: a shortcut may still carry local features past layers that see everything.

Source: Richter, Schöning, Wiedenroth and Krumnack, *Should You Go Deeper? Optimizing Convolutional
Neural Network Architectures without Training*, ICMLA 2021, arXiv:2106.12307; Richter, Byttner,
Krumnack, Wiedenroth, Schallner and Shenk, *(Input) Size Matters for CNN Classifiers*, ICANN 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from jaxrf.arguments.annotations import check_arguments
from jaxrf.geometry.field import per_axis
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.slices import backward_slice
from jaxrf.program.primitives import weighted
from jaxrf.text.result import Result, SentenceResult
from jaxrf.theory.model_arguments import analysis_of
from jaxrf.theory.solve.fields import axis_field, output_dim
from jaxrf.theory.solve.intervals import AxisSolution
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["WeightedLayer", "WeightedLayers", "weighted_layers"]


@dataclass(frozen=True, repr=False)
class WeightedLayer(SentenceResult):
    """A layer with weights, and what the features that it reads see of the input.

    Tuples are per spatial axis of the input.

    Attributes:
        name: name scope of the framework; the node's name where there is none.
        op: "conv_general_dilated" or "dot_general" (1x1 convolutions and linear layers).
        incoming: r of the features that the layer reads, the largest over all paths and phases,
            input pixels; None where it grows with the position.
        narrowest: the same along the path with the smallest field. What a product of two features
            or a kernel computed from the input adds to it is left out.
        growth: input pixels that the layer adds to r; 0 for a 1x1 convolution.
    """

    REPORT: ClassVar[str] = "weighted_layer"

    name: str
    op: str
    incoming: tuple[int | None, ...]
    narrowest: tuple[int, ...]
    growth: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """What the layer is, what it reads, and what it adds."""
        read, least, more = (
            " x ".join("grows" if n is None else str(n) for n in numbers)
            for numbers in (self.incoming, self.narrowest, self.growth)
        )
        return f"{self.name} ({self.op}): reads {read}, at the narrowest {least}; adds {more}"

    def exceeds(self, size: int | Sequence[int]) -> bool:
        """Whether the field of what it reads is larger than the input, on every axis."""
        return _larger(self.incoming, size)

    def is_unproductive(self, size: int | Sequence[int]) -> bool:
        """Whether that holds along every path into it: Richter's criterion."""
        return _larger(self.narrowest, size)


@dataclass(frozen=True, eq=False, repr=False)
class WeightedLayers(Result, Sequence[WeightedLayer]):
    """The layers with weights below an end-point, in order of execution.

    Attributes:
        layers: one by one.
        endpoint: name of the feature map that they are below.
        size: of the input, per spatial axis.
    """

    REPORT: ClassVar[str] = "weighted_layers"

    layers: tuple[WeightedLayer, ...]
    endpoint: str
    size: tuple[int, ...]

    @overload
    def __getitem__(self, index: int) -> WeightedLayer: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[WeightedLayer, ...]: ...

    def __getitem__(self, index: int | slice) -> WeightedLayer | tuple[WeightedLayer, ...]:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)


def _larger(fields: Sequence[int | None], size: int | Sequence[int]) -> bool:
    sizes = per_axis(size, len(fields), "size")
    return all(r is None or r > n for r, n in zip(fields, sizes, strict=True))


def weighted_layers(
    model: Any,
    shape: Any = None,
    *,
    wrt: str | None = None,
    endpoint: str | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> WeightedLayers:
    """Every convolution and linear layer below an end-point, in order of execution.

    Only what local features go through: global operations (squeeze-and-excitation, a classifier
    behind global pooling, a linear layer over a flattened map) see everything at any size. Fixed
    matrices and kernels with zeros (resizing, patches) and products of two features (attention)
    have no weights, and are left out too; a fixed kernel without zeros (blurring) cannot be told
    from weights, and counts. r is that of the local paths.

    >>> import flax.linen as nn
    >>> net = nn.Sequential([nn.Conv(1, (5,)), nn.Conv(1, (3,), strides=2), nn.Conv(1, (3,))])
    >>> layers = weighted_layers(net, (1, 32, 1))
    >>> [layer.incoming for layer in layers], [layer.growth for layer in layers]
    ([(1,), (5,), (7,)], [(4,), (2,), (4,)])
    >>> [layer.is_unproductive(4) for layer in layers]
    [False, True, True]

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the seven after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of drawn ones or of the model's own.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`, or an unknown end-point.
    """
    check_arguments(weighted_layers, locals())
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    name = analysis.find(endpoint)
    graph = analysis.view.graph
    axes = [_Axis(graph, solution, analysis.shape) for solution in analysis.solutions]
    layers = []
    for index in backward_slice(graph, analysis.view.index[analysis.node(name)]):
        node = graph.nodes[index]
        if not _has_weights(graph, node) or not all(axis.passes(index) for axis in axes):
            continue
        operand = node.operands[0]
        layers.append(
            WeightedLayer(
                node.scope or node.name,
                node.op,
                tuple(axis.size(operand) for axis in axes),
                tuple(axis.narrowest[operand] for axis in axes),
                tuple(axis.growth(operand, index) for axis in axes),
            )
        )
    size = tuple(analysis.shape[axis] for axis in analysis.spatial_axes)
    return WeightedLayers(tuple(layers), name, size)


def _has_weights(graph: Graph, node: Node) -> bool:
    """A convolution or contraction of one feature map with what is neither known nor a feature."""
    if node.op not in weighted() or len(node.operands) != 1:
        return False
    parts = node.dependence[0].parts if isinstance(node.dependence, tuple) else ()
    if len(parts) != 1:
        return False
    (read,) = parts
    known = any(step is not None and step[1].is_table for step in read.dims)
    contracts = len(read.followed) < len(graph.nodes[node.operands[0]].full_shape)
    return not known and (node.op == "conv_general_dilated" or contracts)


class _Axis:
    """Sizes of the fields of all nodes along one axis of the input."""

    def __init__(self, graph: Graph, solution: AxisSolution, shape: tuple[int, ...]) -> None:
        self.solution, self.length, self.graph = solution, shape[solution.axis], graph
        # kept alive, so that an id stays its own
        self.known: dict[int, tuple[NodeField, int | None]] = {}
        self.narrowest: dict[int, int] = {}
        for index, node in enumerate(graph.nodes):
            if self.passes(index):
                self.narrowest[index] = self._narrowest(index, node)

    def passes(self, index: int) -> bool:
        """Whether local features come out of a node."""
        node_field = self.solution.fields[index]
        return node_field is not None and node_field.is_local

    def size(self, index: int) -> int | None:
        """Size of the field of a node that is local."""
        node_field = self.solution.field(index)
        if id(node_field) not in self.known:
            shape = self.graph.nodes[index].full_shape
            field = axis_field(
                node_field, self.solution.axis, self.length, str, shape, output_dim(node_field)
            )
            self.known[id(node_field)] = node_field, field.size
        return self.known[id(node_field)][1]

    def growth(self, operand: int, index: int) -> int:
        """The growth of the field from a node's only operand; 0 where either has no size."""
        before, after = self.size(operand), self.size(index)
        return 0 if before is None or after is None else after - before

    def _narrowest(self, index: int, node: Node) -> int:
        """The smallest field of any path into a node.

        A join adds nothing to any of its operands; what reads a single one adds the same to all
        paths that come through it.
        """
        paths = [self.narrowest[i] for i in node.operands if i in self.narrowest]
        if not paths:
            return 1  # the input itself
        return min(paths) + (0 if len(node.operands) > 1 else self.growth(node.operands[0], index))
