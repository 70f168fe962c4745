"""Models with several outputs: all of them are end-points, whatever else is named.

Covers: program.endpoints.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_name

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.measure.support import SupportMeter
from jaxrf.program.execute import endpoint_function
from tests.helpers.toynets import conv

SHAPE = (1, 16, 1)


def marked(x):
    return checkpoint_name(conv(x), "stem")


@pytest.mark.parametrize(
    ("heads", "names"),
    [
        (lambda y: {"small": y, "large": conv(y)}, ["small", "large"]),
        (lambda y: (conv(y), conv(conv(y))), ["output/0", "output/1"]),
        (lambda y: [conv(y), {"deep": conv(conv(y))}], ["output/0", "output/1/deep"]),
        (lambda y: conv(y), ["output"]),
    ],
)
def test_heads_are_end_points_beside_marked_values(heads, names):
    analysis = jaxrf.analyze(lambda x: heads(marked(x)), SHAPE)
    assert list(analysis) == ["stem", *names]
    assert list(analysis.outputs) == names
    assert analysis.traced.output == analysis.names[-1] == names[-1]
    for name in analysis:
        assert SupportMeter(analysis, name).measure((8,)).equal


def test_outputs_come_last_and_the_last_of_them_is_the_output():
    def model(x):
        first = conv(x)
        second = checkpoint_name(conv(first), "inside")
        third = conv(second)
        return third, first

    analysis = jaxrf.analyze(model, SHAPE)
    assert analysis.names == ("inside", "output/0", "output/1")
    assert {n: f.size for n, f in analysis.items()} == {
        "inside": (5,), "output/0": (7,), "output/1": (3,)
    }  # fmt: skip
    assert analysis.output.size == (3,)


def test_a_head_and_a_marked_value_of_one_name_are_two_end_points():
    def model(x):
        stem = checkpoint_name(conv(x), "stem")
        return {"stem": conv(stem), "same": checkpoint_name(conv(conv(stem)), "same")}

    analysis = jaxrf.analyze(model, SHAPE)
    assert {n: f.size for n, f in analysis.items()} == {
        "stem#2": (3,), "stem": (5,), "same": (7,)
    }  # fmt: skip
    x = np.ones(SHAPE, np.float32)
    for name, reach in (("stem#2", 3), ("stem", 5)):
        value = endpoint_function(analysis.traced, name)
        gradient = jax.grad(lambda x: value(None, [x])[0, 8, 0])(x)  # noqa: B023
        assert np.count_nonzero(gradient) == reach


def test_heads_of_a_module_that_marks_something():
    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = self.perturb("seen", nn.Conv(2, (3,), name="stem")(x))
            x = checkpoint_name(x, "features")
            return {"a": nn.Conv(2, (3,), name="a")(x), "b": nn.Conv(2, (5,), name="b")(x)}

    analysis = jaxrf.analyze(Net(), SHAPE)
    assert analysis.names == ("features", "a", "b")
    assert analysis.output.size == (7,)
    every = jaxrf.analyze(Net(), SHAPE, all_endpoints=True)
    assert every.names == ("stem", "features", "a", "b")


def priors(x):
    return conv(x), jnp.arange(5.0)


def test_an_output_that_does_not_depend_on_the_input_is_named_and_the_others_are_answered():
    analysis = jaxrf.analyze(priors, SHAPE)
    assert (analysis.names, analysis.independent) == (("output/0",), ("output/1",))
    assert analysis.output.size == (3,)
    assert analysis.to_dict()["independent"] == ["output/1"]
    assert "does not depend on input: output/1" in analysis.table().notes
    assert SupportMeter(analysis).measure((8,)).equal
    for ask in (analysis.__getitem__, analysis.support):
        with pytest.raises(InvalidInput, match="output/1 does not depend on input"):
            ask("output/1")
    with pytest.raises(InvalidInput, match="no output depends on the input"):
        jaxrf.analyze(lambda x: (jnp.ones(3), jnp.arange(5.0)), SHAPE)


def test_what_another_input_alone_influences_is_named():
    def model(x, y):
        return {"a": conv(x), "b": conv(y), "both": x + y}

    analysis = jaxrf.analyze(model, [SHAPE, SHAPE])
    assert (analysis.outputs, analysis.independent) == (("a", "both"), ("b",))
    assert analysis.with_respect_to("y").independent == ("a",)


def test_the_table_says_which_outputs_there_are_and_which_is_meant():
    several = jaxrf.analyze(lambda x: (conv(x), x), SHAPE).table()
    assert several.notes[-1] == "outputs: output/0, output/1; the output is output/1, the last one"
    assert [row[0] for row in several.rows] == ["output/0", "output/1"]
    assert not jaxrf.analyze(conv, SHAPE).table().notes
