"""``analyze`` from the outside: published numbers, every rank and layout, and clear errors.

Covers: geometry.collection, theory.analyze, theory.axes,
theory.solved_model.
"""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.geometry.interval import Interval
from jaxrf.theory.analyze import analyze
from tests.helpers.resnet import resnet50
from tests.helpers.toynets import conv


def test_a_torchvision_resnet50_has_427_pixels():
    analysis = analyze(resnet50, (1, 224, 224, 3))
    field = analysis.output
    assert (field.size, field.stride, field.padding) == ((427,) * 2, (32,) * 2, (213,) * 2)
    assert field.aligned
    assert not field.is_global
    assert field.shape == (1, 7, 7, 32)
    assert analysis.misaligned == ()
    assert field.center((3, 3)) == (96.0, 96.0)


def misaligned(x):
    left = conv(x, 5, 2, (2, 1))
    return left + conv(conv(x, pad="VALID"), pad="VALID")


def test_the_misaligned_network_of_the_article():
    analysis = analyze(misaligned, (1, 7, 1))
    (bad,) = analysis.misaligned
    assert bad.strides == (2, 1)
    assert bad.axis == 1
    assert bad.node == "add"
    assert all(name.startswith("conv_general_dilated") for name in bad.operands)
    assert "test_analysis.py:" in bad.source
    assert set(bad.offsets) == {0.0, 2.0}  # centres 0, 2, 4 and 2, 3, 4
    touched = [int(analysis.support(at=(u,)).mask.sum()) for u in range(3)]
    assert touched == [5, 6, 5]


def squeeze_excite(x):
    x = conv(x)
    gate = jnp.mean(x, (1, 2), keepdims=True)
    return conv(x * jax.nn.sigmoid(gate))


def test_a_global_operation_is_named_and_the_local_field_kept():
    analysis = analyze(squeeze_excite, (1, 20, 20, 2))
    field = analysis.output
    assert field.is_global
    assert all(v.startswith("mean (at ") and "test_analysis.py:" in v for v in field.global_via)
    assert (field.size, field.padding) == ((5, 5), (2, 2))
    assert field.aligned
    assert analysis.support(at=(0, 0)).mask.all()
    assert field.box((0, 0)) == (Interval(-2, 2), Interval(-2, 2))


def test_one_axis_may_be_global_and_the_other_not():
    field = analyze(lambda x: conv(x) + x.mean(1, keepdims=True), (1, 9, 9, 1)).output
    assert [a.is_global for a in field.axes] == [True, False]


def test_a_pooled_output_has_no_position():
    analysis = analyze(lambda x: conv(x).mean((1, 2)), (1, 9, 8, 1))
    assert (analysis.output.size, analysis.output.is_global) == ((None, None), True)
    assert analysis.grid("output") == (1, 1)
    assert analysis.support().mask.all()


def test_sound_and_volumes():
    assert analyze(lambda x: conv(x, 4, 2), (1, 100, 2)).output.size == (4,)
    field = analyze(lambda x: conv(conv(x, 2, 2), 3), (1, 12, 10, 8, 1)).output
    assert (field.size, field.stride) == ((6, 6, 6), (2, 2, 2))


def channels_first(x):
    w = jnp.ones((2, x.shape[1], 3, 5))
    return jax.lax.conv_general_dilated(
        x, w, (1, 2), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW")
    )


@pytest.mark.parametrize("axes", [(2, 3), (-2, -1)])
def test_channels_first(axes):
    analysis = analyze(channels_first, (1, 3, 20, 20), spatial_axes=axes)
    assert (analysis.output.size, analysis.output.stride) == ((3, 5), (1, 2))
    assert analysis.spatial_axes == (2, 3)
    assert analysis.grid("output") == (20, 10)
    assert analysis.support().mask.shape == (20, 20)


def test_one_axis_of_several():
    analysis = analyze(channels_first, (1, 3, 20, 20), spatial_axes=3)
    assert analysis.output.size == (5,)
    assert analysis.support(at=4).mask.shape == (20,)


def test_without_batch_or_channels():
    assert analyze(lambda x: x[1:] * x[:-1], (8,), spatial_axes=(0,)).output.size == (2,)


