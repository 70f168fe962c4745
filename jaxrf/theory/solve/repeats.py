"""Equal feature maps are one object, so that what repeats in a network is worked out once.

Blocks of a network that see the same (all that stands above a global operation, the queries, keys
and values of one feature map) lead to equal reaches; the step from one reach to the next depends on
nothing else but how the node reads.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from jaxrf.geometry.node import Node
from jaxrf.theory.solve.reach import Reach

__all__ = ["Repeats"]

_LONGEST = 1024  # numbers in an array; longer ones are moved faster than they are compared


class Repeats:
    """The reaches of one forward pass, each once, and the steps between them."""

    def __init__(self):
        self._arrays: dict[Hashable, np.ndarray] = {}
        self._reaches: dict[Hashable, Reach] = {}
        self._steps: dict[Hashable, Reach] = {}

    def key(
        self,
        node: Node,
        operands: Sequence[tuple[Reach | None, tuple[int, ...]]],
        output: tuple[int, ...],
    ) -> Hashable:
        """What the reach of a node follows from; reaches and reads are compared as objects."""
        how: Hashable = tuple(map(id, node.how)) if isinstance(node.how, tuple) else node.how
        return (how, output, *((id(reach), shape) for reach, shape in operands))

    def step(self, key: Hashable) -> Reach | None:
        """The reach that was found for this key before."""
        return self._steps.get(key)

    def remember(self, key: Hashable, reach: Reach) -> None:
        """Of a node that is not itself to blame for anything in its reach."""
        self._steps[key] = reach

    def one(self, reach: Reach) -> Reach:
        """The reach, or an equal one that was here before."""
        exact = self._array(reach.exact)
        virtual = exact if reach.virtual is reach.exact else self._array(reach.virtual)
        key = (
            *(id(exact), id(virtual), reach.laws, reach.carriers),
            *(reach.seen, reach.unknown, reach.misaligned, reach.growing, reach.lost, reach.pieces),
        )
        found = self._reaches.get(key)
        if found is None:
            found = self._reaches[key] = reach.with_spans(exact, virtual)
        return found

    def _array(self, spans: np.ndarray) -> np.ndarray:
        if spans.size > _LONGEST:
            return self._arrays.setdefault(id(spans), spans)  # held, so that its id stays its own
        return self._arrays.setdefault((spans.shape, spans.tobytes()), spans)
