"""Interval fields of every node in one forward pass, virtual and exact.

Each node carries, per input axis, integer arrays *broadcastable to its own shape* (length 1 on
every dimension they do not vary along), so they stay tiny; see :mod:`jaxrf.solve.spans`.

Two readings differ only in what an index outside the operand returns. **Exact**: nothing.
**Virtual**: the periodic law of the operand (:mod:`jaxrf.solve.laws`), padding counted as real.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.graph import Concatenate, Graph, Groups, Node, Read, Reshape, Taps
from jaxrf.layers import IDENTITY
from jaxrf.solve.joins import Found, concatenated, joined
from jaxrf.solve.laws import CONSTANT, Law, through
from jaxrf.solve.misalignment import Misalignment
from jaxrf.solve.reach import Reach
from jaxrf.solve.reshape import reshape_broadcastable, reshape_carriers, reshape_laws
from jaxrf.solve.spans import empty
from jaxrf.solve.tables import gather, taps_table, window_table

__all__ = ["AxisSolution", "solve_intervals"]


@dataclass(frozen=True, eq=False)
class AxisSolution:
    """The forward pass along one input axis.

    Attributes:
        axis: axis of the input.
        reaches: one a node; None for nodes that the input cannot influence.
        misaligned: every join whose operands disagree, keyed by node index.
    """

    axis: int
    reaches: list[Reach | None]
    misaligned: dict[int, Misalignment]

    def reach(self, node: int) -> Reach:
        """The reach of a node that the input can influence.

        Raises:
            InvalidInput: it cannot.
        """
        reach = self.reaches[node]
        if reach is None:
            raise InvalidInput(
                f"axis {self.axis}: node {node} does not depend on the input, need one that does"
            )
        return reach


def solve_intervals(graph: Graph, axis: int, *, source: int = 0) -> AxisSolution:
    """The reach of every node along ``axis`` of the input node ``source``; one visit a node.

    Raises:
        InvalidGraph: a graph built by hand without shapes.
    """
    shapes = [node.full_shape for node in graph.nodes]
    reaches: list[Reach | None] = []
    found: dict[int, Found] = {}
    for index, (node, output) in enumerate(zip(graph.nodes, shapes, strict=True)):
        if index == source:
            reaches.append(_input(output, axis))
            continue
        operands = [(reaches[i], shapes[i]) for i in node.operands]
        some = [reach for reach, _ in operands if reach is not None]
        if not some:
            reach = None
        elif isinstance(node.how, Reshape):
            reach = _reshaped(some[0], operands[0][1], output)
        elif isinstance(node.how, Concatenate):
            reach = concatenated(operands, output, node.how.dim, index, found)
        else:
            parts = [
                None if reach is None else _read(reach, shape, how, output, index)
                for (reach, shape), how in zip(operands, node.how, strict=True)
            ]
            spread = [
                frozenset(d for d, step in enumerate(how.dims) if step is None) for how in node.how
            ]
            reach = joined(parts, index, found, spread)
            if not node.exact and reach.unknown is None:
                reach = replace(reach, unknown=index)
        reaches.append(reach)
    named = {i: _named(graph, graph.nodes[i], f, axis) for i, f in found.items()}
    return AxisSolution(axis, reaches, named)


def _input(shape: tuple[int, ...], axis: int) -> Reach:
    """The input sees itself: index i of ``axis`` reaches [i, i]."""
    index = np.arange(shape[axis], dtype=np.int64)
    lengths = [n if d == axis else 1 for d, n in enumerate(shape)]
    spans = np.stack([index, -index]).reshape(2, *lengths)
    laws = tuple(Law(1, 1) if d == axis else CONSTANT for d in range(len(shape)))
    return Reach(spans, spans, laws, frozenset({axis}))


def _read(
    reach: Reach, shape: tuple[int, ...], read: Read, output: tuple[int, ...], index: int
) -> Reach:
    """One operand through its :class:`Read`, in output order."""
    if _is_identity(read, len(shape)):
        return reach
    steps = [step for step in read.dims if step is not None]
    followed = [dim for dim, _ in steps]
    whole = [d for d in range(len(shape)) if d not in followed]
    mixed = [dim for dim, access in steps if access == Groups()]
    if _sees_axis(reach, [*whole, *mixed]):
        seen = index if reach.seen is None else reach.seen
        rank = len(shape)
        reach = replace(reach, virtual=empty(rank), laws=(CONSTANT,) * rank, seen=seen)
    exact, virtual = (
        _arranged(spans, read, followed, whole) for spans in (reach.exact, reach.virtual)
    )
    laws: list[Law | None] = [CONSTANT] * len(output)
    for d, step in enumerate(read.dims):
        if step is None or step[1] == IDENTITY:
            laws[d] = CONSTANT if step is None else reach.laws[step[0]]
            continue
        dim, access = step
        law, length = reach.laws[dim], shape[dim]
        if isinstance(access, Groups):
            exact = _grouped(exact, d, access.count, output[d])
            virtual = _grouped(virtual, d, access.count, output[d])
            laws[d] = CONSTANT if virtual.shape[d + 1] == 1 else None
            continue
        if law == CONSTANT and exact.shape[d + 1] == 1 == virtual.shape[d + 1]:
            continue  # the same all along this dimension, whatever is read of it
        taps = taps_table(access) if isinstance(access, Taps) else window_table(access, output[d])
        exact = gather(exact, d, length, taps, None)
        virtual = gather(virtual, d, length, taps, law)
        laws[d] = through(law, taps.period, taps.step)
    carriers = frozenset(
        d
        for d, step in enumerate(read.dims)
        if step is not None and step[0] in reach.carriers and step[1] != Groups()
    )
    return replace(reach, exact=exact, virtual=virtual, laws=tuple(laws), carriers=carriers)


def _is_identity(read: Read, rank: int) -> bool:
    return len(read.dims) == rank and all(
        step is not None and step[0] == d and step[1] is IDENTITY
        for d, step in enumerate(read.dims)
    )


def _sees_axis(reach: Reach, whole: list[int]) -> bool:
    """Whether reading these dimensions whole means seeing the whole axis.

    True where one of them is what follows the axis: a mean over all rows is global, one over the
    rows inside a patch is not.
    """
    return bool(whole) and reach.is_local and not set(whole).isdisjoint(reach.follows)


def _arranged(spans: np.ndarray, read: Read, followed: list[int], whole: list[int]) -> np.ndarray:
    """Dimensions in output order; those read whole are united, new ones have length 1."""
    if whole:
        spans = spans.min(tuple(d + 1 for d in whole), keepdims=True)
    spans = spans.transpose(0, *(d + 1 for d in followed), *(d + 1 for d in whole))
    lengths = iter(spans.shape[1:])
    return spans.reshape(2, *(1 if step is None else next(lengths) for step in read.dims))


def _grouped(spans: np.ndarray, dim: int, count: int, outputs: int) -> np.ndarray:
    """All to all within each of ``count`` groups along ``dim``."""
    if spans.shape[dim + 1] == 1:
        return spans
    if count == 1:
        return spans.min(dim + 1, keepdims=True)
    shape = spans.shape
    parts = spans.reshape(*shape[: dim + 1], count, -1, *shape[dim + 2 :]).min(dim + 2)
    return parts.repeat(outputs // count, dim + 1)


def _reshaped(reach: Reach, before: tuple[int, ...], after: tuple[int, ...]) -> Reach:
    """The same numpy operation on the intervals."""
    exact = reshape_broadcastable(reach.exact, before, after, lead=1)
    virtual = reshape_broadcastable(reach.virtual, before, after, lead=1)
    return replace(
        reach,
        exact=exact,
        virtual=virtual,
        laws=reshape_laws(reach.laws, virtual, before, after),
        carriers=reshape_carriers(reach.carriers, before, after),
    )


def _named(graph: Graph, node: Node, found: Found, axis: int) -> Misalignment:
    """A misalignment in the words of the graph."""
    first, second = (graph.nodes[node.operands[i]].name for i in found.operands)
    return Misalignment(node.name, (first, second), found.rates, found.offsets, axis, node.source)
