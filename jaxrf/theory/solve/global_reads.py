"""Global operations: which nodes read the whole of an input axis, decided on exact sets.

A mean over all rows sees the axis whole; one over the rows of a tile, or over the two ends that a
circular padding brings together, does not. Intervals propose a node; the exact set of one of its
outputs confirms it or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from math import ceil, prod
from typing import Any

import numpy as np

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.interval_arrays import filled
from jaxrf.geometry.periodic_law import Law
from jaxrf.theory.solve.node_field import NodeField
from jaxrf.theory.solve.support import united_support

__all__ = ["ExactSets", "GlobalReads"]


class ExactSets:
    """Exact sets of chosen elements, each worked out once for all axes."""

    def __init__(self, graph: Graph, source: int) -> None:
        self.graph, self.source = graph, source
        self._found: dict[tuple[Any, ...], np.ndarray] = {}

    def of(self, masks: dict[int, np.ndarray]) -> np.ndarray:
        """The inputs that chosen elements of nodes can see, bool of the input's shape."""
        key = tuple((node, mask.shape, mask.tobytes()) for node, mask in masks.items())
        if key not in self._found:
            self._found[key] = united_support(self.graph, masks, source=self.source)
        return self._found[key]


class GlobalReads:
    """The nodes of a graph that read the whole of one axis.

    Attributes:
        vetoed: nodes that seem to see all of it by their intervals, and do not by their sets.
    """

    def __init__(self, sets: ExactSets, axis: int) -> None:
        self.vetoed: set[int] = set()
        self._sets, self._graph, self._axis = sets, sets.graph, axis
        self._length = sets.graph.nodes[sets.source].full_shape[axis]

    @cached_property
    def read(self) -> np.ndarray:
        """The indices that anything reads, ascending."""
        consumed = {i for node in self._graph.nodes for i in node.operands}
        sinks = [i for i in range(len(self._graph.nodes)) if i not in consumed]
        return np.flatnonzero(self._line(dict.fromkeys(sinks, np.ones((), bool))))

    def covered(self, intervals: np.ndarray, laws: Iterable[Law | None]) -> bool:
        """Whether some of the intervals is the whole axis, but for the remainder of a stride.

        Args:
            intervals: intervals of exact inputs.
            laws: of what is read.
        """
        rest = ceil(_finest(laws)) - 1
        if _extends(intervals, rest, self._length - 1 - rest):
            return True
        if not len(self.read):
            return False
        first, last = self.read[[0, -1]]
        return _extends(intervals, first + rest, last - rest)

    def blamed(self, index: int, operand: int, dims: Sequence[int]) -> int:
        """The node that sees the whole axis: what made an operand single, or who reads it whole.

        A pooling over a full window leaves one place; only where that is spread over the map again
        does it show that it saw all of it.

        Args:
            index: of the node that reads.
            operand: index of what it reads.
            dims: those of the operand that are read whole.
        """
        nodes, here = self._graph.nodes, operand
        if not dims or any(nodes[operand].full_shape[d] > 1 for d in dims):
            return index
        while nodes[here].operands:
            size, inner = prod(nodes[here].full_shape), nodes[here].operands
            if any(prod(nodes[i].full_shape) > size for i in inner):
                return here
            here = inner[0]
        return index

    def unconfirmed(self, fields: Sequence[NodeField | None]) -> set[int]:
        """The nodes that are said to see the whole axis, and whose exact sets have wide gaps."""
        seen = {field.seen for field in fields if field is not None and field.seen is not None}
        return {index for index in sorted(seen) if not self._confirmed(index, fields)}

    def _confirmed(self, index: int, fields: Sequence[NodeField | None]) -> bool:
        """Whether the output that sees most has no gap wider than what a local field covers."""
        node, field = self._graph.nodes[index], fields[index]
        if field is None:
            return True
        size = np.where(filled(field.exact), -(field.exact[0] + field.exact[1]), -1)
        at = np.unravel_index(int(np.argmax(size)), size.shape)
        mask = np.ones((1,) * size.ndim, bool)
        for d, n in enumerate(size.shape):
            if n > 1:
                mask = mask & (np.arange(n) == at[d]).reshape(
                    [-1 if e == d else 1 for e in range(size.ndim)]
                )
        missed = ~self._line({index: mask})
        operands = [o for i in node.operands if (o := fields[i]) is not None and o.is_local]
        widest = max((_widest(o) for o in operands), default=Fraction(1))
        return _longest_run(missed) <= widest or _longest_run(missed[self.read]) <= widest

    def _line(self, masks: dict[int, np.ndarray]) -> np.ndarray:
        """The indices of the axis that chosen elements of nodes see, bool."""
        full = self._sets.of(masks)
        return np.asarray(full.any(tuple(d for d in range(full.ndim) if d != self._axis)))


def _extends(intervals: np.ndarray, low: int, high: int) -> bool:
    """Whether some interval goes from ``low`` or before to ``high`` or beyond."""
    return bool(((intervals[0] <= low) & (-intervals[1] >= high)).any())


def _widest(field: NodeField) -> Fraction:
    """The larger of a field and a stride, input pixels."""
    virtual = field.virtual
    size = np.where(filled(virtual), -(virtual[0] + virtual[1]) + 1, 0).max(initial=0)
    return max(Fraction(int(size)), _finest(field.laws))


def _finest(laws: Iterable[Law | None]) -> Fraction:
    """The smallest step that a field makes along any dimension, at least one pixel."""
    rates = [abs(law.rate) for law in laws if law is not None and law.shift]
    return max(Fraction(1), min(rates, default=Fraction(1)))


def _longest_run(marks: np.ndarray) -> int:
    """The largest number of True in a row."""
    ends = np.flatnonzero(~np.concatenate([[False], marks, [False]]))
    return int((np.diff(ends) - 1).max(initial=0))
