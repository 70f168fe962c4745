"""Normalisations: measured changes, and the profile that padding makes.

Covers: measure.energy.endpoint_slice, measure.energy.tangents.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

import jaxrf
from jaxrf.measure.energy.endpoint_slice import endpoint_slice
from jaxrf.measure.energy.normalization import APPLIES_SCALE, profile
from jaxrf.measure.energy.tangents import Tangents

LENGTH, WIDTH = 24, 16


class Normalized(nn.Module):
    """LayerNorm behind few weights, and the way around it."""

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(WIDTH, (1,))(x)
        y = nn.Conv(WIDTH, (5,), feature_group_count=WIDTH)(x)
        return x + nn.Conv(WIDTH, (1,))(nn.LayerNorm()(y))


def test_without_a_forward_pass_nothing_is_measured():
    predicted = jaxrf.predict_erf(Normalized(), (1, LENGTH, 3), calibrate=False)
    assert any("few weights just before it" in reported for reported in predicted.assumptions)
    assert not any("as measured" in reported for reported in predicted.assumptions)


def test_changes_are_those_of_forward_mode():
    net = Normalized()
    traced = jaxrf.analyze(net, (1, LENGTH, 3)).traced
    program = traced.program
    equations = endpoint_slice(program, traced.endpoints[traced.output]).equations
    norm = next(
        eq
        for eq in equations
        if eq.name in APPLIES_SCALE
        and program.dependent.issuperset(eq.inputs)
        and eq.out_shapes[0] == (1, LENGTH, WIDTH)
    )
    (source,) = program.inputs
    weights = traced.draw(jax.random.key(0))
    rest = [i for i in program.arguments if i != source]
    x = jax.random.normal(jax.random.key(1), (1, LENGTH, 3))
    drawn = {source: x, **dict(zip(rest, jax.tree.leaves(weights), strict=True))}
    found = Tangents(program, equations, source, [norm])(drawn, seed=2)

    signs = jax.random.rademacher(jax.random.key(2), x.shape, x.dtype)

    def normalized(x):
        state = net.apply(weights, x, capture_intermediates=True)[1]
        return state["intermediates"]["LayerNorm_0"]["__call__"][0]

    change = np.square(jax.jvp(normalized, (x,), (signs,))[1])
    for line, axes in zip(found[norm.outputs[0]], [(1, 2), (0, 2), (0, 1)], strict=True):
        np.testing.assert_allclose(line, change.mean(axes), rtol=1e-4)
    assert jnp.ndim(found[norm.inputs[0]][1]) == 1


def test_a_profile_is_an_outer_product_of_mean_square_one():
    """Scales twice as large at the rim of two axes: lines that say so, and what is left is even."""
    rim = 1 + (np.arange(40) < 3) + (np.arange(40) >= 37)
    scale = np.multiply.outer(rim, np.multiply.outer(rim, np.ones(8)))
    lines, rest = profile(scale, [0, 1])
    assert sorted(lines) == [0, 1]
    for line in lines.values():
        assert line[0] / line[20] > 1.4  # smoothed over two places each way
        assert line[20] == pytest.approx(line[10])
    middle = np.square(lines[0][20] * lines[1][20] * rest[20, 20])
    assert middle == pytest.approx(1)
    assert np.mean(np.square(rest)) / rest[20, 20, 0] ** 2 == pytest.approx(1, abs=0.1)
    assert profile(2.0, [0]) == ({}, 2.0)
