"""``analyze``: the theory of a model: fields, exact supports and alignment of every end-point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.arguments.by_name import ByName
from jaxrf.arguments.names import find_name
from jaxrf.errors import InvalidInput, NotExact
from jaxrf.frameworks import as_network
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.collection import Fields
from jaxrf.geometry.field import Field, Interval
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.misalignment import Misalignment, by_join
from jaxrf.geometry.slices import behind
from jaxrf.geometry.support import Support
from jaxrf.program.inputs import abstract_inputs, named_inputs
from jaxrf.program.trace import Traced, trace_network
from jaxrf.report.fields import field_table
from jaxrf.report.json import analysis_dict
from jaxrf.text.readable import Readable
from jaxrf.text.table import TextTable
from jaxrf.theory.axes import axes_of_named, batch_axis, spatial_axes_of
from jaxrf.theory.build import graph_of
from jaxrf.theory.described import described
from jaxrf.theory.doubts import doubts
from jaxrf.theory.solution import solved
from jaxrf.theory.solve.factors import Factored
from jaxrf.theory.solve.fields import axis_field
from jaxrf.theory.solve.intervals import AxisSolution
from jaxrf.theory.solve.node_field import NodeField
from jaxrf.theory.solve.outputs import OutputGrid, output_grid
from jaxrf.theory.solve.support import solve_support
from jaxrf.theory.unread import OutsideTaps, Unread, outside_taps

__all__ = ["Analysis", "analyze"]


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

    def __getitem__(self, name: str) -> Field:
        return self._fields[self.find(name)]

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
            raise InvalidInput(f"{name} does not depend on {self.input}: its support is empty")
        return find_name(name, self.names, "end-point")

    def node(self, name: str) -> int:
        """Index in the graph of an end-point.

        Raises:
            InvalidInput: the input cannot influence it.
        """
        if not self._reached(name):
            raise InvalidInput(f"{name} does not depend on {self.input}: its support is empty")
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
        grid = self.output_grid(name)
        mask = np.ones((1,) * len(grid.shape), bool)
        for dim, index in zip(grid.dims, at, strict=True):
            if dim is not None:
                chosen = np.arange(grid.shape[dim]) == index
                mask = mask & chosen.reshape([-1 if d == dim else 1 for d in range(mask.ndim)])
        node = self.view.index[self.node(name)]
        source = self.view.index[self.source]
        full = solve_support(self.view.graph, node, mask, source=source)
        others = tuple(d for d in range(full.ndim) if d not in self.spatial_axes)
        return Support(np.asarray(full.any(others)), at, name)

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
        read = solve_support(self.graph, node, every, source=self.source)
        others = tuple(d for d in range(read.ndim) if d not in self.spatial_axes)
        return Unread(~np.asarray(read.any(others)), self.spatial_axes, name)

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

    def to_dict(self, *, only: str | None = None, target: str | None = None) -> dict:
        """The JSON of ``jaxrf field``; see :mod:`jaxrf.report.json`."""
        return analysis_dict(self, only=only, target=target)

    @property
    def fields(self) -> Fields:
        """All that the analysis says, without the model: for files, and side by side."""
        return Fields(tuple(self.values()), self.table(), self.to_dict())

    def save(self, file: str | Path) -> None:
        """Write the fields, for :func:`jaxrf.load` to give them back as :class:`jaxrf.Fields`."""
        self.fields.save(file)

    def table(self, *, rate: float | None = None) -> TextTable:
        """A row for every end-point; see :func:`jaxrf.report.fields.field_table`.

        Args:
            rate: input samples per second, for columns in milliseconds.
        """
        return field_table(self, rate=rate)

    def _at_most(self, rows: int) -> TextTable:
        return field_table(self, most=rows)

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


def analyze(
    model: Any,
    shape: Any = None,
    *,
    spatial_axes: Sequence[int] | None = None,
    wrt: str | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    all_endpoints: bool = False,
    strict: bool = False,
) -> Analysis:
    """Derive the receptive field of every end-point of a model.

    >>> import jax.numpy as jnp
    >>> analysis = analyze(lambda x: (x[:, ::2] + x[:, 1::2]) / 2, (1, 8, 3))
    >>> analysis.output.size, analysis.output.stride, analysis.output.center((1,))
    ((2,), (Fraction(2, 1),), (2.5,))
    >>> both = analyze(lambda x, y: x[:, 1:] + y, [(1, 5, 1), (1, 4, 1)])
    >>> both.output.padding, both.with_respect_to("y").output.padding
    ((-1,), (0,))

    Args:
        model: any callable f(x), a model of Flax, Haiku, Equinox or Keras, an object with ``init``
            and ``apply``; with its weights as (model, variables), or a bound Linen module.
        shape: of the input, e.g. (1, 224, 224, 3). A list has one entry an argument, each a shape,
            a ``jax.ShapeDtypeStruct``, or a pytree of them. Of an ONNX file, what is left out is
            as the file declares it.
        spatial_axes: axes of the input that count as spatial; all but first and last by default,
            the last of an input that is named and has no more than two (tokens).
        wrt: name of the input, where there are several; the first by default.
        variables: weights in the place of drawn ones or of the model's own, checked against
            them; or the path of a file (msgpack, safetensors, NPZ) or Orbax folder. Theory does not
            depend on them, what is measured does.
        call: further keyword arguments of the model's own call, such as {"train": True}; its mode
            is inference unless they say otherwise.
        dtype: of inputs that do not say.
        all_endpoints: also list the framework's sub-modules where the model names its end-points.
        strict: raise where an operation is not known, instead of bounding it by everything.

    Raises:
        InvalidInput: a shape, axis, output, call or weights that cannot be used.
        ModelError: the model raises while it is traced.
        NotExact: an operation without a rule, under ``strict``.
    """
    check_given(analyze, locals())
    model, shape, taken = described(model, shape, dtype)
    inputs = abstract_inputs(shape, dtype)
    network = as_network(model, inputs, call=call, variables=variables)
    named = named_inputs(inputs, network.arguments)
    names = [i.name for i in named]
    source = 0 if wrt is None else names.index(find_name(wrt, names, "input"))
    if network.layout != "channels_first":  # whose layers tell; an error before any work
        axes_of = spatial_axes_of if wrt is None else axes_of_named
        axes_of(named[source].shape, spatial_axes, network.layout)
    unsure = doubts(named[source].shape, network.layout, spatial_axes)
    traced = trace_network(network, inputs, all_endpoints=all_endpoints, doubts=unsure)
    by_name = wrt is not None
    analysis = Analysis(traced, *solved(traced, source, spatial_axes, named=by_name, taken=taken))
    if not analysis.outputs:
        raise InvalidInput(
            f"model {traced.network.name}: the output does not depend on the {analysis.input}"
            if len(names) == 1
            else f"model {traced.network.name}: no output depends on {analysis.input}"
        )
    if strict and analysis.approximate:
        raise NotExact(
            f"no rule for {'; '.join(analysis.approximate)}: the field can only be bounded by the "
            "whole input; run without strict to get that bound"
        )
    return analysis
