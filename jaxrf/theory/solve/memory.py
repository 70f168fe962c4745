"""Whether there is memory for the tables of an analysis: asked before the system ends the process.

Linux hands out memory that it does not have, and kills whoever uses it; no error could be caught.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from jaxrf.errors import InvalidInput
from jaxrf.geometry.graph import Graph

__all__ = ["check_memory"]

BYTES = 32  # for every index along an axis of every node, as measured
LONGER = 64  # times the longest axis of the input: no map is longer than that, channels are
SHOWN = 230  # the same for the input, for tables and documents


def check_memory(graph: Graph, shape: Sequence[int]) -> None:
    """Check that the intervals of a graph fit into the memory of this machine.

    Args:
        graph: that is to be solved.
        shape: of the input.

    Raises:
        InvalidInput: they do not fit.
    """
    longest = LONGER * max(shape)
    lengths = sum(min(n, longest) for node in graph.nodes for n in node.shape or ())
    needed, there = BYTES * lengths + SHOWN * sum(shape), _memory()
    if there is not None and needed > there:
        raise InvalidInput(
            f"shape: got {tuple(shape)}, whose analysis takes about {needed / 2**30:,.0f} GiB of "
            f"memory, and this machine has {there / 2**30:,.0f}; need a shorter input, or None for "
            "an answer at every length"
        )


def _memory() -> int | None:
    """Memory of this machine in bytes; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
