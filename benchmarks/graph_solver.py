"""Cost of the article's algorithm against the size of the graph, beside path enumeration.

    python benchmarks/graph_solver.py [--largest 100000] [--json FILE]

Graphs are chains of diamonds (a 3-tap layer beside an identity, joined by an addition): every
diamond doubles the number of paths. CPU seconds of this process, the smallest of three runs.
"""

import argparse
import json
import time
from collections.abc import Callable

from jaxrf import Graph, Layer, solve_paths
from jaxrf.files import write_whole


def diamonds(count: int) -> Graph:
    """A chain of ``count`` residual units: 3 nodes and 4 edges each."""
    graph = Graph()
    x = graph.input("x")
    for n in range(count):
        branch = graph.add(f"conv{n}", Layer(3, padding=1), of=x)
        skip = graph.add(f"skip{n}", of=x)
        x = graph.add(f"add{n}", of=[branch, skip])
    return graph


def enumerate_paths(graph: Graph, node: int) -> list[int]:
    """Sizes r of every path from the input to a node, one by one: what the algorithm avoids."""
    here = graph.nodes[node]
    if not here.operands:
        return [1]
    sizes = []
    for operand, read in zip(here.operands, here.dependence, strict=True):
        window = read.dims[0][1]
        sizes += [r + window.span - 1 for r in enumerate_paths(graph, operand)]  # all strides are 1
    return sizes


def cpu(function: Callable, *arguments) -> float:
    """CPU seconds of a call, the smallest of three."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        function(*arguments)
        taken.append(time.process_time() - start)
    return min(taken)


def measure(largest: int) -> dict:
    """Both methods over growing graphs."""
    linear, explosive = [], []
    for nodes in [n for n in (300, 3_000, 30_000) if n < largest] + [largest]:
        count = nodes // 3
        graph = diamonds(count)
        edges = sum(len(n.operands) for n in graph)
        last = f"add{count - 1}"
        assert solve_paths(graph, last).maps["x"].size == 2 * count + 1
        seconds = cpu(solve_paths, graph, last)
        per_item = 1e6 * seconds / (len(graph) + edges)
        linear.append(
            {
                "nodes": len(graph),
                "edges": edges,
                "cpu_s": seconds,
                "us_per_node_and_edge": per_item,
            }
        )
    for count in (4, 8, 12, 16):
        graph = diamonds(count)
        seconds = cpu(enumerate_paths, graph, len(graph) - 1)
        ours = cpu(solve_paths, graph, f"add{count - 1}")
        explosive.append(
            {
                "nodes": len(graph),
                "paths": 2**count,
                "cpu_s": seconds,
                "ratio_to_algorithm": seconds / ours,
            }
        )
    return {"algorithm": linear, "enumeration": explosive}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=100_000, help="nodes of the largest graph")
    parser.add_argument("--json", help="write the numbers to this file")
    options = parser.parse_args()
    result = measure(options.largest)
    print(f"{'nodes':>8} {'edges':>8} {'CPU s':>8} {'us per node and edge':>21}")
    for row in result["algorithm"]:
        print(
            f"{row['nodes']:8d} {row['edges']:8d} {row['cpu_s']:8.4f} "
            f"{row['us_per_node_and_edge']:21.2f}"
        )
    print(f"\n{'nodes':>8} {'paths':>8} {'CPU s':>8} {'times the algorithm':>21}")
    for row in result["enumeration"]:
        print(
            f"{row['nodes']:8d} {row['paths']:8d} {row['cpu_s']:8.4f} "
            f"{row['ratio_to_algorithm']:21.1f}"
        )
    if options.json:
        write_whole(options.json, json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
