"""Which nodes read the whole of an axis: intervals propose them, exact sets confirm them."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.layers import Layer
from jaxrf.geometry.periodic_law import Law
from jaxrf.program.trace import trace
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve import global_reads
from jaxrf.theory.solve.global_reads import ExactSets, GlobalReads
from tests.helpers.nodefields import line, node_field, steady

LENGTH = 12


def reads_of(f, shape=(LENGTH,), axis=0):
    traced = trace(f, shape)
    graph = graph_of(traced).graph
    return GlobalReads(ExactSets(graph, 0), axis), graph


def named(graph, words):
    return next(i for i, node in enumerate(graph.nodes) if node.words == words)


def stack(stride=1):
    """A graph by hand: one layer of three taps over twelve pixels."""
    graph = Graph()
    graph.add("out", Layer(3, stride), of=graph.input("image", shape=(LENGTH,)))
    return GlobalReads(ExactSets(graph, 0), 0)


def test_a_set_is_worked_out_once_for_all_axes(monkeypatch):
    sets, calls = stack()._sets, []
    real = global_reads.united_support
    monkeypatch.setattr(
        global_reads, "united_support", lambda *a, **k: calls.append(a) or real(*a, **k)
    )
    mask = np.arange(10) == 2
    first = sets.of({1: mask})
    assert np.flatnonzero(first).tolist() == [2, 3, 4]
    assert sets.of({1: mask.copy()}) is first
    assert np.flatnonzero(sets.of({1: np.arange(10) == 3})).tolist() == [3, 4, 5]
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("f", "read"),
    [
        (lambda x: x[2:9], range(2, 9)),
        (lambda x: x[1::3], (1, 4, 7, 10)),
        (lambda x: (x[:2], x[5:6]), (0, 1, 5)),
    ],
)
def test_what_anything_reads(f, read):
    assert reads_of(f)[0].read.tolist() == list(read)


@pytest.mark.parametrize(
    ("ends", "stride", "covered"),
    [
        ((0, 11), 1, True),
        ((-3, 20), 1, True),
        ((0, 10), 1, False),
        ((1, 11), 1, False),
        ((2, 9), 3, True),  # what a stride of 3 leaves over: two pixels on either side
        ((3, 9), 3, False),
        ((2, 8), 3, False),
    ],
)
def test_the_whole_axis_but_for_the_remainder_of_a_stride(ends, stride, covered):
    assert stack().covered(line(None, ends), [None, Law(1, stride)]) is covered


def test_the_whole_of_what_is_read_is_enough():
    reads, _ = reads_of(lambda x: x[3:8])
    assert reads.covered(line((3, 7)), [])
    assert not reads.covered(line((3, 6)), [])


def test_who_is_blamed():
    """A pooling over everything leaves one place; the sum that spreads it is not to blame."""
    reads, graph = reads_of(lambda x: x + x.sum(keepdims=True))
    total, add = named(graph, "sum"), len(graph.nodes) - 1
    operand = graph.nodes[add].operands[1]
    assert graph.nodes[operand].full_shape == (1,)
    assert reads.blamed(add, operand, (0,)) == total
    assert reads.blamed(add, operand, ()) == add  # nothing is read whole
    assert reads.blamed(total, 0, (0,)) == total  # twelve places are read whole here
    single, one = reads_of(lambda x: x + 1, (1,))
    assert single.blamed(len(one.nodes) - 1, 0, (0,)) == len(one.nodes) - 1  # always had one place


def circular(x):
    """Three taps, the ends brought together: outputs at the borders see both ends."""
    return x + jnp.roll(x, 1) + jnp.roll(x, -1)


def test_two_ends_are_not_the_whole():
    """An interval from end to end whose exact set has a gap of nine is not confirmed."""
    reads, graph = reads_of(circular)
    last = len(graph.nodes) - 1
    fields = [None] * len(graph.nodes)
    fields[0] = steady(LENGTH, first=(0, 0))
    fields[last] = node_field(line(*[(0, 11)] * LENGTH), None, seen=last)
    assert reads.unconfirmed(fields) == {last}


def test_a_gap_as_wide_as_a_local_field_is_none():
    """Every second pixel of all: gaps of one, and the operand sees one pixel at a time."""
    reads, graph = reads_of(lambda x: x.reshape(6, 2)[:, 0].sum())
    total = named(graph, "sum")
    fields = [None] * len(graph.nodes)
    fields[graph.nodes[total].operands[0]] = steady(6, first=(0, 0), stride=2)
    fields[total] = node_field(line((0, 10)), None, seen=total)
    assert reads.unconfirmed(fields) == set()
    third, graph = reads_of(lambda x: x.reshape(3, 4)[:, 0].sum() + x.sum() * 0)
    total = named(graph, "sum")
    fields = [None] * len(graph.nodes)
    fields[graph.nodes[total].operands[0]] = node_field(line((0, 0), (4, 4), (8, 8)), None)
    fields[total] = node_field(line((0, 8)), None, seen=total)
    assert third.unconfirmed(fields) == {total}  # gaps of three, and no law that makes them steps


def test_a_node_without_a_field_needs_no_confirmation():
    reads, graph = reads_of(circular)
    field = node_field(line((0, 11)), None, seen=0)
    assert reads.unconfirmed([None, field, *[None] * (len(graph.nodes) - 2)]) == set()


@pytest.mark.parametrize(
    ("marks", "longest"), [("", 0), ("..", 0), ("#", 1), (".##.###", 3), ("####", 4)]
)
def test_the_longest_run(marks, longest):
    assert global_reads._longest_run(np.array([m == "#" for m in marks], bool)) == longest
