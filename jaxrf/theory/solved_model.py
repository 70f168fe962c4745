"""``SolvedModel``: a traced model, solved along the axes of an input; its end-points by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from jaxrf.arguments.by_name import ByName
from jaxrf.arguments.names import find_name
from jaxrf.errors import UnknownName
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.field import Field
from jaxrf.geometry.graph import Graph
from jaxrf.program.trace import Traced
from jaxrf.theory.axes import batch_axis
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.factors import Factored
from jaxrf.theory.solve.intervals import AxisSolution
from jaxrf.theory.solve.node_field import NodeField
from jaxrf.theory.solve.outputs import OutputGrid, output_grid

__all__ = ["SolvedModel"]


@dataclass(frozen=True, eq=False, repr=False)
class SolvedModel(ByName[Field]):
    """What an analysis is made of: its end-points, their nodes in the graph, and their positions.

    Attributes:
        traced: the traced model.
        spatial_axes: axes of the input that count as spatial.
        view: that graph with merged dimensions kept apart, which is the one that is solved.
        solutions: the forward pass along each of the axes; by nodes of ``view.graph``.
        source: which of the model's inputs.
        assumed: what was taken for granted of its input, one line each.
    """

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
