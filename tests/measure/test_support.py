"""Measured supports: equal to theory, blind to what blocks gradients, and hard to fool.

Covers: measure.plain_gradient, measure.rounding.
"""

from dataclasses import replace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.words import Window
from jaxrf.measure.support import MeasuredSupport, SupportMeter, measure_support
from jaxrf.theory.analyze import analyze
from jaxrf.theory.rules import THEORY
from tests.helpers.toynets import attention, conv, unet, window_attention


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (unet, (1, 44, 1)),
        (lambda x: conv(conv(x, dilation=2), dilation=2), (1, 12, 11, 1)),
        (lambda x: conv(x, 5, 2, (2, 1)) + conv(conv(x, pad="VALID"), pad="VALID"), (1, 7, 1)),
        (window_attention, (1, 8, 8, 1)),
        (lambda x: attention(conv(x)), (1, 6, 2)),
    ],
    ids=["unet", "gridding", "misaligned toy", "window attention", "attention"],
)
def test_theory_and_measurement_agree_on_every_feature(f, shape):
    meter = SupportMeter(analyze(f, shape))
    grid = meter.analysis.grid("output")
    for at in {(0,) * len(grid), tuple(n // 2 for n in grid), tuple(n - 1 for n in grid)}:
        measured = meter.measure(at)
        assert measured.equal, at
        assert (measured.missing, measured.excess) == (0, 0)
        assert not (measured.plain.mask & ~measured.support.mask).any()


def test_the_default_is_the_central_feature():
    measured = measure_support(lambda x: conv(x), (1, 9, 1))
    assert measured.support.at == (4,)
    assert measured.support.box == (Interval(3, 5),)


class Residual(nn.Module):
    """A block whose branch is switched off at initialisation by a zero scale."""

    @nn.compact
    def __call__(self, x, train: bool):
        y = nn.Conv(2, (3,))(x)
        y = nn.BatchNorm(use_running_average=not train, scale_init=nn.initializers.zeros)(y)
        return x + nn.relu(y)


def test_a_zero_initialised_scale_does_not_hide_its_branch():
    measured = measure_support(Residual(), (1, 9, 2))
    assert measured.support.box == (Interval(3, 5),)
    assert measured.plain.box == (Interval(4, 4),)  # the gradient of the untouched model
    assert measured.equal


def test_dead_relus_do_not_hide_paths():
    measured = measure_support(lambda x: nn.relu(conv(x) - 1e6), (1, 9, 1))
    assert measured.support.box == (Interval(3, 5),)
    assert not measured.plain.mask.any()
    assert measured.equal


def test_max_pooling_does_not_hide_pixels():
    measured = measure_support(lambda x: nn.max_pool(x, (4,), (4,)), (1, 8, 1))
    assert measured.support.box == (Interval(4, 7),)
    assert measured.plain.mask.sum() == 1
    assert measured.equal


def test_deep_stacks_do_not_underflow():
    depth = 150

    def stack(x):
        for _ in range(depth):
            x = conv(x)
        return x

    measured = measure_support(stack, (1, 2 * depth + 5, 1), plain=False)
    assert measured.support.count == (2 * depth + 1,)
    assert measured.equal


def test_indices_and_predicates_have_no_gradient_but_a_support():
    for f in (lambda x: jnp.argmax(x, -1), lambda x: x.max(-1) > 0):
        measured = measure_support(f, (1, 5, 3), at=(1,))
        assert np.flatnonzero(measured.support.mask).tolist() == [1]
        assert not measured.plain.mask.any()
        assert measured.equal


def test_weights_captured_in_float32_are_fine():
    weights = jnp.full((3, 1, 1), 0.5, jnp.float32)

    def f(x):
        return jax.lax.conv_general_dilated(
            x, weights, (1,), "SAME", dimension_numbers=("NHC", "HIO", "NHC")
        )

    measured = measure_support(f, (1, 7, 1))
    assert measured.equal
    assert measured.plain.box == (Interval(2, 4),)


def without_gradient(x):
    return jax.lax.while_loop(lambda c: c.sum() < 9, lambda c: c + 1 + jnp.abs(x), x)


def test_a_model_without_a_gradient_says_so():
    measured = measure_support(without_gradient, (1, 4, 1))
    assert measured.plain is None
    assert measured.unmeasured.startswith("differentiating without_gradient: the model raised")
    assert measured.support.mask.all()


def test_a_gradient_that_is_not_finite_is_refused():
    with pytest.raises(
        ModelError, match=r"plain gradient of output at \(2,\): got values that are"
    ):
        measure_support(lambda x: jnp.sqrt(x - 1e6), (1, 4, 1))


def test_a_dependency_that_theory_misses_is_missing(monkeypatch):
    honest = THEORY.rules["conv_general_dilated"]

    def shrunk(site):
        image, kernel = honest(site)
        return replace(image, dims=_resized(image.dims, -1)), kernel

    assert measure_support(lambda x: conv(x), (1, 9, 1)).equal
    monkeypatch.setitem(THEORY.rules, "conv_general_dilated", shrunk)
    measured = measure_support(lambda x: conv(x), (1, 9, 1))
    assert (measured.missing, measured.excess, measured.equal) == (1, 0, False)
    assert measured.to_dict()["missing"] == 1


def test_a_dependency_that_theory_invents_is_excess(monkeypatch):
    honest = THEORY.rules["conv_general_dilated"]

    def widened(site):
        image, kernel = honest(site)
        return replace(image, dims=_resized(image.dims, 1)), kernel

    monkeypatch.setitem(THEORY.rules, "conv_general_dilated", widened)
    measured = measure_support(lambda x: conv(x), (1, 9, 1))
    assert (measured.missing, measured.excess, measured.equal) == (0, 1, False)


def _resized(dims, taps: int) -> tuple:
    """Windows with more or fewer taps on the right, over as many outputs."""
    return tuple(
        (d, replace(access, kernel=access.kernel + taps, after=access.after + taps))
        if isinstance(access, Window) and access.kernel > 1
        else (d, access)
        for d, access in dims
    )


def test_the_plain_gradient_alone_also_convicts_theory():
    template = analyze(lambda x: x, (1, 6, 1)).support()

    def support(*touched):
        return replace(template, mask=np.isin(np.arange(6), touched))

    agree = MeasuredSupport(support(1, 2), support(2), support(1, 2))
    assert (agree.missing, agree.excess, agree.equal) == (0, 0, True)
    beyond = MeasuredSupport(support(1, 2), support(2, 3), support(1, 2))
    assert (beyond.missing, beyond.excess, beyond.equal) == (1, 0, False)
    unmeasured = MeasuredSupport(support(1, 2), None, support(1, 2))
    assert unmeasured.equal
    assert unmeasured.to_dict()["plain"] is None


def test_any_end_point_can_be_measured():
    def f(x):
        stem = conv(x)
        return {"stem": stem, "head": conv(stem)}

    measured = measure_support(f, (1, 9, 1), endpoint="stem", at=(0,))
    assert measured.support.endpoint == "stem"
    assert measured.support.box == (Interval(0, 1),)
    assert measured.equal


def test_positions_out_of_range_are_told():
    with pytest.raises(InvalidInput, match=r"at: got \(9,\), out of range for output; need 0 to 8"):
        measure_support(lambda x: conv(x), (1, 9, 1), at=(9,))


def test_constants_are_folded_while_the_measurement_is_traced():
    # a resize multiplies by a matrix that the model computes
    measured = measure_support(lambda x: jax.image.resize(x, (1, 6, 1), "linear"), (1, 3, 1))
    assert measured.equal
    assert measured.support.box == (Interval(1, 2),)


def shrunk(x):
    """Its first output has two taps, and a third whose weight is zero but for rounding."""
    return jax.image.resize(x, (1, 3, 1), "linear", antialias=True)


def test_what_rounding_makes_is_read_by_all():
    """Theory and the linearisation read such a tap too: no compiler is bound to leave it out."""
    with jax.enable_x64(True):
        weights = np.abs(jax.jacrev(shrunk)(np.ones((1, 5, 1)))[0, 0, 0, 0, :, 0])
    assert (weights[:2] > 0.1).all()
    assert (weights[2:] < 1e-15).all()
    measured = measure_support(shrunk, (1, 5, 1), at=(0,))
    assert np.flatnonzero(measured.exact.mask).tolist() == [0, 1, 2]
    assert measured.equal


@pytest.mark.parametrize(("scale", "missing"), [(1e-12, 1), (1e-15, 0)])
def test_only_rounding_is_forgiven_outside_theory(monkeypatch, scale, missing):
    def blind(site):
        return (*THEORY.rules["neg"](site)[:1], None)

    def f(x):
        return x[:, 1:] + scale * x[:, :-1]

    assert measure_support(f, (1, 4, 1), at=(1,)).support.box == (Interval(1, 2),)
    monkeypatch.setitem(THEORY.rules, "add", blind)  # theory without the second operand
    measured = measure_support(f, (1, 4, 1), at=(1,))
    assert measured.exact.box == (Interval(2, 2),)
    assert int((measured.plain.mask & ~measured.exact.mask).sum()) == missing