def test_swapped_axes_are_found_by_following_the_dependencies():
    analysis = analyze(lambda x: conv(x, stride=2).transpose(0, 2, 1, 3), (1, 8, 12, 1))
    assert analysis.output_grid("output").dims == (2, 1)
    assert analysis.grid("output") == (4, 6)
    found = analysis.support(at=(0, 5))
    assert found.box == (Interval(0, 2), Interval(10, 11))


def test_maps_side_by_side_in_the_channels_do_not_lose_the_position():
    # the mirror image moves against the map, further along the channels than along the axis
    analysis = analyze(lambda x: jnp.concatenate([x, x[:, ::-1]], -1), (1, 7, 1))
    assert analysis.output_grid("output").dims == (1,)
    assert np.flatnonzero(analysis.support(at=(1,)).mask).tolist() == [1, 5]
    mixed = analyze(lambda x: conv(jnp.concatenate([x, x[:, ::-1]], -1), 1), (1, 7, 1))
    assert not mixed.output.is_global


def test_pixels_in_the_channels_do_not_outdo_the_position():
    # space to depth beside its mirror image: with the others fixed, the channels move furthest
    def f(x):
        blocks = x.reshape(1, 4, 2)
        return jnp.concatenate([blocks, blocks[:, ::-1]], -1)

    analysis = analyze(f, (1, 8, 1))
    assert analysis.output_grid("output").dims == (1,)
    assert np.flatnonzero(analysis.support(at=(0,)).mask).tolist() == [0, 1, 6, 7]


def test_a_position_is_kept_where_every_output_spans_the_image():
    # two outputs, each with the whole axis as its hull but not as its support
    analysis = analyze(lambda x: x[:, ::5] + x[:, ::-5] + x[:, 2:4], (1, 6, 1))
    assert analysis.grid("output") == (2,)
    assert np.flatnonzero(analysis.support(at=(1,)).mask).tolist() == [0, 3, 5]


def test_pixels_in_a_row_are_positions_of_their_grid():
    analysis = analyze(lambda x: x.reshape(1, 12, 1), (1, 3, 4, 1))
    assert analysis.grid("output") == (3, 4)
    assert np.argwhere(analysis.support(at=(1, 3)).mask).tolist() == [[1, 3]]
    assert np.argwhere(analysis.support(at=7).mask).tolist() == [[1, 3]]
    assert analysis.output.stride == (1, 1)
    with pytest.raises(InvalidInput, match="got 12, out of range for output; need 0 to 11"):
        analysis.support(at=12)


def test_tokens_that_something_read_across_are_one_dimension_for_two_axes():
    analysis = analyze(lambda x: conv(x.reshape(1, 12, 1)), (1, 3, 4, 1))
    assert analysis.output_grid("output").dims == (1, 1)
    assert np.argwhere(analysis.support(at=4).mask).tolist() == [[0, 3], [1, 0], [1, 1]]
    with pytest.raises(InvalidInput, match=r"got \(7, 8\), but one dimension of output follows"):
        analysis.support(at=(7, 8))


def test_a_mapping_of_end_points():
    def model(x):
        return {"a/conv": conv(x), "b/conv": conv(conv(x)), "b/pool": conv(x, stride=2)}

    analysis = analyze(model, (1, 12, 1))
    assert list(analysis) == ["a/conv", "b/conv", "b/pool"]
    assert len(analysis) == 3
    assert analysis["pool"] is analysis["b/pool"] is analysis.output
    assert [f.size for _, f in analysis.items()] == [(3,), (5,), (3,)]
    assert analysis.endpoint_shape("b/pool") == (1, 6, 1)
    with pytest.raises(
        InvalidInput, match=r"got 'conv', several match; need one of a/conv, b/conv"
    ):
        analysis["conv"]
    with pytest.raises(
        InvalidInput, match=r"got 'c', none matches; need one of a/conv, b/conv, b/p"
    ):
        analysis["c"]


def test_the_default_position_is_the_central_feature():
    analysis = analyze(lambda x: x, (1, 9, 6, 1))
    assert analysis.support().at == (4, 3)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ((9, 0), "at: got (9, 0), out of range for output; need 0 to 8,5"),
        ((0, -1), "at: got (0, -1), out of range for output; need 0 to 8,5"),
        ((0,), "at: got 1 indices (0,), need 2 for output"),
        (3, "at: got 1 indices (3,), need 2 for output"),
    ],
)
def test_positions_are_checked(at, message):
    analysis = analyze(lambda x: x, (1, 9, 6, 1))
    with pytest.raises(InvalidInput) as caught:
        analysis.support(at=at)
    assert str(caught.value) == message


