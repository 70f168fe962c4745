"""Every answer of every word, against a table of taps that a tiny loop writes down.

Covers: geometry.words.access, geometry.words.groups, geometry.words.running, geometry.words.window.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from jaxrf.geometry import words
from jaxrf.geometry.index_tables import Table
from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words import (
    IDENTITY,
    Access,
    Groups,
    Running,
    Taps,
    Window,
)

RESIZE = np.array([[-1, 0], [0, 1], [0, 1], [1, 2], [1, 2], [2, 3], [2, 3], [3, -1]])

# (access, inputs, outputs), and what output u reads of them, by a loop over u.
ACCESSES = {
    "identity": (IDENTITY, 4, 4, lambda u, n: [u]),
    "window": (Window(3, 2, 1, 1), 7, 4, lambda u, n: [2 * u - 1, 2 * u, 2 * u + 1]),
    "dilated": (Window(2, 1, 0, 0, 3), 6, 3, lambda u, n: [u, u + 3]),
    "cropped": (Window(1, 2, -1, -2), 8, 3, lambda u, n: [1 + 2 * u]),
    "transposed": (
        Window(3, 1, 1, 1, 1, 2),
        4,
        7,
        lambda u, n: [t // 2 for t in (u - 1, u, u + 1) if t % 2 == 0],
    ),
    "transposed, in steps": (
        Window(4, 3, 2, 3, 1, 2),
        5,
        4,
        lambda u, n: [t // 2 for t in range(3 * u - 2, 3 * u + 2) if t % 2 == 0],
    ),
    "many taps": (Window(21, 2, 9, 11), 30, 15, lambda u, n: range(2 * u - 9, 2 * u + 12)),
    "many taps, far apart": (
        Window(17, 3, 30, 4, 2),
        20,
        8,
        lambda u, n: range(3 * u - 30, 3 * u + 3, 2),
    ),
    "many taps, cropped": (Window(18, 1, -2, -1), 24, 4, lambda u, n: range(u + 2, u + 20)),
    "all": (Groups(), 5, 3, lambda u, n: range(n)),
    "groups": (Groups(3), 6, 9, lambda u, n: range(u // 3 * 2, u // 3 * 2 + 2)),
    "running": (Running(), 5, 5, lambda u, n: range(u + 1)),
    "running backwards": (Running(reverse=True), 5, 5, lambda u, n: range(u, n)),
    "taps": (Taps(RESIZE), 4, 8, lambda u, n: [t for t in RESIZE[u].tolist() if t >= 0]),
}
NAMES = pytest.mark.parametrize("name", ACCESSES)


def oracle(name):
    """(access, inputs, outputs, real inputs of every output, all of its taps)."""
    access, inputs, outputs, reads = ACCESSES[name]
    rows = [list(reads(u, inputs)) for u in range(outputs)]
    return access, inputs, outputs, [[i for i in row if 0 <= i < inputs] for row in rows], rows


def test_every_kind_of_word_is_walked_over():
    kinds = {type(access) for access, *_ in ACCESSES.values()}
    exported = {getattr(words, name) for name in words.__all__ if name != "IDENTITY"}
    assert kinds == {k for k in exported if issubclass(k, Access) and k is not Access}


@NAMES
def test_the_table_is_what_outputs_read(name):
    access, inputs, outputs, real, taps = oracle(name)
    table = access.index_table(outputs, inputs)
    assert len(table.indices) == outputs
    for row, inside, valid, u in zip(
        table.indices, table.inside(inputs), table.valid, range(outputs), strict=True
    ):
        assert sorted(row[inside].tolist()) == sorted(real[u])
        assert set(real[u]) <= set(row[valid].tolist()) <= set(taps[u])


@NAMES
def test_it_fits_its_own_lengths_and_no_others(name):
    access, inputs, outputs, *_ = oracle(name)
    assert access.fits(inputs, outputs)
    assert not access.fits(inputs, outputs + 1) or access == Groups()
    assert not Taps(RESIZE).fits(3, 8)  # a tap beyond the last input
    assert not Groups(3).fits(5, 9)


@NAMES
def test_masks_go_back_to_the_inputs_that_chosen_outputs_read(name):
    access, inputs, outputs, real, _ = oracle(name)
    rng = np.random.default_rng(0)
    for mask in [*np.eye(outputs, dtype=bool), rng.random(outputs) < 0.5, np.zeros(outputs, bool)]:
        joint = np.stack([mask, ~mask])  # along a second dimension, to be kept apart
        back = access.back(joint, dim=1, outputs=outputs, inputs=inputs)
        back = np.broadcast_to(back, (2, inputs))
        for row, chosen in zip(back, joint, strict=True):
            expected = set().union(*(real[u] for u in np.flatnonzero(chosen)))
            assert set(np.flatnonzero(row).tolist()) == expected


@NAMES
def test_a_mask_that_does_not_vary_goes_back_whole(name):
    access, inputs, outputs, real, _ = oracle(name)
    back = access.back(np.ones((1,), bool), dim=0, outputs=outputs, inputs=inputs)
    read = set(np.flatnonzero(np.broadcast_to(back, (inputs,))).tolist())
    assert read == set().union(*real)


def arrays(inputs, stride=2, size=3):
    """Intervals [stride i, stride i + size) of an operand with two rows, one of them elsewhere."""
    low = np.arange(inputs) * stride + np.array([[0], [100]])
    return np.stack([low, -(low + size - 1)])


@NAMES
def test_real_intervals_are_the_union_over_the_taps(name):
    access, inputs, outputs, real, _ = oracle(name)
    operand = arrays(inputs)
    exact, *_ = access.forward(operand, operand, None, dim=1, inputs=inputs, outputs=outputs)
    exact = np.broadcast_to(exact, (2, 2, outputs))
    for u, row in enumerate(real):
        for r, offset in enumerate((0, 100)):
            if row:
                expected = [2 * min(row) + offset, -(2 * max(row) + 2 + offset)]
            else:
                expected = [EMPTY, EMPTY]
            assert exact[:, r, u].tolist() == expected


@NAMES
def test_an_operand_that_is_the_same_everywhere_is_read_in_the_same_way(name):
    access, inputs, outputs, _real, _ = oracle(name)
    once = arrays(1)
    found = [
        np.broadcast_to(
            access.forward(operand, operand, law, dim=1, inputs=inputs, outputs=outputs)[0],
            (2, 2, outputs),
        )
        for operand, law in ((once, CONSTANT), (once.repeat(inputs, 2), None))
    ]
    np.testing.assert_array_equal(*found)


@NAMES
def test_virtual_intervals_follow_the_law_that_goes_with_them(name):
    """Law of the operand: [2 i, 2 i + 2] for all i, padding included."""
    access, inputs, outputs, _real, taps = oracle(name)
    operand = arrays(inputs)
    _, virtual, law = access.forward(
        operand, operand, Law(1, 2), dim=1, inputs=inputs, outputs=outputs
    )
    virtual = np.broadcast_to(virtual, (2, 2, outputs))
    assert law in (access.law_through(Law(1, 2), inputs=inputs, outputs=outputs), CONSTANT)
    if law is None:
        return
    for u in range(outputs - law.period):
        step = virtual[:, 0, u + law.period] - virtual[:, 0, u]
        assert step.tolist() == [law.shift, -law.shift] or not taps[u]
    if not access.is_table and law != CONSTANT:  # of a table, taps beyond the border are a guess
        for u, row in enumerate(taps):
            if row:
                assert virtual[:, 0, u].tolist() == [2 * min(row), -(2 * max(row) + 2)]


@pytest.mark.parametrize(
    ("access", "operand", "expected"),
    [
        (Window(3, 2, 1, 1), Law(1, 4), Law(1, 8)),
        (Window(3, 1, 1, 1, 1, 2), Law(1, 4), Law(2, 4)),  # half a pixel per output
        (Window(2, 3, 0, 0, 1, 2), Law(1, 4), Law(2, 12)),
        (Window(2, 2), Law(3, 5), Law(3, 10)),  # three outputs step over six: two turns of 5
        (Window(2, 3), Law(3, 5), Law(1, 5)),
        (Window(5), None, None),
        (Taps(RESIZE), Law(1, 4), Law(2, 4)),
        (Taps(np.array([[0], [3], [1], [2]])), Law(1, 4), None),
        (Groups(2), Law(1, 4), None),
        (Running(), Law(1, 4), None),
    ],
)
def test_laws_by_hand(access, operand, expected):
    assert access.law_through(operand, inputs=4, outputs=8) == expected


@NAMES
def test_a_map_for_every_length_holds_the_taps(name):
    access, _, outputs, _, taps = oracle(name)
    found = access.periodic_map()
    if type(access) is not Window:
        assert found is None
        return
    assert found is not None
    for u in range(outputs):
        assert (found.low(u), found.high(u)) == (min(taps[u]), max(taps[u]))


def test_a_kernel_smaller_than_the_upsampling_has_no_map():
    assert Window(2, 1, 0, 0, 1, 3).periodic_map() is None
    assert Window(3, 1, 0, 0, 1, 3).periodic_map() is not None


@NAMES
def test_what_it_says_of_reading_everything_is_true_of_any_length(name):
    access, *_ = oracle(name)
    if isinstance(access, Taps) or (isinstance(access, Groups) and access.count > 1):
        assert not access.reads_all
        assert not access.accumulates
        return
    for inputs in (40, 60):
        outputs = next(n for n in range(1, 200) if access.fits(inputs, n))
        inside = access.index_table(outputs, inputs).inside(inputs)
        count = [len(set(np.flatnonzero(row))) for row in inside]
        assert access.reads_all == all(n == inputs for n in count)
        assert access.accumulates == any(n == inputs for n in count)


def test_parameters_that_are_expressions_become_integers_or_nothing():
    window = Window(3, 2, 1, 9, 1, 1)
    assert window.resolved(lambda v: v) == Window(3, 2, 1, 0)  # what lies behind has no part
    assert window.resolved(lambda v: None if v == 3 else v) is None
    assert all(word.resolved(lambda v: v) is None for word in (Groups(), Running(), Taps(RESIZE)))


@pytest.mark.parametrize(
    ("access", "order", "moves", "moves_over_one", "table"),
    [
        (IDENTITY, True, False, False, False),
        (Window(3), True, True, False, False),
        (Running(), True, True, True, False),
        (Taps(RESIZE), True, True, True, True),
        (Groups(), False, False, False, False),
        (Groups(2), False, False, False, False),
    ],
)
def test_kinds(access, order, moves, moves_over_one, table):
    assert (access.keeps_order, access.is_table) == (order, table)
    assert (access.moves_along(8), access.moves_along(1)) == (moves, moves_over_one)


@NAMES
def test_taps_that_slide_are_counted_where_they_meet_something(name):
    access, inputs, outputs, *_ = oracle(name)
    if type(access) is not Window:
        assert access.taps == access.taps_inside(outputs, 0, 0) == 1
        assert access.padding == (0, 0)
        return
    w = access
    assert (w.taps, w.padding) == (w.kernel, (max(w.before, 0), max(w.after, 0)))
    met = 0
    for j in range(w.kernel):
        at = [u * w.stride - w.before + j * w.dilation for u in range(outputs)]
        met += any(t % w.base_dilation == 0 and 1 <= t // w.base_dilation < inputs - 1 for t in at)
    assert w.taps_inside(outputs, 1, inputs - 1) == met


@dataclass(frozen=True)
class Bare(Access):
    """Output u reads u^2: what must be said, and nothing else."""

    def index_table(self, outputs, inputs):
        indices = np.arange(outputs)[:, None] ** 2
        return Table(indices, np.ones_like(indices, bool))

    def fits(self, inputs, outputs):
        return True


def test_all_other_answers_follow_from_the_table():
    bare, operand = Bare(), arrays(10)
    exact, virtual, law = bare.forward(operand, operand, None, dim=1, inputs=10, outputs=5)
    assert exact[0, 0].tolist() == [0, 2, 8, 18, EMPTY]
    assert law is None
    _, virtual, _ = bare.forward(operand, operand, Law(1, 2), dim=1, inputs=10, outputs=5)
    assert virtual[0, 0].tolist() == [0, 2, 8, 18, 32]  # padding goes on by the operand's law
    back = bare.back(np.ones(5, bool), dim=0, outputs=5, inputs=10)
    assert np.flatnonzero(back).tolist() == [0, 1, 4, 9]
