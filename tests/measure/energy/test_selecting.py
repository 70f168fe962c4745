"""Gathers and choices, each rule alone: rows of the identity, masks, gates."""

import numpy as np
import pytest
from jax import lax

from tests.helpers.energycase import arriving, passed, squares

SHAPE = (4, 6)
VALUE = np.ones(SHAPE, np.float32)
PLACES = np.array([[5], [1], [1]], np.int32)
MASK = np.indices(SHAPE).sum(0) % 3 == 0


def gather(slice_sizes, places=PLACES, **numbers):
    numbers = lax.GatherDimensionNumbers(**numbers)
    mode = lax.GatherScatterMode.FILL_OR_DROP
    return lambda x: lax.gather(x, places, numbers, slice_sizes, mode=mode, fill_value=0)


COLUMNS = gather((4, 1), offset_dims=(0,), collapsed_slice_dims=(1,), start_index_map=(1,))
PIECES = gather((2, 3), offset_dims=(1, 2), collapsed_slice_dims=(), start_index_map=(1,))
OUTSIDE = gather(
    (4, 1), np.array([[2], [7]], np.int32),
    offset_dims=(0,), collapsed_slice_dims=(1,), start_index_map=(1,),
)  # fmt: skip


@pytest.mark.parametrize("kind", ["independent", "blurred", "common", "gated"])
def test_columns_at_known_places_stay_what_they_were(kind):
    given = arriving(kind, SHAPE)
    found = passed(COLUMNS, VALUE, given.form)
    np.testing.assert_allclose(found.energies[0], squares(COLUMNS, VALUE, given), rtol=1e-6)
    added = passed(
        lambda x: lax.reduce_sum(x, axes=(1,)), np.ones((4, 3), np.float32), found.forms[0]
    )
    if kind != "gated":  # gates are averaged before what they pass is added
        wanted = squares(lambda x: COLUMNS(x).sum(1), VALUE, given)
        np.testing.assert_allclose(added.energies[0], wanted, rtol=1e-6)


@pytest.mark.parametrize("f", [PIECES, OUTSIDE])
def test_any_other_gather_takes_energies(f):
    given = arriving("blurred", SHAPE)
    found = passed(f, VALUE, given.form)
    np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-6)
    assert found.kept  # what reads the operand later reads the same source


def test_places_that_the_input_decides_are_passed_evenly_and_noted():
    given = arriving("independent", SHAPE)
    found = passed(COLUMNS, VALUE, given.form, fixed=False)
    np.testing.assert_allclose(found.energies[0], np.full((4, 3), given.energy.mean()), rtol=1e-6)
    assert "has no rule" in found.said[0]


@pytest.mark.parametrize("mask", [MASK, np.zeros(SHAPE, bool), np.ones(SHAPE, bool)])
def test_a_known_predicate_is_a_mask_place_by_place(mask):
    given = arriving("blurred", SHAPE)
    f = lambda x: lax.select_n(mask, x, np.zeros(SHAPE, np.float32))  # noqa: E731
    found = passed(f, VALUE, given.form)
    if mask.all():
        assert found.energies == [None]
    else:
        np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-6)


def test_the_operand_that_is_chosen_everywhere_is_passed_as_it_is():
    form = arriving("blurred", SHAPE).form
    f = lambda x: lax.select_n(np.zeros(SHAPE, bool), x, np.zeros(SHAPE, np.float32))  # noqa: E731
    assert passed(f, VALUE, form).forms[0] is form


def test_a_predicate_of_the_input_is_a_gate_and_its_rate_counts():
    given = arriving("independent", SHAPE)
    f = lambda x: lax.select_n(MASK, x, np.zeros(SHAPE, np.float32))  # noqa: E731
    found = passed(f, VALUE, given.form, fixed=False)
    wanted = (1 - MASK.mean()) * given.energy.reshape(SHAPE)
    np.testing.assert_allclose(found.energies[0], wanted, rtol=1e-6)
