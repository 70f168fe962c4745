"""Reads of a whole operand, forward and backward, against the indices that each output reads."""

import numpy as np
import pytest

from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.periodic_law import Law
from jaxrf.geometry.words import (
    IDENTITY,
    AnyOf,
    Read,
    Running,
    Window,
)

# Reads of a whole operand: which operand indices each output index reads, by its definition.
WHERE = np.array([[True], [False], [True]])
READS = {
    "elementwise": (Read.elementwise(2), (3, 4), (3, 4), lambda i: [i]),
    "transposed": (Read(((1, IDENTITY), (0, IDENTITY))), (4, 3), (3, 4), lambda i: [i[::-1]]),
    "all": (Read.everything(2), (2, 3), (3, 4), lambda i: list(np.ndindex(2, 3))),
    "one row": (Read((None, (0, Window(2)))), (5,), (3, 4), lambda i: [(i[1],), (i[1] + 1,)]),
    "summed": (
        Read(((2, IDENTITY), (0, Window(1, 2)))),
        (7, 2, 3),
        (3, 4),
        lambda i: [(2 * i[1], j, i[0]) for j in range(2)],
    ),
    "masked": (Read(((0, Running()), None), WHERE), (3,), (3, 4),
               lambda i: [(j,) for j in range(i[0] + 1)] if WHERE[i[0], 0] else []),
    "either": (
        AnyOf((Read.elementwise(2), Read((None, (1, IDENTITY)), WHERE))),
        (3, 4),
        (3, 4),
        lambda i: [i] + ([(j, i[1]) for j in range(3)] if WHERE[i[0], 0] else []),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READS)
def test_reads_go_back_to_what_they_read(name):
    read, operand, output, reads = READS[name]
    assert read.fits(operand, output)
    rng = np.random.default_rng(1)
    masks = [np.zeros(output, bool) for _ in range(3)]
    masks[0][1, 2], masks[1][2] = True, True
    masks[2][:] = rng.random(output) < 0.4
    for mask in masks:
        expected = np.zeros(operand, bool)
        for at in zip(*np.nonzero(mask), strict=True):
            for index in reads(tuple(int(i) for i in at)):
                expected[index] = True
        back = np.broadcast_to(read.back(mask, operand, output), operand)
        np.testing.assert_array_equal(back, expected)


@pytest.mark.parametrize("name", READS)
def test_reads_carry_intervals_forward(name):
    """The operand's first dimension is the axis: index i sees [i, i]."""
    read, operand, output, reads = READS[name]
    index = np.arange(operand[0]).reshape(-1, *(1,) * (len(operand) - 1))
    intervals = np.stack([index, -index])
    united = np.full((2, *output), EMPTY)
    for part in read.parts:
        whole = [d for d in range(len(operand)) if d not in part.followed]
        laws = (None,) * len(output)
        exact, _, _ = part.forward(*(part.arranged(intervals, whole),) * 2, laws, operand, output)
        united = np.minimum(united, exact)
    for at in np.ndindex(output):
        rows = [i[0] for i in reads(at)]
        expected = [min(rows), -max(rows)] if rows else [EMPTY, EMPTY]
        assert united[(slice(None), *at)].tolist() == expected


def test_a_mask_that_breaks_a_law_cuts_real_intervals_alone():
    where = np.arange(6) % 6 != 2
    read = Read(((0, IDENTITY),), where)
    intervals = np.stack([np.arange(6), -np.arange(6)])
    exact, virtual, laws = read.forward(intervals, intervals, (Law(1, 1),), (6,), (6,))
    assert exact[0].tolist() == [0, 1, EMPTY, 3, 4, 5]
    assert virtual[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert laws == (Law(1, 1),)
    every_second = Read(((0, IDENTITY),), np.arange(6) % 2 == 0)
    _, virtual, laws = every_second.forward(intervals, intervals, (Law(2, 2),), (6,), (6,))
    assert virtual[0].tolist() == [0, EMPTY, 2, EMPTY, 4, EMPTY]
    assert laws == (Law(2, 2),)
