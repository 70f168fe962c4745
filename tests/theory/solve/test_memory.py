"""Memory of an analysis is returned with it, and asked for before it is taken."""

import gc
import tracemalloc

import pytest
from jax import lax

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.words import Window
from jaxrf.theory.solve import memory
from jaxrf.theory.solve.memory import check_memory

MEGABYTE = 10**6


def pooling(taps, dilation=1):
    def model(x):
        return lax.reduce_window(
            x, 0.0, lax.add, (1, taps, 1), (1, 1, 1), "SAME", window_dilation=(1, dilation, 1)
        )

    return model


def upsampled(taps):
    """A window over samples with zeros between them, which reads an index table."""

    def model(x):
        return lax.reduce_window(
            x, 0.0, lax.add, (1, taps, 1), (1, 1, 1), "SAME", base_dilation=(1, 2, 1)
        )

    return model


@pytest.mark.parametrize("model", [pooling, upsampled])
def test_long_windows_leave_nothing_behind(model):
    jaxrf.analyze(model(3), (1, 40, 1))  # what is loaded and compiled once
    gc.collect()
    tracemalloc.start()
    try:
        found = [jaxrf.analyze(model(1000 + n), (1, 4000, 1)) for n in range(3)]
        sizes = [analysis.output.size for analysis in found]
        del found
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [(1000,), (1001,), (1002,)] if model is pooling else [(500,), (501,), (501,)]
    assert left < 10 * MEGABYTE


def test_small_tables_that_are_kept_stay_within_a_bound():
    tracemalloc.start()
    try:
        for taps in range(2, 400):
            for outputs in (1, 2, 4, 16, 64, 1024):
                Window(taps, 1, 0, 0, 1, 2).index_table(outputs, outputs)
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 10 * MEGABYTE


def test_what_does_not_fit_into_memory_is_refused(monkeypatch):
    graph = Graph()
    graph.input("x", shape=(1000,))
    graph.add("y", of="x")
    needed = memory.BYTES * 2000 + memory.SHOWN * 1000  # two maps, and what is shown of the input
    monkeypatch.setattr(memory, "_memory", lambda: needed)
    check_memory(graph, (1000,))
    monkeypatch.setattr(memory, "_memory", lambda: needed - 1)
    with pytest.raises(InvalidInput, match=r"^shape: got \(1000,\), whose analysis takes about"):
        check_memory(graph, (1000,))
    monkeypatch.setattr(memory, "_memory", lambda: None)  # the system does not tell
    check_memory(graph, (1000,))
