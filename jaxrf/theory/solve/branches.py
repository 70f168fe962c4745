"""The layered graph of paths by the number of residual branches that they pass.

Node (v, k) of the *layered* graph stands for the paths from the input to v that pass k branches:
operations read their operands of the same k, the branch of a residual join that of k - 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.slices import backward_slice

__all__ = ["layered"]


def layered(
    graph: Graph, branches: Mapping[int, int], target: int, *, source: int = 0
) -> tuple[Graph, dict[int, int], int]:
    """The layered graph of one input and one end-point.

    Args:
        graph: the traced graph, shapes known.
        branches: node of a residual join -> which of its operands is the branch.
        target: node of the end-point.
        source: node of the input.

    Returns:
        The graph; k -> the node of the end-point for paths of k branches; the node of the input.
    """
    wanted = backward_slice(graph, target)
    most = dict.fromkeys(wanted, 0)
    for n in wanted:
        through = branches.get(n)
        reached = [
            most[o] + (through == p) for p, o in enumerate(graph.nodes[n].operands) if o in most
        ]
        most[n] = max(reached, default=0)
    made = Graph()
    index: dict[tuple[int, int], int] = {}
    for k in range(most[target] + 1):
        for n in wanted:
            node = graph.nodes[n]
            if n == source:
                if k == 0:
                    index[n, k] = made.append(replace(node, name=f"{node.name}:{k}"))
                continue
            _copy(graph, made, index, n, k, branches.get(n))
    ends = {k: index[target, k] for k in range(most[target] + 1) if (target, k) in index}
    return made, ends, index[source, 0]


def _copy(
    graph: Graph,
    made: Graph,
    index: dict[tuple[int, int], int],
    n: int,
    k: int,
    through: int | None,
) -> None:
    """The node for k branches, with those of its operands that have such paths; none without."""
    node = graph.nodes[n]
    keys = [(o, k - (through == p)) for p, o in enumerate(node.operands)]
    if not any(key in index for key in keys):
        return
    name, dependence = f"{node.name}:{k}", node.dependence
    if isinstance(dependence, tuple):
        dependence = tuple(h for h, key in zip(dependence, keys, strict=True) if key in index)
        operands = [index[key] for key in keys if key in index]
    else:  # nothing of a piece: one that no input can influence
        operands = [
            index[key]
            if key in index
            else made.append(Node(f"{name}:{p}", "constant", shape=graph.nodes[key[0]].shape))
            for p, key in enumerate(keys)
        ]
    index[n, k] = made.append(
        replace(node, name=name, operands=tuple(operands), dependence=dependence)
    )
