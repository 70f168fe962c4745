"""Every way of reading an operand, forward and backward, against a table written by hand.

Covers: theory.solve.read.
"""

import numpy as np
import pytest

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.words import AnyOf, Groups, Read, Running, Taps, Window
from jaxrf.theory.solve.intervals import solve_intervals
from jaxrf.theory.solve.support import solve_support

EVEN = np.arange(4) % 2 == 0


def line(how, outputs):
    """A graph of one operation on four pixels."""
    graph = Graph()
    graph.append(Node("x", "input", shape=(4,)))
    graph.append(Node("y", "op", (0,), (how,), (outputs,)))
    return graph


def along(access, where=None):
    return Read(((0, access),), where)


# how -> what each output reads
READS = {
    "window": (along(Window(kernel=2)), ["##..", ".##.", "..##"]),
    "window, padded": (
        along(Window(kernel=3, before=1, after=1)),
        ["##..", "###.", ".###", "..##"],
    ),
    "all to all": (along(Groups()), ["####"] * 3),
    "two groups": (along(Groups(2)), ["##..", "##..", "..##", "..##"]),
    "running": (along(Running()), ["#...", "##..", "###.", "####"]),
    "running backwards": (along(Running(reverse=True)), ["####", ".###", "..##", "...#"]),
    "taps": (along(Taps(np.array([[3, 0], [-1, -1], [2, -1]]))), ["#..#", "....", "..#."]),
    "whole": (Read((None,)), ["####"] * 2),
    "where": (along(Window(), EVEN), ["#...", "....", "..#.", "...."]),
    "where, of a whole": (Read((None,), EVEN), ["####", "....", "####", "...."]),
    "where, nothing": (along(Running(), np.zeros(1, bool)), ["...."] * 4),
    "any of two": (
        AnyOf((along(Window()), along(Taps(np.array([[3], [3], [3], [3]]))))),
        ["#..#", ".#.#", "..##", "...#"],
    ),
    "any of two, each for some": (
        AnyOf((along(Window(), EVEN), along(Running(), ~EVEN))),
        ["#...", "##..", "..#.", "####"],
    ),
}


@pytest.mark.parametrize("name", READS)
def test_both_passes_agree_with_the_table(name):
    how, rows = READS[name]
    graph = line(how, len(rows))
    spans = np.broadcast_to(solve_intervals(graph, 0).field(1).exact, (2, len(rows)))
    for at, row in enumerate(rows):
        touched = [n for n, mark in enumerate(row) if mark == "#"]
        mask = np.arange(len(rows)) == at
        assert np.flatnonzero(solve_support(graph, 1, mask)).tolist() == touched
        low, high = spans[0, at], -spans[1, at]
        if touched:
            assert (low, high) == (touched[0], touched[-1])
        else:
            assert low > high


def test_running_is_global_and_a_united_read_is_no_join():
    running = solve_intervals(line(along(Running()), 4), 0)
    assert running.field(1).seen == 1
    assert not running.misaligned
    shifts = [along(Window(before=1, after=-1)), along(Window(before=-1, after=1))]
    united = solve_intervals(line(AnyOf(tuple(shifts)), 4), 0)
    assert united.field(1).seen is None
    assert not united.misaligned


def test_a_mask_is_joint_over_dimensions():
    lower = np.tri(3, dtype=bool)
    graph = Graph()
    graph.append(Node("x", "input", shape=(3, 3)))
    masked = Read(Read.elementwise(2).dims, lower)
    graph.append(Node("masked", "op", (0,), (masked,), (3, 3)))
    graph.append(Node("rows", "op", (1,), (Read(((0, Window()),)),), (3,)))
    for row in range(3):
        found = solve_support(graph, 2, np.arange(3) == row)
        np.testing.assert_array_equal(found, lower & (np.arange(3) == row)[:, None])
