"""The measurement finds known values by itself: where theory is wrong, the two disagree.

Covers: measure.observed.fillings, measure.observed.static_values.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.observed import Observer
from jaxrf.measure.observed.fillings import FILLINGS, filling
from jaxrf.measure.support import SupportMeter, measure_support
from jaxrf.program import folded_operands
from jaxrf.program import partial_constants as theory
from jaxrf.program.constants import ConstantFolding
from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze

N = 5
CAUSAL = np.tri(N, dtype=bool)
WEIGHTS = np.random.default_rng(0).normal(size=(N, N)).astype(np.float32)


def attention(x):
    scores = jnp.einsum("bqc,bkc->bqk", x, x)
    return jax.nn.softmax(jnp.where(CAUSAL, scores, -jnp.inf)) @ x


def lying(real):
    """Known elements as they are, each of them taken as zero, and the first one always known."""

    def lie(program, number):
        found = real(program, number)
        if found is None or found.values.ndim < 2:
            return found
        mask = found.mask | (np.indices(found.values.shape).sum(0) == 0)
        return theory.PartialConstant(
            mask, np.where(mask, 0, found.values).astype(found.values.dtype)
        )

    return lie


def mixed(x):
    """Learned weights below a mask, beside a reversal and a selection."""
    weights = jnp.asarray(WEIGHTS) * CAUSAL
    return (weights @ x)[:, jnp.arange(N)[::-1]] + x * (jnp.arange(N) > 2)[:, None]


def test_zeros_that_theory_makes_up_are_missing(monkeypatch):
    assert measure_support(mixed, (1, N, 2), at=(4,), plain=False).equal
    monkeypatch.setattr(folded_operands, "partial_constant", lying(theory.partial_constant))
    measured = measure_support(mixed, (1, N, 2), at=(4,), plain=False)
    assert measured.missing == 1
    assert not measured.equal


def test_values_that_theory_makes_up_are_missing(monkeypatch):
    def wrong(self, number):
        found = real(self, number)
        if found is None or found[1].dtype != np.float32:
            return found
        return found[0], np.zeros_like(found[1])

    real = ConstantFolding.fact
    assert measure_support(mixed, (1, N, 1), at=(4,), plain=False).equal
    monkeypatch.setattr(ConstantFolding, "fact", wrong)
    measured = measure_support(mixed, (1, N, 1), at=(4,), plain=False)
    assert measured.missing > 0


def test_attention_is_measured_without_theory(monkeypatch):
    monkeypatch.setattr(theory, "_alone", lambda *_: None)  # theory does not see through the mask
    measured = measure_support(attention, (1, N, 2), at=(1,), plain=False)
    assert np.flatnonzero(measured.support.mask).tolist() == [0, 1]
    assert measured.excess == N - 2


@pytest.mark.parametrize("dtype", "bool uint8 int8 int32 float16 bfloat16 float32 float64".split())
def test_fillings_keep_nothing_as_it_is(dtype):
    with jax.enable_x64(True):
        dtype, bools = jnp.dtype(dtype), dtype == "bool"
        rows = [[filling(d, n, dtype) for d in range(FILLINGS)] for n in range(3)]
        for row in rows:
            assert all(value.dtype == dtype and value.shape == () for value in row)
            assert len({float(v) for v in row}) >= (2 if bools else FILLINGS - 1)
            assert np.isfinite(np.asarray(row).astype(float)).all()
        if bools:
            assert len(set(zip(*[map(bool, row) for row in rows], strict=True))) == FILLINGS


def test_what_only_weights_and_inputs_make_is_never_run():
    weights = jnp.ones((3, 4, 4))

    def f(x):
        kernel = weights / jnp.sqrt(jnp.mean(weights**2))
        return jax.nn.relu(
            jax.lax.conv_general_dilated(
                x, kernel, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
            )
        )

    program = trace(f, (1, 8, 4)).program
    observer = Observer(program)
    assert not any(observer.may(i) for eq in program.equations for i in eq.outputs)


def test_it_runs_in_the_dtypes_that_were_traced():
    def f(x):  # in float64 other elements would be taken
        return x[:, jnp.floor(jnp.arange(64) * jnp.float32(0.7) / jnp.float32(0.7)).astype(int)]

    meter = SupportMeter(analyze(f, (1, 64, 1)))
    truth = np.asarray(f(jnp.arange(64.0)[None, :, None]))[0, :, 0].astype(int)
    moved = np.flatnonzero(truth != np.arange(64))[:2]
    assert len(moved)
    for at in moved:
        measured = meter.measure((int(at),))
        assert measured.equal
        assert measured.support.mask[truth[at]]  # beside what another rounding would read
