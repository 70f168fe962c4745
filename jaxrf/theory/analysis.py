"""``Analysis``: the theory of a model: fields, exact supports, alignment of every end-point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.arguments.by_name import ByName
from jaxrf.arguments.names import find_name
from jaxrf.errors import UnknownName
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.collection import Fields
from jaxrf.geometry.field import Field
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.misalignment import Misalignment, by_join
from jaxrf.geometry.slices import behind
from jaxrf.geometry.support import Support
from jaxrf.program.trace import Traced
from jaxrf.text.readable import Readable
from jaxrf.text.table import TextTable
from jaxrf.theory.axes import batch_axis
from jaxrf.theory.build import graph_of
from jaxrf.theory.solution import solved
from jaxrf.theory.solve.factors import Factored
from jaxrf.theory.solve.fields import axis_field
from jaxrf.theory.solve.intervals import AxisSolution
from jaxrf.theory.solve.node_field import NodeField
from jaxrf.theory.solve.outputs import OutputGrid, output_grid
from jaxrf.theory.solve.support import solve_support
from jaxrf.theory.unread import OutsideTaps, Unread, outside_taps

__all__ = ["Analysis"]


@dataclass(frozen=True, eq=False, repr=False)
class Analysis(Readable, ByName[Field]):
    """The theory of a traced model with respect to one of its inputs.

    A mapping from end-point names to :class:`~jaxrf.geometry.field.Field`; a name may be shortened
    to its last parts (``analysis["block4"]``) where that is unique.

    Attributes:
        traced: the traced model.
        spatial_axes: axes of the input that count as spatial.
        view: that graph with merged dimensions kept apart, which is the one that is solved.
        solutions: the forward pass along each of the axes; by nodes of ``view.graph``.
        source: which of the model's inputs.
        assumed: what was taken for granted of its input, one line each.
    """

    REPORT: ClassVar[str] = "analysis"

    traced: Traced
    spatial_axes: tuple[int, ...]
    view: Factored
    solutions: tuple[AxisSolution, ...]
    source: int = 0
    assumed: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.traced.inputs[self.source].shape

    @property
    def input(self) -> str:
        """Name of the input."""
        return self.traced.inputs[self.source].name

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all inputs of the model."""
        return tuple(i.name for i in self.traced.inputs)

    @property
    def batch_axis(self) -> int | None:
        """The axis of the input that holds independent examples, if any."""
        return batch_axis(self.shape, self.spatial_axes, self.traced.network.layout)

    @property
    def setting(self) -> Setting:
        """Whose weights, how the model is called, and what was assumed."""
        network = self.traced.network
        return Setting(network.weights, network.call, (*self.traced.assumed, *self.assumed))

    def with_respect_to(self, name: str, *, spatial_axes: Sequence[int] | None = None) -> Analysis:
        """The same model, its fields in another of its inputs.

        Args:
            name: of the input, one of ``inputs``.
            spatial_axes: of that input; by default as for the first one, or, for an input without
                a channel axis of its own, all but the batch.

        Raises:
            InvalidInput: no such input, or it does not have these axes.
        """
        source = self.inputs.index(find_name(name, self.inputs, "input"))
        return Analysis(self.traced, *solved(self.traced, source, spatial_axes, named=True))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """End-points that the input can influence, in order of execution, the output last."""
        return tuple(name for name in self.traced.endpoints if self._reached(name))

    @property
    def graph(self) -> Graph:
        """The flat graph of the model, before merged dimensions are kept apart."""
        return graph_of(self.traced).graph

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The model's outputs that the input can influence, as the model returns them."""
        return tuple(name for name in self.traced.chosen.outputs if self._reached(name))

    @cached_property
    def independent(self) -> tuple[str, ...]:
        """Outputs and marked values of the model that the input cannot influence: no end-points."""
        chosen = self.traced.chosen
        own = (n for n in chosen.numbers if chosen.origins[n].kind in ("output", "mark"))
        return (*(n for n in own if not self._reached(n)), *chosen.independent)

    def _reached(self, name: str) -> bool:
        node = graph_of(self.traced).node_of.get(self.traced.endpoints[name])
        return node is not None and self.solutions[0].fields[self.view.index[node]] is not None

    @property
    def output(self) -> Field:
        """The field of the model's output, the last one that the input can influence."""
        return self[self.names[-1]]

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {name: self._field(name) for name in self.names}

    def _value(self, name: str) -> Field:
        return self._fields[name]

    def find(self, name: str | None) -> str:
        """The full name of an end-point; None is the output.

        Raises:
            InvalidInput: no end-point, or several, match, or the input cannot influence it.
        """
        if name is None:
            return self.names[-1]
        if name in self.traced.endpoints or name in self.independent:
            if name in self.traced.endpoints and self._reached(name):
                return name
            raise UnknownName(f"{name} does not depend on {self.input}: its support is empty")
        return find_name(name, self.names, "end-point")

    def node(self, name: str) -> int:
        """Index in the graph of an end-point.

        Raises:
            InvalidInput: the input cannot influence it.
        """
        if not self._reached(name):
            raise UnknownName(f"{name} does not depend on {self.input}: its support is empty")
        return graph_of(self.traced).node_of[self.traced.endpoints[name]]

    def endpoint_shape(self, name: str) -> tuple[int, ...]:
        """Shape of an end-point, batch and channels included."""
        return self.traced.program.shapes[self.traced.endpoints[name]]

    def node_fields(self, name: str) -> tuple[NodeField, ...]:
        """What an end-point sees, per spatial axis.

        Raises:
            InvalidInput: the input cannot influence it.
        """
        node = self.view.index[self.node(name)]
        return tuple(s.field(node) for s in self.solutions)

    def output_grid(self, name: str) -> OutputGrid:
        """Where the features of an end-point stand in its array."""
        if name not in self._grids:
            node = self.view.index[self.node(name)]
            shape = self.endpoint_shape(name)
            factors = self.view.factors.get(node, tuple((n,) for n in shape))
            self._grids[name] = output_grid(
                self.node_fields(name), self.spatial_axes, len(self.shape), factors
            )
        return self._grids[name]

    @cached_property
    def _grids(self) -> dict[str, OutputGrid]:
        return {}

    def grid(self, name: str) -> tuple[int, ...]:
        """Number of outputs per spatial axis; 1 where no dimension follows the axis.

        A dimension that holds a grid row by row (tokens) counts as that grid.
        """
        return self.output_grid(self.find(name)).counts

    def position(self, name: str, at: int | Sequence[int] | None) -> tuple[int, ...]:
        """Check an output position; None is the central feature n // 2.

        Where one dimension of the end-point holds all axes, a single index is one along it.

        Raises:
            InvalidInput: wrong number of indices, out of range, or different indices for axes that
                share a dimension of the end-point.
        """
        return self.output_grid(name).position(name, at)

    def support(self, name: str | None = None, at: Sequence[int] | None = None) -> Support:
        """The exact set of real inputs that can influence feature ``at`` of an end-point.

        All channels of the feature and of the input, and all batch elements, are united.

        Args:
            name: end-point; None is the output.
            at: output index per spatial axis; None is the central feature.

        Raises:
            InvalidInput: an unknown end-point or a position out of range.
        """
        check_given(Analysis.support, locals())
        name = self.find(name)
        at = self.position(name, at)
        node = self.view.index[self.node(name)]
        source = self.view.index[self.source]
        mask = self.output_grid(name).mask(at)
        read = solve_support(self.view.graph, node, mask, source=source)
        return Support(self._along_axes(read), at, name)

    def _along_axes(self, inputs: np.ndarray) -> np.ndarray:
        """A set of elements of the input -> its positions along the spatial axes."""
        others = tuple(d for d in range(inputs.ndim) if d not in self.spatial_axes)
        return np.asarray(inputs.any(others))

    def unread(self, name: str | None = None) -> Unread:
        """The inputs that no output of an end-point reads, in any channel or batch element.

        Costs one backward pass, as :meth:`support` does.

        Args:
            name: end-point; None is the output.

        Raises:
            InvalidInput: an unknown end-point.
        """
        name = self.find(name)
        node = self.node(name)
        every = np.ones((1,) * len(self.endpoint_shape(name)), bool)
        read = self._along_axes(solve_support(self.graph, node, every, source=self.source))
        return Unread(~read, self.spatial_axes, name)

    def outside_taps(self, name: str | None = None) -> tuple[OutsideTaps, ...]:
        """The windows below an end-point some of whose taps meet only padding, for every output.

        Args:
            name: end-point; None is the output.

        Raises:
            InvalidInput: an unknown end-point.
        """
        return outside_taps(self.graph, self.node(self.find(name)))

    def exact_intervals(self, name: str) -> tuple[list[Interval | None], ...]:
        """Per spatial axis, the smallest interval of real inputs of every output index."""
        return tuple(list(axis.exact) for axis in self[name].axes)

    @cached_property
    def misaligned(self) -> tuple[Misalignment, ...]:
        """Every join of the network whose operands disagree, in order of execution."""
        return by_join(item for s in self.solutions for item in s.misaligned.items())

    @property
    def approximate(self) -> tuple[str, ...]:
        """Operations that have no rule and were taken to depend on everything."""
        graph = graph_of(self.traced)
        return tuple(dict.fromkeys(graph.graph.nodes[i].label for i in graph.unknown))

    def flops(self, name: str, *, op: str | None = None) -> int:
        """Floating-point operations up to an end-point, 2 per multiply-add.

        Args:
            name: of the end-point.
            op: count one kind of operation alone, such as "conv_general_dilated".
        """
        nodes = self.graph.nodes
        found = (nodes[index] for index in behind(self.graph, self.node(self.find(name))))
        return sum(node.flops for node in found if op in (None, node.op))

    def to_dict(self, *, only: str | None = None, target: str | None = None) -> dict[str, Any]:
        """The JSON of ``jaxrf field``.

        Args:
            only: this end-point alone.
            target: what the model is called; by default the network's own name.
        """
        document: dict[str, Any] = self._report().to_dict(self, only=only, target=target)
        return document

    @property
    def fields(self) -> Fields:
        """All that the analysis says, without the model: for files, and side by side."""
        return Fields(tuple(self.values()), self.table(), self.to_dict())

    def save(self, file: str | Path) -> None:
        """Write the fields, for :func:`jaxrf.load` to give them back as :class:`jaxrf.Fields`."""
        self.fields.save(file)

    def table(
        self, *, only: str | None = None, most: int | None = None, rate: float | None = None
    ) -> TextTable:
        """A row for every end-point; see :func:`jaxrf.report.analysis.table`.

        Args:
            only: this end-point alone.
            most: rows, some of which stand for several end-points; all of them by default.
            rate: input samples per second, for columns in milliseconds.
        """
        table: TextTable = self._report().table(self, only=only, most=most, rate=rate)
        return table

    def _at_most(self, rows: int) -> TextTable:
        return self.table(most=rows)

    def _field(self, name: str) -> Field:
        nodes, grid = self.view.graph.nodes, self.output_grid(name)
        axes = tuple(
            axis_field(
                node_field, axis, self.shape[axis], lambda i: nodes[i].label, grid.shape, dim
            )
            for node_field, axis, dim in zip(
                self.node_fields(name), self.spatial_axes, grid.dims, strict=True
            )
        )
        return Field(name, self.endpoint_shape(name), axes)
