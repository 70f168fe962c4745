"""``--shape`` by position and by name, and inputs by name of functions and of Flax."""

import argparse

import flax.linen as nn
import pytest

import jaxrf
from jaxrf.cli.options.shape import add_shape, inputs_of, shape_option
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.keywords import Keywords


def given(*texts):
    parser = argparse.ArgumentParser()
    add_shape(parser)
    return inputs_of(parser.parse_args([f"--shape={text}" for text in texts]).shape)


def shapes(tree):
    """The shapes of a nest of inputs."""
    if isinstance(tree, dict):
        return {name: shapes(part) for name, part in tree.items()}
    return [shapes(part) for part in tree] if isinstance(tree, list) else tuple(tree.shape)


def test_one_shape_is_as_it_was():
    assert given("1,8,3") == (1, 8, 3)
    assert given("1,?,3") == given("1,None,3") == (1, None, 3)
    (only,) = given("1,8:int32")
    assert (only.shape, only.dtype) == ((1, 8), "int32")


def test_names_are_places_in_dicts_and_lists():
    first, named = given("1,8", "b/y=1,2", "b/x=1,3:bool", "c/1=4", "c/0=5", "d/0=6", "d/2=7")
    assert first.shape == (1, 8)
    assert type(named) is Keywords
    assert shapes(named) == {
        "b": {"y": (1, 2), "x": (1, 3)},
        "c": [(5,), (4,)],
        "d": {"0": (6,), "2": (7,)},
    }
    assert named["b"]["x"].dtype == bool


def test_eleven_are_in_the_order_of_their_numbers():
    (named,) = given(*(f"x/{n}={n + 1}" for n in range(11)))
    assert shapes(named) == {"x": [(n + 1,) for n in range(11)]}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (("x=1,8", "1,8"), "one by position after one by name"),
        (("x=1,8", "x=1,9"), "got x twice"),
        (("x=1,8", "x/a=1,9"), "got x/a and x, need one"),
    ],
)
def test_what_does_not_go_together(texts, message):
    with pytest.raises(InvalidInput, match=message):
        given(*texts)


@pytest.mark.parametrize("text", ["=1,8", "a//b=1", "/=1", "x=", "x=1,b", "1,8=x"])
def test_what_is_no_shape(text):
    with pytest.raises(argparse.ArgumentTypeError, match="^got"):
        shape_option(text)


def pair(x, y, *, by=2):
    return x[:, 1:] + by * y


class Sum(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        return nn.Conv(2, (3,))(x) + nn.Conv(2, (5,))(y)


@pytest.mark.parametrize(
    ("model", "shape", "size"),
    [
        (pair, [(1, 9, 1), Keywords(y=(1, 8, 1))], 1),
        (pair, [Keywords(y=(1, 8, 1), x=(1, 9, 1))], 1),
        (Sum(), [(1, 9, 2), Keywords(y=(1, 9, 2))], 5),
        (Sum(), [Keywords(y=(1, 9, 2), x=(1, 9, 2))], 5),
    ],
)
def test_functions_and_modules_take_inputs_by_name(model, shape, size):
    analysis = jaxrf.analyze(model, shape, wrt="y")
    assert set(analysis.inputs) == {"x", "y"}
    assert analysis.output.size == (size,)
    # the first that is given is what fields are in, unless another one is named
    assert jaxrf.analyze(model, shape).input == analysis.inputs[0]
    assert jaxrf.measure_support(model, shape).equal


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"z": (1, 8, 1)}, "got z, no argument of the model; need one of y, by"),
        ({"x": (1, 8, 1)}, "got x, which is given by position too"),
        ({"by": (1,)}, "got by by name, need the next arguments of the model: y"),
    ],
)
def test_wrong_names_are_one_line(keywords, message):
    with pytest.raises(InvalidInput, match=message):
        jaxrf.analyze(pair, [(1, 9, 1), Keywords(keywords)])


def test_free_lengths_by_name():
    sizes = jaxrf.analyze_sizes(Sum(), [(1, None, 2), Keywords(y=(1, None, 2))])
    assert sizes.output.proved
    assert sizes.output.size == (3,)
