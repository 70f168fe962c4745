"""Haiku transforms as they are."""

import jax
import jax.numpy as jnp
import pytest

from jaxrf.errors import ModelError
from jaxrf.measure.support import measure_support
from jaxrf.theory.analyze import analyze
from tests.helpers.samemodel import assert_same_output, sizes

hk = pytest.importorskip("haiku")
SHAPE = (1, 32, 32, 3)


class Block(hk.Module):
    def __init__(self, stride, name):
        super().__init__(name=name)
        self.conv = hk.Conv2D(4, 3, stride)
        self.norm = hk.BatchNorm(True, True, 0.9)

    def __call__(self, x, is_training):
        x = jax.nn.relu(self.norm(self.conv(x), is_training))
        return hk.dropout(hk.next_rng_key(), 0.5, x) if is_training else x


def forward(x, is_training):
    for n, stride in enumerate((2, 1, 2)):
        x = Block(stride, f"block{n}")(x, is_training)
    return hk.Conv2D(2, 1, name="head")(x)


NET = hk.transform_with_state(forward)


def test_modules_are_end_points_under_the_names_of_their_parameters():
    # r by eq 2: 3, then + 2 * 2, then + 2 * 2; BatchNorm at inference is elementwise
    analysis = analyze(NET, SHAPE)
    parts = ("", "/~/conv2_d", "/~/batch_norm")
    expected = {f"block{n}{p}": r for n, r in enumerate((3, 7, 11)) for p in parts}
    assert {"head": 11, **expected}.items() <= sizes(analysis).items()
    params, _ = jax.eval_shape(lambda x: NET.init(jax.random.key(0), x, True), jnp.ones(SHAPE))
    assert set(params) <= set(analysis.names)
    assert not analysis.output.is_global


def test_it_computes_what_the_model_computes_at_inference():
    def own(variables, x):
        return NET.apply(*variables, None, x, is_training=False)[0]

    assert_same_output(NET, SHAPE, own)
    assert measure_support(NET, SHAPE, plain=False).equal


def test_batch_statistics_in_training_are_global():
    analysis = analyze(hk.transform_with_state(lambda x: forward(x, True)), SHAPE)
    assert not analysis["block0/~/conv2_d"].is_global
    assert analysis["block0/~/batch_norm"].is_global


def shared(x):
    conv = hk.Conv1D(1, 3)
    return hk.remat(conv)(conv(conv(x)))


@pytest.mark.parametrize("keyed", [True, False])
def test_a_shared_module_is_as_many_end_points_as_calls(keyed):
    model = hk.transform(shared)
    model = model if keyed else hk.without_apply_rng(model)
    analysis = analyze(model, (1, 16, 1))
    assert sizes(analysis) == {"conv1_d": 3, "conv1_d#2": 5, "conv1_d#3": 7}
    assert measure_support(model, (1, 16, 1), endpoint="conv1_d#3").equal


def test_a_model_that_draws_at_inference_gets_a_key():
    def noisy(x):
        return hk.Linear(1)(x) + jax.random.normal(hk.next_rng_key(), x.shape)

    assert analyze(hk.transform(noisy), (1, 8, 1)).output.size == (1,)


def test_several_inputs_have_the_names_of_the_arguments():
    model = hk.transform(lambda image, guide: hk.Conv1D(1, 3)(image) + guide)
    analysis = analyze(model, [(1, 8, 1), (1, 8, 1)])
    assert analysis.inputs == ("image", "guide")
    assert analysis.with_respect_to("guide").output.size == (1,)


def test_a_function_that_is_not_transformed_is_told_so():
    with pytest.raises(ModelError, match="must be initialized inside an `hk.transform`"):
        analyze(lambda x: shared(x), (1, 16, 1))
