"""What masks decide: attention looks where its mask lets it, however the mask is written."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.analysis import analyze
from jaxrf.measure.support import SupportMeter

N = 5
CAUSAL = np.tri(N, dtype=bool)
WINDOW = np.abs(np.arange(N)[:, None] - np.arange(N)) <= 1


def where(scores, mask, value):
    return jnp.where(mask, scores, value)


MASKS = {
    "where, minus infinity": lambda s, mask: where(s, mask, -jnp.inf),
    "where, the smallest number": lambda s, mask: where(s, mask, jnp.finfo(s.dtype).min),
    "where, not": lambda s, mask: jnp.where(~mask, -jnp.inf, s),
    "plus minus infinity": lambda s, mask: s + jnp.where(mask, 0.0, -jnp.inf),
    "plus the smallest number": lambda s, mask: s + jnp.where(
        mask, 0.0, jnp.finfo(jnp.float32).min
    ),
    "plus the smallest bfloat16": lambda s, mask: s.astype("bfloat16") + jnp.where(
        mask, jnp.zeros((), "bfloat16"), jnp.finfo("bfloat16").min
    ),
    "less a huge number": lambda s, mask: s / 2 - jnp.where(mask, 0.0, 1e38),
    "weights times the mask": None,
}  # fmt: skip


def attention(how, mask):
    """Self-attention over [batch, tokens, channels] whose scores are masked ``how``."""

    def f(x):
        scores = jnp.einsum("bqc,bkc->bqk", x, x)
        if how is None:
            return (jax.nn.softmax(scores) * mask.astype(x.dtype)) @ x
        return jax.nn.softmax(how(scores, mask)) @ x

    return f


def pattern(f):
    analysis = analyze(f, (1, N, 2))
    assert analysis.approximate == ()
    return np.stack([analysis.support(at=(n,)).mask for n in range(N)])


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("mask", [CAUSAL, WINDOW], ids=["causal", "window"])
def test_attention_looks_where_its_mask_lets_it(name, mask):
    expected = mask if MASKS[name] is not None else np.ones((N, N), bool)
    # weights that are masked after the softmax were normalised over all tokens
    np.testing.assert_array_equal(pattern(attention(MASKS[name], mask)), expected)


def test_masks_computed_in_the_model_are_known_as_well():
    def causal(x):
        row = jax.lax.broadcasted_iota(int, (N, N), 0)
        column = jax.lax.broadcasted_iota(int, (N, N), 1)
        return attention(MASKS["where, minus infinity"], row >= column)(x)

    np.testing.assert_array_equal(pattern(causal), CAUSAL)


def test_a_mask_of_several_dimensions_that_is_spread_and_transposed():
    def f(x):
        scores = jnp.einsum("bqc,bkc->bkq", x, x)[:, None]  # keys first, one head
        bias = jnp.broadcast_to(jnp.where(CAUSAL.T, 0.0, -jnp.inf)[None, None], scores.shape)
        weights = jax.nn.softmax(scores + bias, 2)
        return jnp.einsum("bhkq,bkc->bhqc", weights, x)[:, 0]

    np.testing.assert_array_equal(pattern(f), CAUSAL)


def test_finite_numbers_decide_nothing():
    for value in (-1e4, 0.0):
        f = attention(lambda s, mask, value=value: where(s, mask, value), CAUSAL)
        assert pattern(f).all()


def test_a_mask_that_the_input_computes_decides_nothing():
    assert pattern(attention(lambda s, mask: where(s, s > 0, -jnp.inf), CAUSAL)).all()


def test_learned_numbers_are_no_mask():
    bias = jnp.asarray(np.where(CAUSAL, 0, -np.inf), jnp.float32)  # captured: a weight
    assert pattern(attention(lambda s, mask: s + bias, CAUSAL)).all()


def test_the_measurement_agrees():
    meter = SupportMeter(analyze(attention(MASKS["where, minus infinity"], CAUSAL), (1, N, 2)))
    for at in range(N):
        measured = meter.measure((at,), plain=at == 2)
        assert measured.equal
        assert np.flatnonzero(measured.support.mask).tolist() == list(range(at + 1))
