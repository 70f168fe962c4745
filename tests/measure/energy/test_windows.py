"""Windows of sums and of extremes, each rule alone, counted by hand."""

import numpy as np
import pytest
from jax import lax

from tests.helpers.energycase import arriving, passed, squares

SHAPE = (4, 6)
VALUE = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)


def windows(primitive, size, stride=(1, 1), padding=((0, 0), (0, 0)), holes=(1, 1), apart=(1, 1)):
    return lambda x: primitive.bind(
        x, window_dimensions=size, window_strides=stride, padding=padding,
        base_dilation=holes, window_dilation=apart,
    )  # fmt: skip


SUMS = {
    "one axis": ((1, 3),),
    "both axes": ((2, 3),),
    "strided": ((2, 2), (2, 2)),
    "padded": ((1, 3), (1, 2), ((0, 0), (2, 1))),
    "cropped": ((1, 2), (1, 1), ((0, 0), (-1, 0))),
    "dilated": ((1, 3), (1, 1), ((0, 0), (1, 0)), (1, 1), (1, 2)),
    "over holes": ((3, 1), (1, 1), ((1, 1), (0, 0)), (2, 1)),
    "subsampled": ((1, 1), (2, 3)),
}


@pytest.mark.parametrize("kind", ["independent", "blurred"])
@pytest.mark.parametrize("name", SUMS)
def test_sums_are_squared_after_they_are_added(name, kind):
    f, given = windows(lax.reduce_window_sum_p, *SUMS[name]), arriving(kind, SHAPE)
    found = passed(f, VALUE, given.form)
    np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-6)
    assert not found.said


@pytest.mark.parametrize("primitive", [lax.reduce_window_max_p, lax.reduce_window_min_p])
def test_an_extreme_is_each_element_of_its_window_as_often(primitive):
    """Padding is never chosen: at the rim it is one of two."""
    given = arriving("independent", SHAPE)
    found = passed(windows(primitive, (1, 3), padding=((0, 0), (1, 1))), VALUE, given.form)
    energy = given.energy.reshape(SHAPE)
    wanted = [energy[:, max(0, u - 1) : u + 2].mean(1) for u in range(6)]
    np.testing.assert_allclose(found.energies[0], np.stack(wanted, 1), rtol=1e-6)
    assert found.forms[0][0].source.correlated  # windows overlap


def test_windows_side_by_side_share_nothing():
    given = arriving("independent", SHAPE)
    found = passed(windows(lax.reduce_window_max_p, (2, 2), (2, 2)), VALUE, given.form)
    wanted = given.energy.reshape(2, 2, 3, 2).mean((1, 3))
    np.testing.assert_allclose(found.energies[0], wanted, rtol=1e-6)
    assert not found.forms[0][0].source.correlated


def test_the_gate_of_the_largest_counts():
    """Of two neighbours one is positive: ReLU shuts half of all, and none of the largest."""
    value = np.tile(np.array([-1, 2], np.float32), (4, 3))
    given = arriving("independent", SHAPE)
    gated = tuple(t.scaled((value > 0).astype(float)) for t in given.form)
    energy = given.energy.reshape(4, 3, 2).mean(2)
    for primitive, share in ((lax.reduce_window_max_p, 1), (lax.reduce_window_min_p, 0)):
        found = passed(windows(primitive, (1, 2), (1, 2)), value, gated)
        np.testing.assert_allclose(found.energies[0], share * energy, rtol=1e-6, atol=1e-12)


def test_an_extreme_of_neighbours_that_are_alike_is_noted():
    given = arriving("independent", SHAPE)
    f = windows(lax.reduce_window_max_p, (1, 3), padding=((0, 0), (1, 1)))
    again = passed(f, VALUE, passed(f, VALUE, given.form).forms[0])
    assert "chooses among correlated neighbours" in again.said[0]
