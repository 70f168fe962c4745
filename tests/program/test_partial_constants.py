"""What masks decide: attention looks where its mask lets it, however the mask is written.

Covers: program.magnitude, program.signs.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.observed import Observer
from jaxrf.measure.support import SupportMeter
from jaxrf.program.partial_constants import partial_constant
from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.support import solve_support
from tests.helpers.oracle import perturbation_pattern
from tests.helpers.randompartial import N as RANDOM
from tests.helpers.randompartial import draw, truth

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
    bias = jnp.asarray(np.where(CAUSAL, 0.3, -np.inf), jnp.float32)  # captured: a weight
    assert pattern(attention(lambda s, mask: s + bias, CAUSAL)).all()


def test_zeros_and_infinite_numbers_alone_are_a_mask():
    mask = jnp.asarray(np.where(CAUSAL, 0, -np.inf), jnp.float32)  # captured, and never learned
    assert (pattern(attention(lambda s, _: s + mask, CAUSAL)) == CAUSAL).all()


def test_the_measurement_agrees():
    meter = SupportMeter(analyze(attention(MASKS["where, minus infinity"], CAUSAL), (1, N, 2)))
    for at in range(N):
        measured = meter.measure((at,), plain=at == 2)
        assert measured.equal
        assert np.flatnonzero(measured.support.mask).tolist() == list(range(at + 1))


@pytest.mark.parametrize("value", [-jnp.inf, "min", -1e30])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_causal_softmax_is_causal_in_any_precision(dtype, value):
    fill = jnp.finfo(dtype).min if value == "min" else value

    def f(x):
        scores = jnp.einsum("bqc,bkc->bqk", x, x).astype(dtype) / 8
        masked = jnp.where(CAUSAL, scores, jnp.asarray(fill, dtype))
        return jax.nn.softmax(masked / 8).astype(x.dtype) @ x

    np.testing.assert_array_equal(pattern(f), CAUSAL)
    meter = SupportMeter(analyze(f, (1, N, 2)))
    assert all(meter.measure((at,), plain=False).equal for at in (0, 2))


def test_the_smallest_float16_is_within_reach_of_activations():
    def f(x):
        scores = jnp.einsum("bqc,bkc->bqk", x, x).astype("float16")
        masked = jnp.where(CAUSAL, scores, jnp.finfo("float16").min)
        return jax.nn.softmax(masked).astype(x.dtype) @ x

    assert pattern(f).all()


def test_rows_that_the_input_may_fill_whole_are_uniform_over_all():
    def f(x):  # with every score of a row filled, the softmax is uniform, the future included
        scores = jnp.einsum("bqc,bkc->bqk", x, x)
        seen = CAUSAL & (x.sum(-1)[:, None] > 0)
        return jax.nn.softmax(jnp.where(seen, scores, -1e30)) @ x

    assert pattern(f).all()
    truth = perturbation_pattern(lambda x: f(x)[0, 0, 0], (1, N, 2))
    assert truth.any((0, 2)).all()


def test_a_learned_bias_does_not_hide_the_mask():
    table = jnp.asarray(np.random.default_rng(0).normal(size=2 * N), jnp.float32)
    distance = np.arange(N)[:, None] - np.arange(N) + N

    def f(x):
        bias = jnp.where(CAUSAL, 0.0, jnp.finfo(x.dtype).min) + table[distance]
        return jax.nn.softmax(jnp.einsum("bqc,bkc->bqk", x, x) + bias) @ x

    np.testing.assert_array_equal(pattern(f), CAUSAL)
    measured = SupportMeter(analyze(f, (1, N, 2))).measure((1,), plain=False)
    assert measured.equal


def scores(x):
    return jnp.einsum("bqc,bkc->bqk", x, x)


READS_ALL = {
    "a finite number is finite": lambda x: (
        jnp.isfinite(jnp.where(CAUSAL, scores(x), jnp.finfo(x.dtype).min)).astype(x.dtype) @ x
    ),
    "the logarithm of a large number": lambda x: (
        (1 / jnp.log(jnp.where(CAUSAL, abs(scores(x)), 1e30) + 3)) @ x
    ),
    "not false is true": lambda x: (
        (1.0 + (~jnp.where(CAUSAL, scores(x) > 0, False)).astype(x.dtype)) @ x
    ),
    "small integers wrap around": lambda x: (
        (jnp.where(CAUSAL, scores(x).astype("uint8"), jnp.uint8(0)) - jnp.uint8(1)).astype(x.dtype)
        @ x
    ),
    "one over the smallest number": lambda x: (
        (1 / jnp.where(CAUSAL, scores(x), jnp.finfo(x.dtype).min)) @ x
    ),
    "integers are divided as such": lambda x: (
        (2.0 * (jnp.where(CAUSAL, scores(x).astype(int), 3) // 2).astype(x.dtype) - 3) @ x
    ),
    "a scale that is zero today": lambda x: (np.float32(0) * scores(x)) @ x,
}


@pytest.mark.parametrize("name", READS_ALL)
def test_what_the_arithmetic_does_not_make_zero_is_read(name):
    assert pattern(READS_ALL[name]).all()


@pytest.mark.parametrize("move", ["F", "dimensions"])
def test_reshapes_that_reorder(move):
    weights = jnp.asarray(np.random.default_rng(1).normal(size=(N, N)), jnp.float32)

    def f(x):
        lower = weights * CAUSAL
        if move == "F":
            turned = lower.ravel(order="F").reshape(N, N)
        else:
            turned = jax.lax.reshape(lower, (N, N), (1, 0))
        return turned @ x

    np.testing.assert_array_equal(pattern(f), CAUSAL.T)


# Masks whose values follow from the code: two of their elements decide what they are combined with.
DECIDING = {
    ("or", "int32"): -1,
    ("or", "uint8"): 255,
    ("and", "int32"): 0,
    ("mul", "int32"): 0,
    ("mul", "float32"): 0,
    ("max", "int8"): 127,
    ("min", "int8"): -128,
    ("max", "float16"): np.inf,
    ("add", "float32"): -1e30,
    ("div", "float32"): np.inf,
}
UNDECIDED = {("div", "int32"): 0, ("div", "uint8"): 0, ("rem", "int32"): 0, ("xor", "int32"): -1}
FUNCTIONS = {"or": jax.lax.bitwise_or, "and": jax.lax.bitwise_and, "xor": jax.lax.bitwise_xor}


@pytest.mark.parametrize(("name", "dtype"), [*DECIDING, *UNDECIDED])
def test_theory_and_measurement_agree_on_what_a_mask_decides(name, dtype):
    function = FUNCTIONS.get(name) or getattr(jax.lax, name)
    value = {**DECIDING, **UNDECIDED}[name, dtype]
    where = np.arange(N) % 3 == 0

    def f(x):
        return function(x, jnp.where(where, value, 1).astype(dtype))

    program = trace(f, (N,), dtype=dtype).program
    theory, observed = (
        partial_constant(program, program.outputs[0]),
        Observer(program).known_elements(program.outputs[0]),
    )
    if (name, dtype) in UNDECIDED:
        assert theory is None
        assert observed is None
    else:
        np.testing.assert_array_equal(theory.mask, where)
        np.testing.assert_array_equal(observed.known, where)


@pytest.mark.parametrize("function", [jax.lax.bitwise_or, jax.lax.div, jnp.floor_divide])
def test_comparing_agrees_where_whole_numbers_meet_a_mask(function):
    mask = np.array([0, 1, 0, 1, 1, 0, 0, 1])[None, :, None]

    def f(x):
        return function(x, -jnp.asarray(mask, x.dtype))

    meter = SupportMeter(analyze(f, (1, 8, 1), dtype="int32"))
    assert all(meter.measure((n,)).equal for n in range(8))


def test_known_elements_follow_slices_and_reversals():
    def f(x):
        masked = jnp.where(CAUSAL, scores(x), 0)
        return (masked[:, ::-1][:, :, :-1]) @ x[:, 1:]

    expected = np.zeros((N, N), bool)
    expected[:, 1:] = CAUSAL[::-1, :-1]
    weights_read = pattern(f)
    assert not (expected & ~weights_read).any()
    assert not weights_read[-1, 2:].any()  # the first row, last: it sees itself and its neighbour


def test_long_recurrences_do_not_run_out_of_stack():
    def f(x):
        def step(state, u):
            return 0.9 * state + u, None

        last, _ = jax.lax.scan(step, jnp.zeros(x[:, 0].shape), x.swapaxes(0, 1))
        return last @ last.T

    analysis = analyze(f, (1, 1200, 2), spatial_axes=(1,))
    assert analysis.approximate == ()


@pytest.mark.parametrize("seed", range(12))
def test_random_arithmetic_misses_nothing(seed):
    assert not missed(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 6000, 250))
def test_random_arithmetic_misses_nothing_at_length(first):
    assert [seed for seed in range(first, first + 250) if missed(seed, draws=12)] == []


def missed(seed: int, draws: int = 8) -> bool:
    """Whether perturbation finds a dependency that theory does not have."""
    f, _ = draw(seed)
    traced = trace(f, (RANDOM, RANDOM))
    node = graph_of(traced).node_of.get(traced.endpoints[traced.output])
    found = truth(f, seed, draws=draws)
    for at in np.ndindex(RANDOM, RANDOM):
        wanted = np.zeros((RANDOM, RANDOM), bool)
        wanted[at] = True
        seen = node is not None and solve_support(graph_of(traced).graph, node, wanted).ravel()
        if (found[at] & ~np.asarray(seen)).any():
            return True
    return False


ROUNDED = {
    "floor": lambda m: jnp.floor(m / 41.0 * 41.0),
    "a comparison": lambda m: m / 41.0 * 41.0 < 41.0,
    "whole numbers": lambda m: (m / 41.0 * 41.0).astype(int),
    "floor of what was moved": lambda m: jnp.floor((m / 41.0).T[::-1] * 41.0),
    "floor of what was chosen": lambda m: jnp.floor(jnp.where(CAUSAL, 2.0, m / 41.0) * 41.0),
}


def known(f):
    """Which elements of the output are known, over [tokens, tokens]."""
    program = trace(f, (N, N)).program
    part = partial_constant(program, program.outputs[0])
    return np.zeros((N, N), bool) if part is None else np.broadcast_to(part.mask, (N, N))


@pytest.mark.parametrize("name", ROUNDED)
def test_last_digits_that_decide_are_not_known(name):
    """41 / 41 * 41 is 41 as it is written and a little less as XLA computes it."""
    found = known(lambda x: ROUNDED[name](jnp.where(CAUSAL, x, 41.0)))
    np.testing.assert_array_equal(found, CAUSAL if "chosen" in name else np.zeros((N, N), bool))


def test_last_digits_that_decide_nothing_hide_nothing():
    away = known(lambda x: jnp.floor(jnp.where(CAUSAL, x, 41.0) / 41.0 * 41.0 + 0.5))
    exact = known(lambda x: jnp.floor(jnp.where(CAUSAL, x, 41.0) / 2.0))
    masks = known(lambda x: jnp.where(CAUSAL, x, -1e30) / 3.0 > -1e28)
    for found in (away, exact, masks):
        np.testing.assert_array_equal(found, ~CAUSAL)


def test_contractions_of_large_numbers_are_large():
    """Scores that the input fills, mixed by weights before a causal mask is added to them."""
    mix = jnp.asarray(np.random.default_rng(0).normal(size=(N, N)), jnp.float32)

    def scores(x, fill):
        return jnp.where(x > 0, 0.5, fill) @ mix + jnp.where(CAUSAL, 0.0, -1e30)

    assert not known(lambda x: scores(x, 1e30)).any()
    np.testing.assert_array_equal(known(lambda x: scores(x, 2.0)), ~CAUSAL)


def test_scales_in_few_digits_are_compared_without_a_warning(recwarn):
    known(lambda x: (x + jnp.where(CAUSAL, 0, -jnp.inf)).astype("float16") * jnp.float16(0.5) + x)
    filled = lambda x: jnp.where(x > 0, -jnp.inf, x).astype("float16")  # noqa: E731
    mask = jnp.where(CAUSAL, jnp.float16(0), jnp.float16(-np.inf))
    np.testing.assert_array_equal(
        known(lambda x: jnp.maximum(filled(x) * jnp.float16(0.5), jnp.finfo("float16").min) + mask),
        ~CAUSAL,
    )
    assert not [w for w in recwarn if "overflow" in str(w.message)]


def test_sums_of_zeros_have_no_sign_that_is_told():
    def f(x):
        y = x + (x * jnp.where(jnp.arange(N) < 2, 1.0, 0.0)).sum()
        return jnp.where(jnp.signbit(y), 0.0, y)

    assert analyze(lambda x: f(x[0, :, 0])[None, :, None], (1, N, 1)).support(
        at=(4,)
    ).mask.tolist() == [True, True, False, False, True]
