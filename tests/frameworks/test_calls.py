"""In which mode a model is called, with which arguments, and that the result says so.

Covers: frameworks.adapt, frameworks.keywords, frameworks.network, frameworks.setting.
"""

import flax.linen as nn
import jax
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.calls import resolve_call
from tests.helpers.modelnets import SHAPE, Own, Plain, resnet, training


def test_training_by_default_is_inference_and_it_is_said():
    analysis = jaxrf.analyze(resnet, SHAPE)
    assert analysis.output.size == (51, 51)
    assert not analysis.output.is_global
    assert analysis.setting.call == {"train": False}
    (line,) = analysis.setting.assumed
    assert line.startswith("train=False: inference, although the model's default is True")
    assert f"assumed: {line}" in " ".join(str(analysis).split())
    assert analysis.to_dict()["model"]["assumed"] == [line]


def test_training_is_to_be_had():
    """Running averages may change, dropout has its key; BatchNorm sees the whole input."""
    analysis = jaxrf.analyze(resnet, SHAPE, call={"train": True})
    assert analysis.output.size == (51, 51)
    assert analysis.output.is_global
    assert analysis.setting.call == {"train": True}
    assert any("random numbers" in line for line in analysis.setting.assumed)
    assert "called with train=True" in str(analysis)
    assert jaxrf.measure_support(resnet, SHAPE, call={"train": True}).support.mask.all()


def test_a_call_that_says_what_would_be_chosen_is_no_assumption():
    setting = jaxrf.analyze(resnet, SHAPE, call={"train": False}).setting
    assert setting.call == {"train": False}
    assert setting.assumed == ()


def test_a_mode_that_is_written_into_the_model_stays():
    analysis = jaxrf.analyze(training, (1, 9, 9, 3))
    assert analysis.output.is_global
    assert analysis.output.size == (3, 3)
    measured = jaxrf.measure_support(training, (1, 9, 9, 3))
    assert measured.equal
    assert measured.support.mask.all()


@pytest.mark.parametrize(
    "measure",
    [
        lambda **k: jaxrf.measure_erf(resnet, SHAPE, samples=2, **k),
        lambda **k: jaxrf.predict_erf(resnet, SHAPE, draws=1, **k),
        lambda **k: jaxrf.compare(resnet, SHAPE, samples=0, **k).supports[0][1],
        lambda **k: jaxrf.measure_support(resnet, SHAPE, plain=False, **k),
        lambda **k: jaxrf.energy_by_path(resnet, SHAPE, draws=1, **k),
        lambda **k: jaxrf.measure_grid(resnet, SHAPE, samples=1, predict=False, step=4, **k),
        lambda **k: jaxrf.measure_influence(resnet, SHAPE, amplitude=0.5, samples=1, cell=16, **k),
        lambda **k: jaxrf.reproduce_erf(resnet, SHAPE, "luo2016", samples=1, **k).erf,
    ],
    ids="erf predict compare support paths grid influence recipe".split(),
)
def test_every_function_takes_a_call_and_says_it(measure):
    setting = measure(call={"train": False}).setting
    assert setting.call == {"train": False}
    assert setting.assumed == ()
    with pytest.raises(InvalidInput, match="call: got trian, which ResNet does not take; need one"):
        measure(call={"trian": False})


def test_all_sizes_take_a_call_and_say_it():
    sizes = jaxrf.analyze_sizes(resnet, (1, None, None, 3))
    assert not any(axis.answers[0].is_global for axis in sizes.output.axes)
    assert any("train=False" in note for note in sizes.notes)
    sizes = jaxrf.analyze_sizes(resnet, (1, None, None, 3), call={"train": True})
    assert all(axis.answers[0].is_global for axis in sizes.output.axes)


def test_frameworks_that_switch_a_copy_say_so():
    assert jaxrf.analyze(Own(), SHAPE).setting.assumed == (
        "eval(): dropout is off, BatchNorm has its averages",
    )
    assert jaxrf.analyze(Plain(), SHAPE).setting.assumed == ()


