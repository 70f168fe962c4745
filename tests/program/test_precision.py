"""The plain gradient is that of the model as traced: in float64 only where it is the same."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.measure.support import measure_support
from jaxrf.program.precision import working_dtype
from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze
from tests.helpers.toynets import attention, conv, unet

SHAPE = (1, 10, 2)
PICKED = np.array([0, 3, 6, 9])
KERNEL = jnp.ones((3, 2, 2), jnp.float32)


def learned(x):
    """A convolution by a captured float32 kernel."""
    return lax.conv_general_dilated(
        x, KERNEL, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
    )


def warped(x):
    """Rows 0, 3, 6, 9 in float32; 0, 2, 5, 8 in float64, as numpy has it."""
    return x[:, jnp.floor(jnp.arange(4) * 0.3 / 0.1).astype(int)]


def masked(x):
    """A mask by the same places."""
    places = jnp.floor(jnp.arange(4) * 0.3 / 0.1)
    return (jnp.arange(10)[None] == places[:, None]).astype(x.dtype) @ x


def state(x):
    """A state that starts as zeros of the default precision."""
    state = jnp.zeros(SHAPE)
    for _ in range(2):
        state = jnp.tanh(learned(state) + learned(x))
    return state


def kept(x):
    ref = jax.new_ref(jnp.zeros(SHAPE))
    ref[...] = learned(x)
    return ref[...]


def written(x):
    """Starts of several integer types, which are one in 32 bits."""
    start = (0, jnp.argmax(x[0, :, 0]), np.int32(0))
    return lax.dynamic_update_slice(x, x[:, :2] * 2, start)


def picked(x):
    return x[:, PICKED]


def in_a_loop(x):
    return lax.scan(lambda c, _: (c, picked(x)), None, None, length=2)[1][0]


AS_TRACED = {
    "a warp": warped,
    "a mask": masked,
    "a state of zeros": state,
    "a reference to zeros": kept,
    "starts of several types": written,
    "jit": jax.jit(picked),
    "jit inside": lambda x: jax.jit(picked)(x),
    "checkpoint": jax.checkpoint(picked),
    "scan": in_a_loop,
}
IN_FLOAT64 = {
    "convolution": conv,
    "unet": unet,
    "attention": attention,
    "resize": lambda x: jax.image.resize(x, (1, 37, 2), "linear"),
    "layers": nn.Sequential([nn.Conv(2, (3,)), nn.LayerNorm(), nn.gelu, nn.Conv(2, (3,))]),
    "a causal mask": lambda x: jnp.where(
        jnp.tril(jnp.ones((10, 10), bool)), x @ x.swapaxes(1, 2), jnp.finfo(x.dtype).min
    ),
}


@pytest.mark.parametrize("f", AS_TRACED.values(), ids=AS_TRACED)
def test_what_is_not_the_same_in_float64_is_measured_as_it_was_traced(f):
    assert working_dtype(trace(f, SHAPE), "output") is None
    felt = []
    for at in (1, 3):
        measured = measure_support(f, SHAPE, at=(at,))
        assert measured.equal
        assert measured.unmeasured is None
        felt.append(measured.plain.mask.any())
    assert any(felt)  # not everywhere: tanh may saturate in float32


@pytest.mark.parametrize("f", IN_FLOAT64.values(), ids=IN_FLOAT64)
def test_what_is_the_same_is_measured_in_float64(f):
    analysis = analyze(f, (1, 44, 2) if f is unet else SHAPE)
    assert working_dtype(analysis.traced, analysis.names[-1]) == jnp.float64


def test_the_places_are_those_of_the_model():
    measured = measure_support(warped, SHAPE, at=(1,))
    assert np.flatnonzero(measured.plain.mask).tolist() == [3]


def pooled(x):
    """Dense pooling, whose window is dilated: JAX has no derivative of it."""
    return lax.reduce_window(
        x, -jnp.inf, lax.max, (1, 3, 1), (1, 1, 1), "VALID", window_dilation=(1, 2, 1)
    )


def test_a_model_without_a_gradient_is_measured_by_its_linearisation():
    measured = measure_support(pooled, SHAPE, at=(2,))
    assert np.flatnonzero(measured.support.mask).tolist() == [2, 4, 6]
    assert measured.equal
    assert measured.plain is None
    assert "differentiating pooled" in measured.unmeasured
    assert "window dilation" in measured.unmeasured
    assert measured.to_dict()["unmeasured"] == measured.unmeasured
    assert measure_support(pooled, SHAPE, plain=False).unmeasured is None
