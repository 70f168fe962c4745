"""``Analysis``: fields, exact supports and alignment of every end-point of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.names import find_name
from jaxrf.geometry.collection import Fields
from jaxrf.geometry.field import Field
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.misalignment import Misalignment, by_join
from jaxrf.geometry.slices import backward_slice
from jaxrf.geometry.support import Support
from jaxrf.text.result import Result
from jaxrf.text.table import TextTable
from jaxrf.theory.build import graph_of
from jaxrf.theory.model_solution import solve_model
from jaxrf.theory.solve.fields import axis_field
from jaxrf.theory.solve.support import solve_support
from jaxrf.theory.solved_model import SolvedModel
from jaxrf.theory.unread_inputs import OutsideTaps, Unread, outside_taps

__all__ = ["Analysis"]


@dataclass(frozen=True, eq=False, repr=False)
class Analysis(Result, SolvedModel):
    """The theory of a traced model with respect to one of its inputs.

    A mapping from end-point names to :class:`~jaxrf.geometry.field.Field`; a name may be shortened
    to its last parts (``analysis["block4"]``) where that is unique. What it is made of stands in
    :class:`~jaxrf.theory.solved_model.SolvedModel`.
    """

    REPORT: ClassVar[str] = "analysis"

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
        return Analysis(self.traced, *solve_model(self.traced, source, spatial_axes, named=True))

    @property
    def output(self) -> Field:
        """The field of the model's output, the last one that the input can influence."""
        return self[self.names[-1]]

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {name: self._field(name) for name in self.names}

    def _value(self, name: str) -> Field:
        return self._fields[name]

    def support(self, name: str | None = None, at: Sequence[int] | None = None) -> Support:
        """The exact set of real inputs that can influence feature ``at`` of an end-point.

        All channels of the feature and of the input, and all batch elements, are united.

        Args:
            name: end-point; None is the output.
            at: output index per spatial axis; None is the central feature.

        Raises:
            InvalidInput: an unknown end-point or a position out of range.
        """
        check_arguments(Analysis.support, locals())
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
        found = (nodes[index] for index in backward_slice(self.graph, self.node(self.find(name))))
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
        """The fields without the traced model, for files and comparisons."""
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
