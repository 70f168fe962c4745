"""What a model is fed with: shapes in all the ways in which users give them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.keywords import Keywords
from jaxrf.program.inputs import MOST, Input, abstract_inputs, checked_shape, named_inputs

A, B = (1, 8, 3), (1, 4)


def struct(shape, dtype="float32"):
    return jax.ShapeDtypeStruct(shape, dtype)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (A, (struct(A),)),
        (list(A), (struct(A),)),
        (np.array(A), (struct(A),)),
        ([A], (struct(A),)),
        ([A, B], (struct(A), struct(B))),
        ((A, {"t": B}), (struct(A), {"t": struct(B)})),
        ({"x": A, "t": B}, ({"x": struct(A), "t": struct(B)},)),
        ([[A, B], A], ([struct(A), struct(B)], struct(A))),
        (np.zeros(A, np.int32), (struct(A, "int32"),)),
        (jnp.zeros(A, jnp.bfloat16), (struct(A, "bfloat16"),)),
        (struct(A, "uint8"), (struct(A, "uint8"),)),
        ([A, np.float32(0)], (struct(A), struct(()))),
        ((np.int64(2), 3), (struct((2, 3)),)),
    ],
    ids=str,
)
def test_shapes_become_positional_arguments(shape, expected):
    assert abstract_inputs(shape, "float32") == expected


def test_the_dtype_is_that_of_what_has_none():
    found = abstract_inputs([A, struct(B, "int8")], jnp.float16)
    assert found == (struct(A, "float16"), struct(B, "int8"))


@pytest.mark.parametrize(
    "shape",
    [
        *((), [], 8, "1,8,3", [A, 8], [A, ()]),
        *((1, -8, 3), (1, 0, 3), (1, 2.5, 3), (True, 8, 3), (1, None, 3)),
    ],
    ids=str,
)
def test_what_is_no_shape(shape):
    with pytest.raises(InvalidInput, match="^shape: got"):
        abstract_inputs(shape, "float32")


def test_what_is_no_dtype():
    with pytest.raises(InvalidInput, match="^dtype: got 'float33', need a JAX dtype"):
        abstract_inputs(A, "float33")


def test_more_than_an_array_can_hold():
    assert checked_shape((MOST - 1,)) == (MOST - 1,)
    with pytest.raises(InvalidInput, match="more numbers than an array can hold"):
        checked_shape((2**32, 2**31))


def test_an_only_argument_is_the_input():
    assert named_inputs((struct(A),), ()) == (Input("input", A, np.dtype("float32")),)
    assert [i.name for i in named_inputs((struct(A),), ("image",))] == ["input"]


def test_several_have_the_names_of_the_model_or_numbers():
    both = struct(A), struct(B)
    assert [i.name for i in named_inputs(both, ("image", "time"))] == ["image", "time"]
    assert [i.name for i in named_inputs(both, ())] == ["input0", "input1"]


def test_leaves_of_a_tree_are_named_by_their_place():
    tree = {"x": struct(A), "t": [struct(B), struct(A)]}
    found = named_inputs((struct(B), tree), ("first", "second"))
    assert [i.name for i in found] == ["first", "second/t/0", "second/t/1", "second/x"]
    assert [i.shape for i in found] == [B, B, A, A]


def test_keywords_have_names_of_their_own():
    inputs = abstract_inputs([A, Keywords(time=B)], "float32")
    assert [i.name for i in named_inputs(inputs, ("image",))] == ["image", "time"]


def test_dtypes_are_those_that_jax_traces():
    (found,) = named_inputs((struct(A, "float64"),), ())
    assert found.dtype == np.float32
    key = jax.eval_shape(jax.random.key, 0)
    assert named_inputs((key,), ())[0].dtype == key.dtype
