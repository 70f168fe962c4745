"""The benchmarks run and show what they claim."""

from pathlib import Path

from jaxrf.cli.targets import load_target

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_solver_is_linear_and_enumeration_explodes():
    result = load_target(f"{BENCHMARKS}/graph_solver.py:measure")(largest=3_000)
    small, large = result["algorithm"]
    # Ten times the graph: quadratic cost would be ten times as much for every node.
    assert large["us_per_node_and_edge"] < 4 * small["us_per_node_and_edge"]
    ratios = [row["ratio_to_algorithm"] for row in result["enumeration"]]
    assert ratios[-1] > 50 * ratios[0]
