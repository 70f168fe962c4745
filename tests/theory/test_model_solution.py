"""A traced model solved along the axes of one input, and what was assumed on the way."""

import jax.numpy as jnp
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.program.trace import trace
from jaxrf.theory.build import graph_of
from jaxrf.theory.model_solution import solve_model


def f(image, sound):
    return (image[:, 2:] + image[:, :-2]).sum((2, 3)), sound[:, ::3]


@pytest.fixture(scope="module")
def traced():
    return trace(f, [(1, 8, 9, 3), (1, 21, 2)])


def ends(found, number):
    """The interval of the first and of the second output, along the first axis."""
    node = found.view.index[number]
    exact = found.solutions[0].fields[node].exact
    return exact.reshape(2, *[n for n in exact.shape[1:] if n > 1])[:, :2].tolist()


def test_every_input_is_solved_along_axes_of_its_own(traced):
    image = solve_model(traced, 0, None, named=True)
    sound = solve_model(traced, 1, None, named=True)
    assert (image.spatial_axes, sound.spatial_axes) == ((1, 2), (1,))
    assert (image.source, sound.source) == (0, 1)
    assert [len(s.solutions) for s in (image, sound)] == [2, 1]
    graph = graph_of(traced)
    first, second = (graph.node_of[n] for n in traced.program.outputs)
    assert ends(image, first) == [[0, 1], [-2, -3]]  # rows u to u + 2
    assert ends(sound, second) == [[0, 3], [0, -3]]  # every third sample


def test_what_was_taken_for_granted_comes_first(traced):
    assert solve_model(traced, 0, None, named=True).assumed == ()
    short = trace(jnp.tanh, (8, 9, 3))  # a shape that may lack its batch axis
    (doubt,) = solve_model(short, 0, None, named=False).assumed
    found = solve_model(short, 0, None, named=False, taken=("from the file",))
    assert found.assumed == ("from the file", doubt)


def test_given_axes_are_solved_in_their_order(traced):
    found = solve_model(traced, 0, (2,), named=True)
    assert found.spatial_axes == (2,)
    assert len(found.solutions) == 1
    with pytest.raises(InvalidInput, match="axes"):
        solve_model(traced, 0, (4,), named=True)


def test_no_room_in_memory_is_told_before_it_is_taken(monkeypatch, traced):
    asked = []
    monkeypatch.setattr(
        "jaxrf.theory.model_solution.check_memory", lambda g, shape: asked.append(shape)
    )
    solve_model(traced, 1, None, named=True)
    assert asked == [(1, 21, 2)]
