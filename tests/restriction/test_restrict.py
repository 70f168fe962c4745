"""``jaxrf.restrict`` as a user calls it.

Covers: report.restriction, restriction.boxes, restriction.cut_model, restriction.mixing.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.cli.targets import load_target
from jaxrf.errors import InvalidInput
from jaxrf.text.table import plain_text

KERNEL = np.random.default_rng(0).normal(size=(3, 3, 2, 2)).astype(np.float32)


def conv(x, stride=1, padding="SAME"):
    numbers = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, KERNEL, (stride,) * 2, padding, dimension_numbers=numbers)


def net(x):
    return conv(jax.nn.relu(conv(conv(x), 2)))


SHAPE = (1, 32, 24, 2)


def whole(x):
    return jax.jit(net)(x)


@pytest.fixture(scope="module")
def image():
    return jnp.asarray(np.random.default_rng(1).normal(size=SHAPE), jnp.float32)


@pytest.mark.parametrize("box", [[(0, 2), (0, 3)], [(7, 9), (5, 6)], [15, -1], [None, (4, 12)]])
def test_a_box_of_a_network(image, box):
    part = jaxrf.restrict(net, SHAPE, box=box)
    found = part(*part.crop(image))
    chosen = tuple(slice(*span) for span in part.box)
    np.testing.assert_allclose(found, whole(image)[chosen], atol=1e-5)
    assert found.shape == part.shape


def test_it_reads_the_field_and_no_more():
    part = jaxrf.restrict(net, SHAPE, box=[8, 6])
    field = jaxrf.analyze(net, SHAPE).output.box((8, 6))
    _, *spatial, _ = part.inputs["input"]
    assert spatial == [(i.low, i.high + 1) for i in field]
    assert part.flops < part.whole_flops / 4


def test_gradients_pass_through(image):
    part = jaxrf.restrict(net, SHAPE, box=[(3, 5), (0, 2)])
    rows, columns = slice(3, 5), slice(0, 2)
    expected = jax.grad(lambda x: jnp.sum(net(x)[:, rows, columns] ** 2))(image)
    found = jax.grad(lambda x: jnp.sum(part(*part.crop(x)) ** 2))(image)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_interior_boxes_are_one_compiled_program(image):
    parts = [jaxrf.restrict(net, SHAPE, box=[at, 6]) for at in (5, 6, 9)]
    assert len({part.cut.key for part in parts}) == 3  # another program each: traced anew
    analysis = jaxrf.analyze(net, SHAPE)
    parts = [jaxrf.restrict(analysis, box=[at, 6]) for at in (5, 6, 9)]
    assert len({part.cut.key for part in parts}) == 1
    assert len({part.cut.compiled for part in parts}) == 1
    for part, at in zip(parts, (5, 6, 9), strict=True):
        expected = whole(image)[:, at : at + 1, 6:7]
        np.testing.assert_allclose(part(*part.crop(image)), expected, atol=1e-5)
    assert jaxrf.restrict(analysis, box=[0, 6]).cut.key != parts[0].cut.key  # padding at the border


def test_the_last_restrictions_are_kept():
    analysis = jaxrf.analyze(lambda x: x[:, 1:] + x[:, :-1], (1, 60, 1))
    first = jaxrf.restrict(analysis, box=[0]).cut
    assert jaxrf.restrict(analysis, box=[0]).cut is first
    for at in range(1, 50):
        jaxrf.restrict(analysis, box=[at])
    assert len(analysis.traced.program.findings("restrictions")) == 32


def test_places_are_arguments_of_the_compiled_program():
    """What follows the position, as a positional embedding, is taken where the box lies."""
    embedding = jnp.arange(40.0)[:, None]
    analysis = jaxrf.analyze(lambda x: 2 * x + embedding + jnp.arange(40.0)[:, None], (1, 40, 1))
    x = jnp.zeros((1, 40, 1))
    parts = [jaxrf.restrict(analysis, box=[(at, at + 2)]) for at in (3, 17)]
    assert len({part.cut.key for part in parts}) == 1
    found = [part(*part.crop(x)).ravel().tolist() for part in parts]
    assert found == [[6.0, 8.0], [34.0, 36.0]]


def test_what_cannot_be_cut_is_named():
    def model(x):
        y = conv(x)
        return conv(y * jax.nn.sigmoid(y.mean((1, 2), keepdims=True)))

    part = jaxrf.restrict(model, SHAPE, box=[8, 6])
    assert part.inputs["input"] == tuple((0, n) for n in SHAPE)
    assert len(part.uncut) == 1
    assert part.uncut[0].startswith("reduce_sum at ")
    assert "test_restrict.py" in part.uncut[0]
    assert jaxrf.restrict(net, SHAPE, box=[8, 6]).uncut == ()


def test_tokens_have_a_dimension_per_axis(image):
    def tokens(x):
        return conv(x).reshape(1, -1, 2)

    part = jaxrf.restrict(tokens, SHAPE, box=[(3, 5), (7, 8)])
    assert part.shape == (1, 2, 1, 2)
    expected = tokens(image).reshape(1, 32, 24, 2)[:, 3:5, 7:8]
    np.testing.assert_allclose(part(*part.crop(image)), expected, atol=1e-5)
    assert part.inputs["input"][1:3] == ((2, 6), (0, 24))  # whole rows of tokens


def test_several_inputs():
    part = jaxrf.restrict(lambda x, y: x[:, 2:] + y, [(1, 9, 1), (1, 7, 1)], box=[(1, 3)])
    x, y = jnp.arange(9.0).reshape(1, 9, 1), jnp.ones((1, 7, 1))
    assert part(*part.crop(x, y)).ravel().tolist() == [4.0, 5.0]
    assert [spans[1] for spans in part.inputs.values()] == [(3, 5), (1, 3)]


def test_weights_are_given_or_asked_for():
    part = jaxrf.restrict(load_target("zoo:alexnet_v2"), (1, 256, 256, 3), box=[0, 0])
    shape = part.input_shapes["input"]
    with pytest.raises(InvalidInput, match="variables: got none, need the weights of alexnet_v2"):
        part(jnp.zeros(shape))
    variables = part.analysis.traced.draw(jax.random.key(0))
    assert part(jnp.zeros(shape), variables=variables).shape == part.shape


def derived(slope):
    """The identity, with a derivative of its own."""

    @jax.custom_jvp
    def f(x):
        return x

    f.defjvp(lambda p, t: (f(*p), slope * t[0]))

    @jax.custom_vjp
    def g(x):
        return jnp.round(x)

    g.defvjp(lambda x: (g(x), None), lambda _, c: (slope * c,))
    return f, g


@pytest.mark.parametrize("which", [0, 1])
def test_derivatives_of_the_users_own_are_kept(image, which):
    own = derived(3.0)[which]

    def model(x):
        return conv(own(conv(x)))

    part = jaxrf.restrict(model, SHAPE, box=[(4, 6), (0, 2)])
    found = jax.grad(lambda x: part(*part.crop(x)).sum())(image)
    expected = jax.grad(lambda x: model(x)[:, 4:6, 0:2].sum())(image)
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([0], "got 1 entries, need 2, one per spatial axis"),
        ([0, 24], "got 24, need at least one of the features 0 to 11"),
        ([(3, 3), 0], r"got \(3, 3\), need at least one of the features"),
        ([(0, 17), 0], r"got \(0, 17\), need at least one"),
        ([slice(0, 4, 2), 0], "got a slice with step 2, need step 1"),
        (["a", 0], "got 'a', need an index, a slice, a pair"),
    ],
)
def test_bad_boxes(box, words):
    with pytest.raises(InvalidInput, match=words):
        jaxrf.restrict(net, SHAPE, box=box)


def test_bad_inputs(image):
    part = jaxrf.restrict(net, SHAPE, box=[8, 6])
    with pytest.raises(InvalidInput, match=r"need the cropped one, \(1, 9, 9, 2\); crop"):
        part(image)
    with pytest.raises(InvalidInput, match=r"got 2, need 1 \(input\)"):
        part.crop(image, image)
    with pytest.raises(InvalidInput, match="need the whole one"):
        part.crop(image[:, 1:])


def test_the_table():
    part = jaxrf.restrict(net, SHAPE, box=[8, 6])
    lines = plain_text(part.table()).splitlines()
    assert max(map(len, lines)) <= 80
    document = part.to_dict()
    field = jaxrf.analyze(net, SHAPE).output.box((8, 6))
    spatial = [[i.low, i.high + 1] for i in field]
    assert document["inputs"] == {"input": [[0, 1], *spatial, [0, 2]]}
    assert document["flops"] == part.flops
    assert document["uncut"] == []