def raising(x):
    raise ValueError("no such layer\nand a second line")


@pytest.mark.parametrize(
    ("model", "shape", "options", "message"),
    [
        (conv, (1, 0, 1), {}, "shape: got (1, 0, 1), need positive integers"),
        (conv, (1, -8, 1), {}, "shape: got (1, -8, 1), need positive integers"),
        (conv, (1, None, 1), {}, "shape: got (1, None, 1), need positive integers"),
        (conv, (1, 2.5, 1), {}, "shape: got (1, 2.5, 1), need positive integers"),
        (conv, 8, {}, "shape: got 8, need positive integers"),
        (conv, (), {}, "shape: got (), need positive integers"),
        (conv, (8, 1), {}, "shape: got 2 axes (8, 1), need at least 3"),
        (conv, (1, 8, 1), {"spatial_axes": (3,)}, "axes: got (3,), need distinct axes from 0 to 2"),
        (conv, (1, 8, 1), {"spatial_axes": (1, -2)}, "axes: got (1, -2), need distinct axes"),
        (conv, (1, 8, 1), {"spatial_axes": ()}, "axes: got (), need distinct axes from 0 to 2"),
        (conv, (1, 8, 1), {"dtype": "float33"}, "dtype: got 'float33', need a JAX dtype"),
        (lambda x: x[:, 9:], (1, 8, 1), {}, "model <lambda>: the output is empty, shape (1, 0, 1)"),
        (lambda x: None, (1, 8, 1), {}, "model <lambda>: got 0 outputs, need one array"),
        (lambda x: jnp.ones(3), (1, 8, 1), {}, "model <lambda>: the output does not depend on"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(model, shape, options, message):
    with pytest.raises(InvalidInput) as caught:
        analyze(model, shape, **options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_model_that_raises_is_told_in_one_line():
    with pytest.raises(ModelError) as caught:
        analyze(raising, (1, 8, 1))
    assert re.fullmatch(
        r"tracing raising on shape \(1, 8, 1\): the model raised ValueError: no such layer "
        r"\(at .*test_analysis.py:\d+\)",
        str(caught.value),
    )
    assert isinstance(caught.value.__cause__, ValueError)


def test_numpy_shapes_are_shapes():
    assert analyze(conv, np.array([1, 9, 1])).shape == (1, 9, 1)


def test_flops_count_two_per_multiply_add():
    analysis = analyze(lambda x: {"a": conv(x, out=4), "b": jnp.tanh(conv(x, out=4))}, (1, 10, 3))
    assert analysis.flops("a") == 2 * 10 * 4 * 3 * 3
    assert analysis.flops("b") == 2 * 10 * 4 * 3 * 3 + 10 * 4
    assert analysis.flops("b", op="tanh") == 10 * 4


def test_several_inputs_have_a_field_each():
    def model(image, time):
        return image[:, 2:] + image[:, :-2] + time.sum(1, keepdims=True)[..., None]

    analysis = analyze(model, [(1, 9, 1), (1, 4)])
    assert (analysis.inputs, analysis.input) == (("image", "time"), "image")
    assert (analysis.output.size, analysis.output.is_global) == ((3,), False)
    time = analysis.with_respect_to("time")
    assert time.output.is_global
    assert time.support().mask.all()
    assert time.shape == (1, 4)
    for axes in (None, (1,)):  # all but the batch, where there are no channels
        named = analyze(model, [(1, 9, 1), (1, 4)], wrt="time", spatial_axes=axes)
        assert (named.input, named.spatial_axes, named.output.is_global) == ("time", (1,), True)
    with pytest.raises(InvalidInput, match="got 'noise', none matches; need one of image, time"):
        analysis.with_respect_to("noise")
    with pytest.raises(InvalidInput, match="got 'noise', none matches; need one of image, time"):
        analyze(model, [(1, 9, 1), (1, 4)], wrt="noise")


def test_end_points_that_an_input_cannot_influence_are_not_its():
    def model(x, y):
        return {"first": x[:, 1:], "second": y[:, 1:], "both": x[:, :3] + y[:, :3]}

    analysis = analyze(model, [(1, 4, 1), (1, 6, 1)])
    assert analysis.names == ("first", "both")
    assert analysis.with_respect_to("y").names == ("second", "both")


def test_pytrees_in_and_out():
    def model(batch):
        return batch["a"][:, 1:], {"deep": [batch["b"][:, ::2]]}

    analysis = analyze(model, {"a": (1, 5, 1), "b": (1, 6, 1)})
    assert analysis.inputs == ("input/a", "input/b")
    assert analysis.names == ("output/0",)
    other = analysis.with_respect_to("input/b")
    assert other.names == ("output/1/deep/0",)
    assert other.output.stride == (2,)


def test_inputs_of_other_dtypes():
    table = jnp.ones((7, 3))
    ids = jax.ShapeDtypeStruct((1, 5), jnp.int32)
    analysis = analyze(lambda i: table[i][:, 1:], ids, spatial_axes=(1,))
    assert analysis.support(at=(0,)).mask.tolist() == [False, True, False, False, False]


def test_states_of_a_recurrence_follow_the_axis_again():
    def states(x):
        step = lambda c, row: (jnp.tanh(c + row),) * 2  # noqa: E731
        return jax.lax.scan(step, jnp.zeros((1, 2)), x.swapaxes(0, 1))[1].swapaxes(0, 1)

    analysis = analyze(states, (1, 6, 2))
    assert analysis.grid("output") == (6,)
    assert analysis.support(at=(2,)).mask.tolist() == [True] * 3 + [False] * 3
    assert analysis.output.size == (None,)  # grows with the position


def test_channels_of_a_single_pixel_do_not_follow_the_axis():
    def model(x):
        def strided(kernel):
            weights = jnp.ones((kernel, 2, 2))
            numbers = ("NWC", "WIO", "NWC")
            return jax.lax.conv_general_dilated(x, weights, (2,), "SAME", dimension_numbers=numbers)

        return jnp.concatenate([strided(1), strided(3)], -1)

    assert analyze(model, (1, 2, 2)).grid("output") == (1,)
    assert analyze(model, (1, 4, 2)).output.stride == (2,)


def test_an_empty_map_is_seen_by_nothing():
    """A convolution that leaves nothing of its input, and one that reads padding alone."""

    def conv(x, padding):
        dims = ("NWC", "WIO", "NWC")
        return jax.lax.conv_general_dilated(
            x, jnp.ones((3, 1, 1)), (1,), [padding], None, None, dims
        )

    def nothing(x):
        return conv(conv(x, (0, 0)), (2, 1))

    with pytest.raises(InvalidInput, match="the output does not depend on the input"):
        analyze(nothing, (1, 2, 1))
    beside = analyze(lambda x: nothing(x) + x[:, :1], (1, 2, 1))
    assert beside.output.size == (1,)


@pytest.mark.parametrize(
    ("mask", "size"),
    [
        (lambda q, k: abs(q - k) <= 2, 5),
        (lambda q, k: (k <= q) & (k > q - 4), 4),
        (lambda q, k: k <= q, None),  # the last token sees all of them
        (lambda q, k: q + k >= 0, None),
    ],
)
def test_attention_to_near_tokens_is_local(mask, size):
    def attend(x):
        place = jnp.arange(x.shape[1])
        scores = jnp.where(mask(place[:, None], place[None]), x @ x.transpose(0, 2, 1), -jnp.inf)
        return jax.nn.softmax(scores) @ x

    field = analyze(attend, (1, 20, 8)).output
    assert field.is_global == (size is None)
    assert field.size == (size,)


def test_parts_of_the_image_that_are_pooled_apart_are_global():
    """What a union covers is compared with all that its own feature could see."""

    def halves(x):
        return jnp.concatenate([x[:, :4].mean(1), x[:, 4:].mean(1)], -1)

    assert analyze(halves, (1, 8, 3)).output.is_global


def test_single_numbers_meet():
    analysis = analyze(lambda x: x + (x[0, 0, 0] + x[0, 3, 0]), (1, 6, 1))
    assert np.flatnonzero(analysis.support(at=(1,)).mask).tolist() == [0, 1, 3]
