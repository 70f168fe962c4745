"""Keras 3 models as they are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.measure.support import measure_support
from jaxrf.theory.analyze import analyze
from tests.helpers.samemodel import assert_same_output, sizes

keras = pytest.importorskip("keras")
layers = keras.layers
SHAPE = (1, 32, 32, 3)


@pytest.fixture(scope="module")
def net():
    keras.utils.set_random_seed(0)
    x = image = keras.Input(SHAPE[1:], name="image")
    for n, stride in enumerate((2, 1, 2)):
        x = layers.Conv2D(4, 3, stride, padding="same", name=f"conv{n}")(x)
        x = layers.Dropout(0.5, name=f"drop{n}")(layers.BatchNormalization(name=f"norm{n}")(x))
    net = keras.Model(image, layers.Activation("tanh", name="head")(x))
    net.get_layer("norm1").moving_mean.assign(np.arange(4.0))
    return net


def test_every_layer_is_an_end_point_under_its_name(net):
    # r by eq 2: 3, then + 2 * 2, then + 2 * 2; BatchNormalization at inference is elementwise
    analysis = analyze(net, SHAPE)
    parts = ("conv", "norm", "drop")
    expected = {f"{p}{n}": r for n, r in enumerate((3, 7, 11)) for p in parts}
    assert sizes(analysis) == {**expected, "head": 11}
    assert not analysis.output.is_global


def test_it_computes_what_the_model_computes_at_inference(net):
    assert_same_output(net, SHAPE, lambda variables, x: net(x, training=False))


def test_the_model_itself_is_not_touched(net):
    call, before = layers.Conv2D.call, net.get_weights()
    assert measure_support(net, SHAPE).equal
    assert layers.Conv2D.call is call
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


class Shared(keras.Model):
    """A layer called twice, a Sequential, and layers in a list."""

    def __init__(self):
        super().__init__()
        self.conv = layers.Conv1D(1, 3, padding="same", name="conv")
        parts = [layers.Conv1D(1, 3, padding="same", name="a"), layers.ReLU(name="b")]
        self.inner = keras.Sequential(parts, name="inner")
        self.more = [layers.Conv1D(1, 1, name="listed")]

    def call(self, x):
        return self.more[0](self.inner(self.conv(self.conv(x))))


def test_a_shared_layer_is_as_many_end_points_as_calls():
    model = Shared()
    with pytest.raises(InvalidInput, match="without weights, need a built one; call it once"):
        analyze(model, (1, 16, 1))
    model(jnp.ones((1, 16, 1)))
    expected = {"conv": 3, "conv#2": 5, "inner/a": 7, "inner/b": 7, "inner": 7, "listed": 7}
    assert sizes(analyze(model, (1, 16, 1))) == expected
    assert measure_support(model, (1, 16, 1), endpoint="inner/a").equal


def test_a_model_in_a_model_is_a_path():
    outer = keras.Sequential([keras.Input((8, 1)), layers.Conv1D(1, 3, name="first")])
    outer.add(keras.Sequential([layers.Conv1D(1, 3, name="second")], name="inner"))
    assert sizes(analyze(outer, (1, 8, 1))) == {"first": 3, "inner/second": 5, "inner": 5}


def test_masks_travel_on():
    model = keras.Sequential([
        keras.Input((4, 2)), layers.Masking(), layers.GlobalAveragePooling1D()
    ])  # fmt: skip
    x = jnp.asarray([[[0.0, 0.0], [1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]])
    assert_same_output(model, (1, 4, 2), lambda variables, x: jnp.asarray([[2.0, 3.0]]), inputs=[x])


def test_several_inputs_have_the_names_that_the_model_gives():
    image, guide = keras.Input((8, 1), name="image"), keras.Input((8, 1), name="guide")
    joined = layers.Add()([layers.Conv1D(1, 3, padding="same")(image), guide])
    analysis = analyze(keras.Model([image, guide], joined), [(1, 8, 1), (1, 8, 1)])
    assert analysis.inputs == ("image", "guide")
    assert analysis.output.size == (3,)
    assert analysis.with_respect_to("guide").output.size == (1,)


def test_channels_first_is_followed(monkeypatch):
    monkeypatch.setattr(keras.config, "image_data_format", lambda: "channels_first")
    conv = layers.Conv2D(2, (3, 5), data_format="channels_first")
    analysis = analyze(keras.Sequential([keras.Input((3, 16, 16)), conv]), (1, 3, 16, 16))
    assert analysis.spatial_axes == (2, 3)
    assert analysis.output.size == (3, 5)


def test_another_backend_is_told(net, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(InvalidInput, match="on the torch backend, need jax; set KERAS_BACKEND=jax"):
        analyze(net, SHAPE)


def test_weights_are_variables(net):
    traced = analyze(net, SHAPE).traced
    drawn = traced.draw(jax.random.key(0))
    expected = [w.shape for w in net.get_weights() if w.dtype == np.float32]
    assert sorted(leaf.shape for leaf in jax.tree.leaves(drawn)) == sorted(expected)
