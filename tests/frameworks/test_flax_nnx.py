"""Flax NNX modules as they are.

Covers: frameworks.reinit.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.measure.support import measure_support
from jaxrf.theory.analyze import analyze
from tests.helpers.samemodel import assert_same_output, sizes

SHAPE = (1, 32, 32, 3)


class Block(nnx.Module):
    def __init__(self, cin, cout, stride, *, rngs):
        self.conv = nnx.Conv(cin, cout, (3, 3), stride, rngs=rngs)
        self.norm = nnx.BatchNorm(cout, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.drop(nnx.relu(self.norm(self.conv(x))))


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.blocks = nnx.List([Block(c, 4, s, rngs=rngs) for c, s in ((3, 2), (4, 1), (4, 2))])
        self.head = nnx.Conv(4, 2, (1, 1), rngs=rngs)

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


@pytest.fixture(scope="module")
def net():
    net = nnx.jit(lambda: Net(rngs=nnx.Rngs(0)))()
    net.blocks[1].norm.mean[...] = jnp.arange(4.0)  # running averages that are not the default
    return net


def test_every_module_is_an_end_point_under_its_path(net):
    # r by eq 2: 3, then + 2 * 2, then + 2 * 2; BatchNorm at inference is elementwise
    analysis = analyze(net, SHAPE)
    parts = ("", "/conv", "/norm", "/drop")
    expected = {f"blocks/{n}{p}": r for n, r in enumerate((3, 7, 11)) for p in parts}
    assert sizes(analysis) == {**expected, "head": 11}
    assert analysis.output.name == "head"
    assert analysis.find("1/conv") == "blocks/1/conv"
    assert not analysis.output.is_global


def test_it_computes_what_the_model_computes_in_evaluation_mode(net):
    evaluated = nnx.view(net, deterministic=True, use_running_average=True)
    assert_same_output(net, SHAPE, lambda variables, x: evaluated(x))


def test_the_model_itself_is_not_touched(net):
    call = Block.__call__
    floating = nnx.Any(nnx.Param, nnx.BatchStat)
    before = jax.tree.map(np.array, nnx.to_pure_dict(nnx.state(net, floating)))
    assert measure_support(net, SHAPE).equal
    after = nnx.to_pure_dict(nnx.state(net, floating))
    jax.tree.map(np.testing.assert_array_equal, before, after)
    assert Block.__call__ is call
    assert not net.blocks[0].norm.use_running_average
    assert not net.blocks[0].drop.deterministic
    assert not nnx.state(net, nnx.Intermediate)


def test_batch_statistics_in_training_are_global():
    class Trains(Net):
        def __call__(self, x):
            x = self.blocks[0].conv(x)
            return self.head(self.blocks[0].norm(x, use_running_average=False))

    trains = nnx.jit(lambda: Trains(rngs=nnx.Rngs(0)))()
    analysis = analyze(trains, SHAPE)
    assert not analysis["blocks/0/conv"].is_global
    assert analysis["blocks/0/norm"].is_global
    assert analysis.support("head", (0, 0)).mask.all()
    assert measure_support(trains, SHAPE, at=(0, 0)).equal


def test_required_arguments_mean_inference():
    class Model(nnx.Module):
        def __init__(self, *, rngs):
            self.conv = nnx.Conv(1, 1, (3,), rngs=rngs)

        def __call__(self, x, train, rngs):
            noise = rngs.dropout  # raises where there are no streams
            assert noise is not None
            return jnp.mean(x, 1, keepdims=True) if train else self.conv(x)

    assert analyze(Model(rngs=nnx.Rngs(0)), (1, 9, 1)).output.size == (3,)


class Shared(nnx.Module):
    """One convolution called four times: twice here, inside ``checkpoint``, and inside ``vmap``."""

    def __init__(self, *, rngs):
        self.conv = nnx.Conv(1, 1, (3,), padding="SAME", rngs=rngs)
        self.same = self.conv

    def __call__(self, x):
        x = self.same(self.conv(x))
        x = jax.checkpoint(lambda x: self.conv(x))(x)
        return jax.vmap(self.conv)(x)


def test_a_shared_module_is_as_many_end_points_as_calls():
    analysis = analyze(Shared(rngs=nnx.Rngs(0)), (2, 16, 1))
    assert sizes(analysis) == {"conv": 3, "conv#2": 5, "conv#3": 7, "conv#4": 9}
    assert analysis.endpoint_shape("conv#4") == (2, 16, 1)  # the batch, not what vmap shows
    assert measure_support(Shared(rngs=nnx.Rngs(0)), (2, 16, 1), endpoint="conv#3").equal


def test_what_a_transformation_rebuilds_is_named_by_its_class():
    class Rematerialised(nnx.Module):
        def __init__(self, *, rngs):
            self.inner = Block(1, 1, 1, rngs=rngs)

        def __call__(self, x):
            return nnx.remat(lambda block, x: block(x))(self.inner, x)

    analysis = analyze(Rematerialised(rngs=nnx.Rngs(0)), (1, 9, 9, 1))
    assert set(analysis.names) >= {"Block/conv", "Block/norm", "Block/drop"}
    assert analysis.output.size == (3, 3)


def test_tables_of_indices_are_known():
    class Reversed(nnx.Module):
        def __init__(self, *, rngs):
            self.order = nnx.Variable(jnp.arange(8)[::-1])
            self.conv = nnx.Conv(1, 1, (1,), rngs=rngs)

        def __call__(self, x):
            return self.conv(x[:, self.order[...]])

    analysis = analyze(Reversed(rngs=nnx.Rngs(0)), (1, 8, 1))
    assert not analysis.approximate
    assert list(np.flatnonzero(analysis.support(at=(1,)).mask)) == [6]


def test_an_abstract_model_has_a_theory_but_nothing_to_measure():
    class Huge(nnx.Module):
        def __init__(self, *, rngs):
            self.one = nnx.Linear(3, 1 << 16, rngs=rngs)
            self.two = nnx.Linear(1 << 16, 1 << 16, rngs=rngs)  # 16 GiB of weights

        def __call__(self, x):
            return self.two(self.one(x))

    huge = nnx.eval_shape(lambda: Huge(rngs=nnx.Rngs(0)))
    assert sizes(analyze(huge, (1, 8, 8, 3))) == {"one": 1, "two": 1}
    small = nnx.eval_shape(lambda: Net(rngs=nnx.Rngs(0)))
    assert measure_support(small, SHAPE, plain=False).equal
    with pytest.raises(InvalidInput, match="model Net: got abstract weights, need arrays"):
        measure_support(small, SHAPE)


def test_several_inputs_have_the_names_of_the_arguments():
    class Two(nnx.Module):
        def __init__(self, *, rngs):
            self.conv = nnx.Conv(1, 1, (3,), rngs=rngs)

        def __call__(self, image, guide):
            return self.conv(image) + guide

    analysis = analyze(Two(rngs=nnx.Rngs(0)), [(1, 8, 1), (1, 8, 1)])
    assert analysis.inputs == ("image", "guide")
    assert analysis.output.size == (3,)
    assert analysis.with_respect_to("guide").output.size == (1,)


def test_a_module_that_raises_leaves_its_classes_as_they_were():
    class Broken(Net):
        def __call__(self, x):
            raise RuntimeError("first line\nsecond line")

    call = Broken.__call__
    told = r"Broken.*the model raised RuntimeError: first line \(at .*:\d+\)$"
    with pytest.raises(ModelError, match=told):
        analyze(Broken(rngs=nnx.Rngs(0)), SHAPE)
    assert Broken.__call__ is call
