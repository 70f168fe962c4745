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


def test_a_cut_network_has_the_gradient_of_the_whole_one():
    result = load_target(f"{BENCHMARKS}/restriction.py:measure")(runs=1, quick=True)
    rows = {row["way"]: row for row in result["gradients"]}
    assert rows["cut"]["off"] < 1e-5
    assert rows["cut"]["share_of_operations"] < 0.5
    assert rows["cut"]["run_s"] < rows["whole"]["run_s"]


def test_signs_find_the_same_sets_and_cost_less():
    result = load_target(f"{BENCHMARKS}/support_signs.py:measure")(runs=1, quick=True)
    rows = result["networks"]
    assert all(row["missing"] == row["beyond"] == 0 for row in rows)
    taken = {row["way"]: row["run_s"] for row in rows if row["network"].startswith("mobilenet")}
    assert taken["signs"] < taken["channels, float64"] / 5
    assert {row["way"] for row in result["steps"]} == {"signs", "Boolean"}
