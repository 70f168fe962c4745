"""Equal feature maps are one object, so that what repeats in a network is worked out once.

Blocks of a network that see the same (all that stands above a global operation, the queries, keys
and values of one feature map) lead to equal fields; the step from one field to the next depends on
nothing else but how the node reads.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from jaxrf.geometry.node import Node
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["Memo"]

_LONGEST = 1024  # numbers in an array; longer ones are moved faster than they are compared


class Memo:
    """The fields of one forward pass, each once, and the steps between them."""

    def __init__(self) -> None:
        self._arrays: dict[Hashable, np.ndarray] = {}
        self._fields: dict[Hashable, NodeField] = {}
        self._steps: dict[Hashable, NodeField] = {}

    def key(
        self,
        node: Node,
        operands: Sequence[tuple[NodeField | None, tuple[int, ...]]],
        output: tuple[int, ...],
    ) -> Hashable:
        """The key of a node's field: its reads and operands' fields, compared as objects."""
        dependence: Hashable = (
            tuple(map(id, node.dependence))
            if isinstance(node.dependence, tuple)
            else node.dependence
        )
        return (dependence, output, *((id(field), shape) for field, shape in operands))

    def known(self, key: Hashable) -> NodeField | None:
        """The field that was found for this key before."""
        return self._steps.get(key)

    def remember(self, key: Hashable, field: NodeField) -> None:
        """Keep the field of a node that is not itself to blame for anything in it."""
        self._steps[key] = field

    def interned(self, field: NodeField) -> NodeField:
        """The field, or an equal one that was here before."""
        exact = self._array(field.exact)
        virtual = exact if field.virtual is field.exact else self._array(field.virtual)
        key = (
            *(id(exact), id(virtual), field.laws, field.carriers),
            *(field.seen, field.unknown, field.misaligned, field.growing, field.lost, field.pieces),
        )
        found = self._fields.get(key)
        if found is None:
            found = self._fields[key] = field.with_intervals(exact, virtual)
        return found

    def _array(self, intervals: np.ndarray) -> np.ndarray:
        if intervals.size > _LONGEST:
            # kept alive, so that its id stays its own
            return self._arrays.setdefault(id(intervals), intervals)
        return self._arrays.setdefault((intervals.shape, intervals.tobytes()), intervals)
