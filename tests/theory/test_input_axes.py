"""Spatial axes of an input: those that the user names, the layout's, or those that layers tell."""

import dataclasses

import jax.numpy as jnp
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.program.trace import trace
from jaxrf.theory.input_axes import axes_of_input
from tests.helpers.layouts import conv


def traced(f, shape, layout="channels_first"):
    found = trace(f, shape)
    return dataclasses.replace(found, network=dataclasses.replace(found.network, layout=layout))


def axes(f, shape, given=None, *, named=False, layout="channels_first"):
    return axes_of_input(traced(f, shape, layout), 0, given, named=named)


def test_layers_that_have_it_as_usual_say_nothing():
    assert axes(lambda x: conv(x, "NCHW"), (1, 3, 8, 9)) == ((2, 3), ())


def test_layers_that_have_it_otherwise_are_reported_as_an_assumption():
    found = axes(lambda x: conv(x, "NHWC"), (1, 8, 9, 3))
    assert found == (
        (1, 2),
        ("spatial axes 1, 2: as the first convolution has it; others with --axes",),
    )
    found = axes(lambda x: conv(x, "NHC"), (1, 8, 3))
    assert found == ((1,), ("spatial axis 1: as the first convolution has it; others with --axes",))


def test_no_layer_tells():
    order = "batch, channels, space"
    assert axes(jnp.tanh, (1, 3, 8)) == (
        (2,),
        (f"spatial axis 2: assumed ({order}), as no layer tells; others with --axes",),
    )
    said = axes(jnp.tanh, (3, 8))
    assert said[1][0].startswith("spatial axis 1: assumed (the last)")


def test_what_moves_along_one_usual_axis_leaves_the_others():
    """A slice along rows alone does not say that columns are channels."""
    assert axes(lambda x: x[:, :, 1:] - x[:, :, :-1], (1, 3, 8, 9)) == ((2, 3), ())
    moved = axes(lambda x: x[:, 1:] - x[:, :-1], (1, 8, 3, 3))
    assert moved[0] == (1,)
    assert "as slice has it" in moved[1][0]


@pytest.mark.parametrize("named", [False, True])
def test_axes_that_the_user_names_are_taken(named):
    assert axes(lambda x: conv(x, "NHWC"), (1, 8, 9, 3), (2,), named=named)[0] == (2,)
    with pytest.raises(InvalidInput):
        axes(lambda x: conv(x, "NHWC"), (1, 8, 9, 3), (7,), named=named)


def test_other_layouts_do_not_ask_the_layers():
    found = axes(lambda x: conv(x, "NCHW"), (1, 3, 8, 9), layout="channels_last")
    assert found[0] == (1, 2)