def test_equinox_says_its_mode():
    eqx = pytest.importorskip("equinox")
    drop = jaxrf.analyze(eqx.nn.Dropout(0.5), (3, 8, 8))
    assert any("inference_mode()" in line for line in drop.setting.assumed)
    conv = jaxrf.analyze(eqx.nn.Conv2d(3, 1, 3, key=jax.random.key(0)), (3, 8, 8))
    assert conv.setting.assumed == ()


def test_keras_says_its_mode_and_takes_the_other():
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.BatchNormalization()])
    assert jaxrf.analyze(model, (1, 8, 8, 3)).setting.assumed == ("training=False: inference",)
    other = jaxrf.analyze(model, (1, 8, 8, 3), call={"training": True})
    assert other.output.is_global
    assert other.setting.assumed == ()


def test_haiku_says_its_mode_and_takes_the_other():
    hk = pytest.importorskip("haiku")

    def function(x, is_training=True):
        return hk.BatchNorm(True, True, 0.9)(hk.Conv2D(2, 3)(x), is_training)

    model = hk.transform_with_state(function)
    analysis = jaxrf.analyze(model, SHAPE)
    assert not analysis.output.is_global
    assert "is_training=False" in analysis.setting.assumed[0]
    assert jaxrf.analyze(model, SHAPE, call={"is_training": True}).output.is_global


def test_functions_are_called_as_they_are():
    def function(x, train=True, shift=0):
        return x[:, shift:] if train else x[:, ::2]

    assert jaxrf.analyze(function, (1, 8, 1)).output.stride == (1,)
    assert jaxrf.analyze(function, (1, 8, 1), call={"train": False}).output.stride == (2,)
    assert jaxrf.analyze(function, (1, 8, 1), call={"shift": 3}).output.padding == (-3,)
    assert jaxrf.analyze(function, (1, 8, 1)).setting.assumed == ()


@pytest.mark.parametrize(
    ("inputs", "call", "words"),
    [
        (1, {"x": 1}, "call: got x, an input of net; give its shape instead"),
        (1, {"speed": 1}, "call: got speed, which net does not take; need one of y, train"),
        (3, {}, "got 3 shapes, but argument 3 of net is its mode train; need 2"),
        (4, {}, "got 4 shapes, but argument 3 of net is its mode train; need 2"),
    ],
)
def test_calls_that_cannot_be(inputs, call, words):
    with pytest.raises(InvalidInput) as caught:
        resolve_call(lambda x, y=0, train=True: x, call, inputs, "net")
    assert words in str(caught.value)


def test_more_inputs_than_a_function_takes():
    with pytest.raises(InvalidInput, match=r"got 2 shapes, .* takes 1 \(x\)"):
        jaxrf.analyze(lambda x: x, [(1, 8, 1), (1, 8, 1)])
    assert jaxrf.analyze(lambda *xs: xs[0] + xs[1], [(1, 8, 1), (1, 8, 1)]).output.size == (1,)


class Noisy(nn.Module):
    @nn.compact
    def __call__(self, x):
        keep = jax.random.bernoulli(self.make_rng("stream"), 0.5, x.shape)
        return nn.Conv(1, (3,))(x * keep)


def test_a_mask_that_is_drawn_hides_no_dependency():
    """A key is fixed, what it draws is not known: dropout is no architecture."""
    analysis = jaxrf.analyze(Noisy(), (1, 16, 1))
    assert all(analysis.support(at=(u,)).mask.sum() == 3 for u in range(1, 15))


class Guessing(nn.Module):
    """Takes what it is provided with for its mode, as older code does."""

    @nn.compact
    def __call__(self, x):
        train = self.is_mutable_collection("batch_stats") or self.has_rng("dropout")
        x = nn.BatchNorm(use_running_average=not train)(nn.Conv(1, (3,))(x))
        return nn.Dropout(0.5, deterministic=not train)(x)


def test_nothing_is_provided_that_is_not_asked_for():
    analysis = jaxrf.analyze(Guessing(), (1, 16, 1))
    assert not analysis.output.is_global
    assert analysis.setting.assumed == ()
