"""What is drawn in blocks is what the compiled initialiser draws, to the bit.

Covers: program.drawing.chain
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import initializers as made

import jaxrf
from jaxrf import zoo
from jaxrf.program.drawing import chain
from jaxrf.program.drawing.bits import BLOCK
from jaxrf.program.drawing.initializer import Initializer
from jaxrf.program.trace import trace
from tests.helpers.slow import some_slow

FAMILIES = (  # the whole initialiser of a deep network takes minutes to compile
    *("mobilenet_v1", "alexnet_v2", "vgg_16", "resnet_v1_50", "resnet_v2_50"),
    *("inception_v2", "inception_v3", "inception_v4", "inception_resnet_v2"),
)


def init_of(model, shape):
    return trace(model, shape).network.init


def assert_same(init, keys=(0, 5), *, others=0):
    """Draw both ways; ``others`` leaves are no chain of random bits."""
    drawing, whole = Initializer(init), jax.jit(init)
    for seed in keys:
        key = jax.random.key(seed)
        found, expected = drawing(key), whole(key)
        assert jax.tree.structure(found) == jax.tree.structure(expected)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            assert (one.dtype, one.weak_type, one.sharding) == (
                other.dtype,
                other.weak_type,
                other.sharding,
            )
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
    (plan,) = drawing._plans.values()
    assert len(plan.others) == others
    return plan


@pytest.mark.parametrize("name", some_slow(FAMILIES, FAMILIES[1:]))
def test_networks_of_the_zoo(name):
    network = zoo.load(name, width=0.125)
    plan = assert_same(init_of(network, zoo.input_shape(name)), keys=[3])
    assert len({leaf.chain for leaf in plan.drawn.values()}) == 1  # one compilation for all


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet_v1_50", "inception_v3"])
def test_networks_of_the_zoo_at_full_width(name):
    assert_same(init_of(zoo.load(name), zoo.input_shape(name)), keys=[3])


class Several(nn.Module):
    """One layer per initialiser of Flax."""

    @nn.compact
    def __call__(self, x):
        for init in (
            made.lecun_normal(),
            made.he_uniform(),
            made.xavier_normal(),
            made.normal(0.02),
            made.uniform(0.1),
            made.truncated_normal(0.3),
            made.constant(0.5),
            made.ones,
            made.orthogonal(),
        ):
            x = nn.Conv(7, (3, 3), kernel_init=init, bias_init=made.normal(1.0))(x)
        x = nn.Conv(9, (3, 3), kernel_init=made.delta_orthogonal())(x)
        x = nn.Conv(6, (1, 1), param_dtype=jnp.bfloat16)(x)
        x = nn.BatchNorm(use_running_average=True)(x)
        return nn.Dense(3)(x) * self.param("scale", made.normal(1.0), ())


def test_all_initialisers_of_flax():
    # orthogonal matrices are no chain, nor is the single number of 16 bits, if any
    plan = assert_same(init_of(Several(), (1, 8, 8, 3)), others=2)
    assert len({leaf.chain for leaf in plan.drawn.values()}) > 4


def test_a_leaf_of_several_blocks_and_of_exactly_one():
    def init(key):
        one, other = jax.random.split(key)
        return jax.random.normal(one, (BLOCK,)), jax.random.normal(other, (BLOCK * 2 + 1, 1))

    assert_same(init)


def test_what_is_no_chain_is_compiled():
    def init(key):
        keys = jax.random.split(key, 5)
        drawn = jax.random.normal(keys[0], (4, 6))
        return {
            "chain": drawn,
            "transposed": drawn.T,
            "sum": drawn + jax.random.normal(keys[1], (4, 6)),
            "of its mean": drawn - drawn.mean(),
            "by row": jax.random.uniform(keys[2], (4, 6)) * jnp.arange(6.0),
            "shuffled": jax.random.permutation(keys[3], 6),
            "whole numbers": jax.random.randint(keys[4], (5,), 0, 9),
        }

    plan = assert_same(init, others=6)
    assert list(plan.drawn) == [1]  # leaves by name: "by row", "chain", ...


def test_factors_that_the_compiler_may_merge_stay_in_the_chain():
    # sqrt(2) erf_inv(u) times a number: a compiler multiplies both constants beforehand
    plan = assert_same(lambda key: [jax.random.normal(key, (9, 9)) * s for s in (0.1, 0.3)])
    assert all(leaf.factor is None for leaf in plan.drawn.values())


def test_other_generators_and_settings_are_compiled_as_a_whole():
    def init(key):
        return jax.random.normal(key, (4,))

    rbg = jax.random.key(0, impl="rbg")
    drawing = Initializer(init)
    np.testing.assert_array_equal(drawing(rbg), jax.jit(init)(rbg))
    assert list(drawing._plans.values()) == [None]
    with jax.threefry_partitionable(False):
        expected = jax.jit(init)(jax.random.key(0))
        np.testing.assert_array_equal(Initializer(init)(jax.random.key(0)), expected)
    assert not np.array_equal(expected, Initializer(init)(jax.random.key(0)))


def test_keys_from_floating_point_numbers_are_compiled_as_a_whole():
    def init(key):
        number = (jax.random.uniform(key, ()) * 1000).astype(jnp.uint32)
        return jax.random.normal(jax.random.fold_in(key, number), (4,))

    drawing, key = Initializer(init), jax.random.key(0)
    np.testing.assert_array_equal(drawing(key), jax.jit(init)(key))
    assert list(drawing._plans.values()) == [None]


def test_an_initialiser_is_traced_inside_another_function():
    init = init_of(zoo.load("alexnet_v2", width=0.1), (1, 259, 259, 3))
    shapes = jax.eval_shape(Initializer(init), jax.random.key(0))
    assert jax.tree.structure(shapes) == jax.tree.structure(jax.eval_shape(init, jax.random.key(0)))


def test_models_of_one_kind_share_their_chain(monkeypatch):
    chain.kernel.cache_clear()
    for features in (3, 40):
        analysis = jaxrf.analyze(nn.Conv(features, (3, 3)), (1, 8, 8, 2))
        analysis.traced.draw(jax.random.key(0))
    assert chain.kernel.cache_info().misses == 1
