"""Equinox modules as they are: one example, channels first."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.measure.support import measure_support
from jaxrf.theory.analyze import analyze
from tests.helpers.samemodel import assert_same_output, sizes

eqx = pytest.importorskip("equinox")
SHAPE = (3, 32, 32)


class Block(eqx.Module):
    conv: eqx.nn.Conv2d
    drop: eqx.nn.Dropout

    def __init__(self, cin, stride, *, key):
        self.conv = eqx.nn.Conv2d(cin, 4, 3, stride, padding="SAME", key=key)
        self.drop = eqx.nn.Dropout(0.5)

    def __call__(self, x, *, key):
        return self.drop(jax.nn.relu(self.conv(x)), key=key)


class Net(eqx.Module):
    blocks: list[Block]
    norm: eqx.nn.BatchNorm
    head: eqx.nn.Sequential

    def __init__(self, *, key):
        keys = jr.split(key, 4)
        strides = ((3, 2), (4, 1), (4, 2))
        self.blocks = [Block(*c, key=k) for c, k in zip(strides, keys, strict=False)]
        self.norm = eqx.nn.BatchNorm(4, "batch", mode="batch")
        self.head = eqx.nn.Sequential(
            [eqx.nn.Conv2d(4, 2, 1, key=keys[3]), eqx.nn.Lambda(jnp.tanh)]
        )

    def __call__(self, x, state, key):
        for block, k in zip(self.blocks, jr.split(key, 3), strict=True):
            x = block(x, key=k)
        x, state = self.norm(x, state)
        return self.head(x), state


@pytest.fixture(scope="module")
def net():
    return eqx.filter_jit(eqx.nn.make_with_state(Net))(key=jr.key(0))


def test_every_module_is_an_end_point_under_its_attributes(net):
    # r by eq 2: 3, then + 2 * 2, then + 2 * 2
    analysis = analyze(net, SHAPE)
    parts = ("", ".conv", ".drop")
    expected = {f"blocks.{n}{p}": r for n, r in enumerate((3, 7, 11)) for p in parts}
    head = dict.fromkeys(("norm", "head.layers.0", "head.layers.1", "head"), 11)
    assert sizes(analysis) == {**expected, **head}
    assert analysis.spatial_axes == (1, 2)
    assert analysis.find("1.conv") == "blocks.1.conv"
    assert not analysis.output.is_global


def test_it_computes_what_the_model_computes_at_inference(net):
    module, state = eqx.nn.inference_mode(net)
    assert_same_output(net, SHAPE, lambda variables, x: module(x, state, jr.key(0))[0])


def test_the_module_itself_is_not_touched(net):
    call, module = Block.__call__, net[0]
    assert measure_support(net, SHAPE).equal
    assert Block.__call__ is call
    assert not module.norm.inference
    assert not module.blocks[0].drop.inference


def test_a_module_with_state_is_passed_with_it(net):
    with pytest.raises(InvalidInput, match="Net without its state, need .module, state. as eqx"):
        analyze(net[0], SHAPE)


def test_batch_statistics_in_training_are_global():
    def one(x):
        return norm(x, state, inference=False)[0]

    norm, state = eqx.nn.make_with_state(eqx.nn.BatchNorm)(3, "batch", mode="batch")
    assert not analyze((norm, state), (3, 8, 8)).output.is_global
    training = jax.vmap(one, axis_name="batch")
    assert analyze(training, (2, 3, 8, 8), spatial_axes=(2, 3)).output.is_global
    # Equinox marks a state that was used; a stale one is told as any mistake of a model's
    with pytest.raises(ModelError, match="the model raised ValueError: Attempted to use old state"):
        analyze((norm, state), (3, 8, 8))


def test_layers_of_vectors_are_named_inside_vmap():
    class Model(eqx.Module):
        norm: eqx.nn.LayerNorm
        conv: eqx.nn.Conv1d

        def __call__(self, x):
            x = self.conv(jax.vmap(self.norm, 1, 1)(x))
            return eqx.filter_checkpoint(self.conv)(self.conv(x))

    model = Model(eqx.nn.LayerNorm(2), eqx.nn.Conv1d(2, 2, 3, key=jr.key(0)))
    analysis = analyze(model, (2, 16))
    # What filter_checkpoint rebuilds is named by its class; the rest as often as it is called
    assert sizes(analysis) == {"norm": 1, "conv": 3, "conv#2": 5, "Conv1d": 7}
    assert sorted(analysis.endpoint_shape("norm")) == [2, 16]  # all pixels, not what vmap shows
    assert measure_support(model, (2, 16), endpoint="conv#2").equal


def test_tables_of_indices_are_known():
    class Reversed(eqx.Module):
        order: jax.Array

        def __call__(self, x):
            return x[:, self.order]

    analysis = analyze(Reversed(jnp.arange(8)[::-1]), (1, 8))
    assert not analysis.approximate
    assert list(np.flatnonzero(analysis.support(at=(1,)).mask)) == [6]


def test_an_abstract_module_has_a_theory_but_nothing_to_measure():
    abstract = eqx.filter_eval_shape(eqx.nn.make_with_state(Net), key=jr.key(0))
    assert analyze(abstract, SHAPE).output.size == (11, 11)
    assert measure_support(abstract, SHAPE, plain=False).equal
    with pytest.raises(InvalidInput, match="model Net: got abstract weights, need arrays"):
        measure_support(abstract, SHAPE)


def test_several_inputs_have_the_names_of_the_arguments():
    class Two(eqx.Module):
        conv: eqx.nn.Conv1d

        def __call__(self, sound, guide, *, key=None):
            return self.conv(sound) + guide[:, 1:-1]

    model = Two(eqx.nn.Conv1d(1, 1, 3, key=jr.key(0)))
    analysis = analyze(model, [(1, 8), (1, 8)])
    assert analysis.inputs == ("sound", "guide")
    assert analysis.with_respect_to("guide").output.size == (1,)


def test_what_cannot_be_called_is_told():
    class Holder(eqx.Module):
        weight: jax.Array

    with pytest.raises(InvalidInput, match="the Equinox module Holder, need one with __call__"):
        analyze(Holder(jnp.ones(3)), SHAPE)


def test_a_module_that_raises_is_told_in_one_line():
    class Broken(eqx.Module):
        def __call__(self, x):
            raise RuntimeError("first line\nsecond line")

    told = r"Broken.*the model raised RuntimeError: first line \(at .*:\d+\)$"
    with pytest.raises(ModelError, match=told):
        analyze(Broken(), SHAPE)
