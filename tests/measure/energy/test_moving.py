"""Each rule that moves elements, alone: against the Jacobian written out, whatever arrives."""

from dataclasses import replace

import numpy as np
import pytest
from jax import lax

from tests.helpers.energycase import arriving, passed, squares

SHAPE = (4, 6)
KINDS = ("independent", "blurred", "gated", "common")
VALUE = np.ones(SHAPE, np.float32)

# One equation each.
WHOLE = {
    "transpose": lambda x: lax.transpose(x, (1, 0)),
    "expand_dims": lambda x: lax.expand_dims(x, (1,)),
    "broadcast": lambda x: lax.broadcast_in_dim(x, (3, 4, 6), (1, 2)),
    "reverse": lambda x: lax.rev(x, (0, 1)),
    "tile": lambda x: lax.tile(x, (1, 2)),
    "reshape, a new axis": lambda x: lax.reshape(x, (4, 1, 6)),
    "reshape, merged": lambda x: lax.reshape(x, (24,)),
    "reshape, cut": lambda x: lax.reshape(x, (4, 2, 3)),
    "reshape, cut elsewhere": lambda x: lax.reshape(x, (8, 3)),
}
PARTS = {
    "slice": lambda x: lax.slice(x, (1, 0), (4, 6), (2, 1)),
    "slice, strided": lambda x: lax.slice(x, (0, 1), (4, 6), (1, 2)),
    "dynamic slice": lambda x: lax.dynamic_slice_p.bind(
        x, np.int32(2), np.int32(1), slice_sizes=(2, 3)
    ),
    "dynamic slice, kept inside": lambda x: lax.dynamic_slice_p.bind(
        x, np.int32(9), np.int32(-1), slice_sizes=(2, 3)
    ),
    "pad": lambda x: lax.pad(x, ZERO, ((0, 0, 0), (2, 1, 1))),
    "pad, cut": lambda x: lax.pad(x, ZERO, ((0, 0, 0), (-2, 3, 0))),
    "pad, all around": lambda x: lax.pad(x, ZERO, ((1, 0, 0), (0, 2, 0))),
}
ZERO = np.float32(0)
CASES = [(n, k) for n in (*WHOLE, *PARTS) for k in KINDS if n in WHOLE or k != "gated"]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_what_is_moved_keeps_its_energy(name, kind):
    f, given = (WHOLE | PARTS)[name], arriving(kind, SHAPE)
    found = passed(f, VALUE, given.form)
    np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-6)
    assert not found.said


@pytest.mark.parametrize("kind", KINDS[:2])
def test_what_is_moved_is_still_what_it_was(kind):
    """Neighbours that are taken apart and added again are squared once: A and not o A."""
    given = arriving(kind, SHAPE)

    def there_and_added(x):
        return lax.slice(lax.rev(x, (1,)), (0, 0), (4, 5), (1, 2)).sum(1)

    back = passed(lambda x: lax.rev(x, (1,)), VALUE, given.form).forms[0]
    some = passed(lambda x: lax.slice(x, (0, 0), (4, 5), (1, 2)), VALUE, back).forms[0]
    total = passed(lambda x: lax.reduce_sum(x, axes=(1,)), np.ones((4, 3), "f"), some)
    np.testing.assert_allclose(total.energies[0], squares(there_and_added, VALUE, given), rtol=1e-6)


def test_gates_of_what_is_cut_off_do_not_count():
    """Columns 0 to 2 are open, the rest is shut: a slice of the former is passed whole."""
    given = arriving("independent", SHAPE)
    gates = np.broadcast_to(np.arange(6) < 3, SHAPE).astype(float)
    (term,) = given.form
    gated = (replace(term, scale=gates),)
    for first, share in ((0, 1.0), (2, 1 / 3), (3, 0.0)):
        f = lambda x, a=first: lax.slice(x, (0, a), (4, a + 3))  # noqa: E731
        wanted = share * given.energy.reshape(SHAPE)[:, first : first + 3]
        np.testing.assert_allclose(passed(f, VALUE, gated).energies[0], wanted, rtol=1e-6)


def test_an_axis_of_length_one_goes():
    given = arriving("blurred", (4, 1, 6))
    found = passed(lambda x: lax.squeeze(x, (1,)), np.ones((4, 1, 6), "f"), given.form)
    wanted = (given.matrix**2 @ given.energy).reshape(4, 6)
    np.testing.assert_allclose(found.energies[0], wanted, rtol=1e-6)


def test_a_split_is_consecutive_slices():
    given = arriving("independent", SHAPE)
    found = passed(lambda x: lax.split(x, (1, 2, 3), axis=1), VALUE, given.form)
    wanted = np.split(given.energy.reshape(SHAPE), (1, 3), 1)
    for energy, piece in zip(found.energies, wanted, strict=True):
        np.testing.assert_allclose(energy, piece, rtol=1e-6)


@pytest.mark.parametrize("kind", ["independent", "blurred", "common"])
def test_a_value_beside_itself_and_beside_zeros(kind):
    given = arriving(kind, SHAPE)
    for f in (
        lambda x: lax.concatenate([x, x], 1),
        lambda x: lax.concatenate([x, np.zeros((4, 2), np.float32)], 1),
        lambda x: lax.concatenate([np.zeros((1, 6), np.float32), x], 0),
    ):
        found = passed(f, VALUE, given.form)
        np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-6)


def test_a_slice_that_the_input_decides_is_passed_evenly_and_noted():
    given = arriving("independent", SHAPE)
    f = lambda x: lax.dynamic_slice_p.bind(x, np.int32(2), np.int32(1), slice_sizes=(2, 3))  # noqa: E731
    found = passed(f, VALUE, given.form, fixed=False)
    np.testing.assert_allclose(found.energies[0], np.full((2, 3), given.energy.mean()), rtol=1e-6)
    assert "has no rule" in found.said[0]
