"""What a node of a graph depends on."""

from jaxrf.geometry.slices import backward_slice
from jaxrf.program.trace import trace
from jaxrf.theory.build import graph_of


def test_a_node_and_all_before_it_on_some_path():
    def f(x):
        left, right = -x, abs(x)
        return {"left": -left, "sum": left + right}

    traced = trace(f, (1, 4, 1))
    graph = graph_of(traced)
    ops = {
        name: [graph.graph.nodes[n].op for n in backward_slice(graph.graph, graph.node_of[number])]
        for name, number in traced.endpoints.items()
    }
    assert ops["left"] == ["input", "neg", "neg"]
    assert sorted(ops["sum"]) == ["abs", "add", "input", "neg"]
    assert ops["sum"][0] == "input"
    assert backward_slice(graph.graph, 0) == [0]
