"""What is read of results: short everywhere, a table, and escaped HTML in notebooks."""

import html
import re
from functools import cache

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.text.result import BRIEF, Result

MOST = 4000  # characters of a ``repr``
SHAPE = (1, 24, 24, 1)
FIRST = "resnet_v1_50/conv1/conv/conv_general_dilated"


RESNET = jaxrf.zoo.load("resnet_v1_50", width=1 / 16)


def blur(x):
    return (x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]) / 4


def two(x):
    return jnp.concatenate([blur(x), 2 * blur(x)], -1)


class Recurrent(nn.Module):
    @nn.compact
    def __call__(self, x):
        cell, state, outputs = nn.GRUCell(4), jnp.zeros((x.shape[0], 4)), []
        for step in range(x.shape[1]):
            state, y = cell(state, x[:, step])
            outputs.append(y)
        return jnp.stack(outputs, 1)


@cache
def results():
    """A result of every public kind, by the name of its class."""
    analysis = jaxrf.analyze(jaxrf.zoo.load("resnet_v1_50"), (1, 224, 224, 3))
    graph = jaxrf.Graph()
    image = graph.input("image", shape=(10,))
    left, right = (graph.add(n, jaxrf.Layer(k, 2), of=image) for n, k in (("a", 3), ("b", 4)))
    graph.add("sum", of=[left, right])
    ones = np.ones((1, 16, 16, 1), np.float32)
    found = [
        analysis,
        analysis.output,
        analysis.fields,
        jaxrf.side_by_side({"one": analysis, "two": jaxrf.analyze(blur, SHAPE)}),
        analysis.support("block4", (3, 3)),
        analysis.unread("block4"),
        jaxrf.analyze_sizes(jaxrf.zoo.load("mobilenet_v1"), (1, None, 224, 3)),
        jaxrf.Sequential([jaxrf.Layer(3)] * 200),
        graph,
        jaxrf.solve_paths(analysis.graph, FIRST, dim=1),
        jaxrf.measure_support(blur, SHAPE),
        jaxrf.measure_erf(blur, SHAPE, samples=3),
        jaxrf.measure_grid(blur, SHAPE, samples=3),
        jaxrf.predict_erf(blur, SHAPE),
        jaxrf.energy_by_path(RESNET, (1, 32, 32, 3), draws=1),
        jaxrf.reproduce_erf(lambda x: x[:, ::4, ::4], ones.shape, "replknet", inputs=ones),
        jaxrf.compare(blur, SHAPE, samples=2),
        jaxrf.measure_erf(two, SHAPE, samples=2, estimator=jaxrf.Estimator("exact")).channels,
    ]
    return {type(f).__name__: f for f in found}


NAMES = (
    *("Analysis", "ChannelFields", "Comparison", "ERF", "Field", "FieldGrid", "Fields", "Graph"),
    *(
        "MeasuredSupport",
        "Models",
        "PathEnergy",
        "Paths",
        "Prediction",
        "Reproduction",
        "Sequential",
    ),
    *("SizeFreeAnalysis", "Support", "Unread"),
)


@pytest.mark.parametrize("name", NAMES)
def test_results_are_short(name):
    result = results()[name]
    shown = repr(result)
    assert 0 < len(shown) <= MOST
    assert len(shown.splitlines()) <= BRIEF + 30
    assert max(map(len, shown.splitlines())) <= 130
    assert "array(" not in shown
    assert "dataclass" not in shown
    assert f"{name}(" not in shown
    assert len(str(result)) <= 3 * MOST
    for part in vars(result).values():  # what a debugger unfolds
        if isinstance(part, Result):
            assert len(repr(part)) <= MOST


@pytest.mark.parametrize("name", NAMES)
def test_results_have_every_form_of_a_table(name):
    table = results()[name].table()
    assert table.csv().count("\n") > 1
    assert table.latex().count(r"\\") >= len(table.rows)
    assert table.markdown().startswith("| ")


def test_names_of_a_model_are_escaped():
    def model(x):
        return {"<script>alert(1)</script> & co_1": x[:, 1:]}

    analysis = jaxrf.analyze(model, (1, 8, 1))
    name = "<script>alert(1)</script> & co_1"
    page = analysis._repr_html_()
    assert "<script" not in page
    assert html.escape(name) in page
    latex = analysis.table().latex()
    assert r"$<$script$>$alert(1)$<$/script$>$ \& co\_1" in latex


def test_recurrent_steps_are_one_row():
    analysis = jaxrf.analyze(Recurrent(), (1, 30, 2))
    text = str(analysis)
    assert len(text.splitlines()) < 20
    (cell,) = (line for line in text.splitlines() if re.match(r" GRUCell_0 +\(x 60\)", line))
    assert "1 to 30" in cell
    assert re.search(r"output +30x4 +grows +- +-", text)
    assert len(analysis.table().rows) == len(analysis) > 60
    assert "input samples" in text


def test_tokens_and_milliseconds():
    def embed(x):
        return jnp.zeros((7, 2))[x] * 1.0

    words = jnp.zeros((1, 12), jnp.int32)
    assert "input tokens" in str(jaxrf.analyze(embed, [words], spatial_axes=(1,)))
    table = jaxrf.analyze(blur, (1, 32, 1)).table(rate=16000)
    row = dict(zip(table.header, table.rows[-1], strict=True))
    assert (row["r"], row["r ms"], row["S ms"]) == ("3", "0.1875", "0.0625")
    with pytest.raises(jaxrf.errors.InvalidInput, match="rate: got 16000 with 2 spatial axes"):
        jaxrf.analyze(blur, SHAPE).table(rate=16000)
    with pytest.raises(jaxrf.errors.InvalidInput, match="rate: got -1"):
        jaxrf.analyze(blur, (1, 8, 1)).table(rate=-1)
