"""Equal programs are compiled once in a process: a second call compiles nothing."""

import flax.linen as nn
import jax
import jax.monitoring
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf import zoo
from jaxrf.program import compile_once as kept
from jaxrf.program.compile_once import compile_once
from tests.helpers.slow import some_slow

COMPILED = "/jax/core/compile/backend_compile_duration"
COUNT = {"compilations": 0}


def _hear(event, duration_secs, **details):
    COUNT["compilations"] += event == COMPILED


jax.monitoring.register_event_duration_secs_listener(_hear)


def compilations(work):
    before = COUNT["compilations"]
    work()
    return COUNT["compilations"] - before


class Mixed(nn.Module):
    """A convolution with an initialiser of its own, and a normalisation that is measured."""

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3, 3), kernel_init=nn.initializers.orthogonal())(x)
        x = nn.LayerNorm(reduction_axes=(1, 2, 3))(nn.relu(x))
        x = jax.image.resize(x, (1, 20, 20, 4), "bilinear")
        return nn.Conv(4, (3, 3))(x)


MODELS = {
    "flax": (Mixed, (1, 10, 10, 3)),
    "zoo": (lambda: zoo.load("mobilenet_v1", width=0.1), (1, 33, 33, 3)),
}
CALLS = {
    "analyze": lambda model, shape: jaxrf.analyze(model, shape).support(),
    "measure_erf": lambda model, shape: jaxrf.measure_erf(model, shape, samples=2),
    "measure_support": jaxrf.measure_support,
    "predict_erf": lambda model, shape: jaxrf.predict_erf(model, shape, draws=1),
    "compare": lambda model, shape: jaxrf.compare(model, shape, samples=2),
}


def test_functions_of_different_arguments_are_different_programs():
    """Of two arguments one is ignored: the text of both programs would be the same without it."""
    first, second = compile_once(lambda a, b: 2.5 * a), compile_once(lambda a, b: 2.5 * b)
    one, other = jnp.full(3, 1.0), jnp.full(3, 2.0)
    assert first(one, other).tolist() == [2.5] * 3
    assert second(one, other).tolist() == [5.0] * 3
    assert compile_once(lambda a: 2.5 * a)(other).tolist() == [5.0] * 3


@pytest.mark.parametrize("model", some_slow(MODELS, ["zoo"]))
def test_a_second_call_compiles_nothing(model):
    make, shape = MODELS[model]
    for name, call in CALLS.items():
        call(make(), shape)
        assert compilations(lambda call=call: call(make(), shape)) == 0, name


def test_what_differs_is_compiled_anew():
    x = jnp.arange(3.0)

    def times(factor):
        return compile_once(lambda x: x * factor)

    assert compilations(lambda: times(np.float32(7.5))(x)) == 1
    assert compilations(lambda: times(np.float32(7.5))(x)) == 0
    assert compilations(lambda: times(np.float32(7.25))(x)) == 1
    np.testing.assert_array_equal(times(np.float32(7.25))(x), [0, 7.25, 14.5])


def test_arrays_that_change_between_calls_are_seen():
    weights = {"w": np.ones((3,), np.float32)}
    model = lambda x: x * weights["w"]  # noqa: E731

    def peak():
        return jaxrf.measure_erf(model, (1, 5, 3), samples=2, seed=0).map.max()

    first = peak()
    weights["w"] = 2 * weights["w"]
    assert peak() == pytest.approx(4 * first)


def test_arguments_of_other_shapes_dtypes_and_structures():
    double = compile_once(lambda tree: jax.tree.map(lambda x: 2 * x, tree))
    for tree in (
        {"a": jnp.ones(2)},
        {"a": jnp.ones(3)},
        {"a": jnp.ones(3, jnp.int32), "b": np.ones((), np.float32)},
        [jnp.ones(3)],
        {"a": jnp.ones(2)},
    ):
        found = double(tree)
        assert jax.tree.structure(found) == jax.tree.structure(tree)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(tree), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, 2 * other)


def test_inside_another_function_it_is_traced():
    double = compile_once(lambda x: 2 * x)
    assert jax.eval_shape(double, jnp.ones(3)).shape == (3,)
    np.testing.assert_array_equal(jax.jit(jax.grad(lambda x: double(x).sum()))(jnp.ones(3)), 2)


def test_precisions_are_told_apart():
    more = compile_once(lambda n: n + jnp.asarray(0.5, float))
    assert more(np.int8(1)).dtype == np.float32
    with jax.enable_x64(True):
        assert more(np.int8(1)).dtype == np.float64
    assert more(np.int8(1)).dtype == np.float32


def test_what_the_function_raises_comes_through():
    with pytest.raises(ValueError, match="mine"):
        compile_once(lambda x: (_ for _ in ()).throw(ValueError("mine")))(1.0)


def test_functions_of_callbacks_are_told_apart():
    def called(number):
        shape = jax.ShapeDtypeStruct((), np.float32)
        return compile_once(lambda: jax.pure_callback(lambda: np.float32(number), shape))()

    assert [float(called(n)) for n in (1, 2, 3)] == [1, 2, 3]


def test_only_so_many_programs_are_kept(monkeypatch):
    programs = kept._Kept()
    monkeypatch.setattr(kept, "_KEPT", programs)
    monkeypatch.setattr(kept, "COUNT", 2)
    x = jnp.ones(())
    for n in range(4):
        compile_once(lambda x, n=n: x + n + 0.5)(x)
    assert len(programs.programs) == 2
    monkeypatch.setattr(kept, "BYTES", 1)
    compile_once(lambda x: x + 99.5)(x)
    assert len(programs.programs) == 1
