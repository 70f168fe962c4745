"""Files that stand for too many nodes: a line at once, not a wait."""

import itertools
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from jaxrf import analyze
from jaxrf.errors import ModelError

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("acme", 1)]
SHAPE = (1, 1, 8)


def model(nodes, functions=(), held=()):
    graph = helper.make_graph(
        nodes,
        "large",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [onnx.ValueInfoProto(name="y")],
        [numpy_helper.from_array(array, name) for name, array in dict(held).items()],
    )
    return helper.make_model(graph, opset_imports=OPSETS, functions=list(functions))


def chain(count):
    names = ["x", *(f"v{n}" for n in range(count - 1)), "y"]
    return model([helper.make_node("Relu", [names[n]], [names[n + 1]]) for n in range(count)])


def function(number, calls):
    """One that calls the next one so many times in a row."""
    names = ["a", *(f"v{n}" for n in range(calls - 1)), "b"]
    nodes = [
        helper.make_node(f"F{number + 1}", [names[n]], [names[n + 1]], domain="acme")
        for n in range(calls)
    ]
    return helper.make_function("acme", f"F{number}", ["a"], ["b"], nodes, OPSETS)


def nested(depth, calls, *, back=False):
    """Functions that call each other; ``back``: the last one calls the first."""
    last = [helper.make_node("F0" if back else "Relu", ["a"], ["b"], domain="acme" * back)]
    functions = [function(n, calls) for n in range(depth)]
    functions.append(helper.make_function("acme", f"F{depth}", ["a"], ["b"], last, OPSETS))
    return model([helper.make_node("F0", ["x"], ["y"], domain="acme")], functions)


def of_constants(count, *, twice, kind):
    """A value that is computed from constants alone, in many steps; all of it may be read twice."""
    names = ["c", *(f"k{n}" for n in range(count))]
    nodes = [
        helper.make_node("Add", [a, a], [b]) if twice else helper.make_node("Neg", [a], [b])
        for a, b in itertools.pairwise(names)
    ]
    nodes.append(helper.make_node("Cast", [names[-1]], ["f"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Add", ["x", "f"], ["y"]))
    return model(nodes, held={"c": np.ones(8, kind)})


@pytest.mark.parametrize(
    ("large", "words"),
    [
        (lambda: chain(100_000), "comes to 100000 nodes; need 50000 or fewer"),
        (lambda: nested(60, 2), "more than 10^12 nodes, those of its functions counted"),
        (lambda: nested(3000, 1), "functions are nested more than 100 deep (F0, F1, ...)"),
        (
            lambda: nested(1, 1, back=True),
            "function F0 calls itself",
        ),
        (lambda: of_constants(9000, twice=False, kind=np.int64), "nested too deep"),
        (lambda: of_constants(9000, twice=False, kind=np.float32), "nested too deep"),
    ],
    ids=["chain", "doubled", "deep", "recursive", "integers", "weights"],
)
def test_a_line_and_no_wait(large, words):
    built = large()
    start = time.process_time()
    with pytest.raises(ModelError) as caught:
        analyze(built, SHAPE)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "fine",
    [
        lambda: chain(2000),
        lambda: nested(20, 1),
        lambda: nested(6, 2),
        lambda: of_constants(80, twice=True, kind=np.float32),
        lambda: of_constants(60, twice=True, kind=np.int64),
    ],
    ids=["chain", "deep", "doubled", "weights", "integers"],
)
def test_what_is_not_too_large_has_an_answer(fine):
    start = time.process_time()
    assert analyze(fine(), SHAPE).output.size == (1,)
    assert time.process_time() - start < 20
