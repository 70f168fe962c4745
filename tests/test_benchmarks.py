"""The benchmarks run and show what they claim."""

import importlib.util
from pathlib import Path

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_solver_is_linear_and_enumeration_explodes():
    result = _load("graph_solver").measure(largest=3_000)
    small, large = result["algorithm"]
    # Ten times the graph: quadratic cost would be ten times as much for every node.
    assert large["us_per_node_and_edge"] < 4 * small["us_per_node_and_edge"]
    ratios = [row["ratio_to_algorithm"] for row in result["enumeration"]]
    assert ratios[-1] > 50 * ratios[0]
