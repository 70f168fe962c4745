"""More steps of random networks: attention, gates, loops, resizing, indexing, masks.

Like those of :mod:`randomnets`, each is a function ``(x, open) -> x`` with the same dependencies in
both versions: as a model has it, and positive and smooth for the oracle's gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from jax import lax

__all__ = ["MORE", "Step", "more_step"]


@dataclass(frozen=True)
class Step:
    """One operation; ``name`` says which, for failing examples."""

    name: str
    run: Callable

    def __repr__(self) -> str:
        return self.name


def _resize(shape, method, antialias):
    def run(x, open):
        return jax.image.resize(x, (x.shape[0], *shape, x.shape[-1]), method, antialias=antialias)

    return Step(f"resize({method} to {shape}, antialias={antialias})", run)


def _take(axis, index):
    return Step(f"take({index}, axis {axis})", lambda x, open: jnp.take(x, np.array(index), axis))


def _points(index):
    """Two spatial axes at pairs of places: a gather along both, into one row."""
    rows, columns = (np.array(i) for i in index)

    def run(x, open):
        chosen = x[:, rows, columns]
        return chosen[:, :, None] + x[:, : len(rows), :1]

    return Step(f"points({index})", run)


def _set(axis, index):
    """Some places along an axis are overwritten by what lies at the other end."""

    def run(x, open):
        x = jnp.moveaxis(x, axis, 0)
        return jnp.moveaxis(x.at[np.array(index)].set(x[: len(index)][::-1]), 0, axis)

    return Step(f"set({index}, axis {axis})", run)


def _add_at(axis, index):
    def run(x, open):
        x = jnp.moveaxis(x, axis, 0)
        return jnp.moveaxis(x.at[np.array(index)].add(x[: len(index)]), 0, axis)

    return Step(f"add_at({index}, axis {axis})", run)


def _attention(window):
    """Attention inside windows of the first spatial axis, all tokens of the others."""

    def run(x, open):
        n, first, *_rest = x.shape
        tokens = x.reshape(n * first // window, -1, x.shape[-1])
        scores = jnp.einsum("bqc,bkc->bqk", tokens, tokens)
        weights = 1 + jnp.tanh(scores / 999) if open else jax.nn.softmax(scores, -1)
        return jnp.einsum("bqk,bkc->bqc", weights, tokens).reshape(x.shape)

    return Step(f"attention(window {window})", run)


def _gate(axes):
    """Squeeze and excite over some of the spatial axes; open it adds, or zeros would hide it."""

    def run(x, open):
        mean = x.mean(axes, keepdims=True)
        return x + mean / 99 if open else x * jax.nn.sigmoid(mean)

    return Step(f"gate{axes}", run)


def _normalise(axes):
    def run(x, open):
        if open:
            return x + x.mean(axes, keepdims=True)
        centred = x - x.mean(axes, keepdims=True)
        return centred * lax.rsqrt((centred**2).mean(axes, keepdims=True) + 1e-5)

    return Step(f"normalise{axes}", run)


def _recurrent(axis, reverse, all_states):
    """A recurrence along a spatial axis; with the last state alone, that is added everywhere."""

    def run(x, open):
        rows = jnp.moveaxis(x, axis, 0)

        def step(state, row):
            state = (state + row) / 2 if open else jnp.tanh(state + row)
            return state, state

        last, states = lax.scan(step, jnp.zeros_like(rows[0]), rows, reverse=reverse)
        return jnp.moveaxis(states if all_states else rows + last, 0, axis)

    return Step(f"recurrent(axis {axis}, {reverse=}, {all_states=})", run)


def _loop(turns):
    """A few turns of a counted loop, each a shift and a sum."""

    def run(x, open):
        return lax.fori_loop(0, turns, lambda i, y: y + jnp.roll(x, i + 1, 1) * 0.5, x)

    return Step(f"loop({turns})", run)


def _cumulative(axis, reverse):
    def run(x, open):
        return lax.cumsum(x, axis, reverse) if open else lax.cummax(x, axis, reverse)

    return Step(f"cumulative(axis {axis}, {reverse=})", run)


def _masked(axis, kept):
    """Every ``kept``-th index of an axis keeps its value, the others take their neighbour's."""

    def run(x, open):
        place = jnp.arange(x.shape[axis]) % kept == 0
        place = place.reshape([-1 if d == axis else 1 for d in range(x.ndim)])
        return jnp.where(place, x, jnp.roll(x, 1, axis))

    return Step(f"masked(axis {axis}, every {kept})", run)


def _branch(axis):
    """A branch that the data choose: predicate and both branches count."""

    def run(x, open):
        if open:
            return x + jnp.flip(x, axis) + x[:, :1].mean()
        return lax.cond(x[:, :1].mean() > 0, lambda y: y, lambda y: jnp.flip(y, axis), x)

    return Step(f"branch(axis {axis})", run)


def _sorted(axis):
    def run(x, open):
        return x + x.mean(axis, keepdims=True) if open else jnp.sort(x, axis)

    return Step(f"sorted(axis {axis})", run)


def _tiled(axis):
    return Step(f"tiled(axis {axis})", lambda x, open: jnp.concatenate([x, x], axis))


MORE = """
resize resize take set add_at attention gate normalise recurrent loop cumulative masked branch
sorted points
""".split()


@st.composite
def more_step(draw, kind: str, shape: tuple[int, ...], largest: int) -> Step:
    """A step of one of the kinds in ``MORE`` that fits a feature map of ``shape``."""
    space, rank = shape[1:-1], len(shape) - 2
    axis = draw(st.integers(1, rank))
    length = shape[axis]
    places = st.lists(st.integers(0, length - 1), min_size=2, max_size=length)
    if kind == "resize":
        methods = st.sampled_from(["nearest", "linear", "cubic", "lanczos3"])
        sizes = draw(st.tuples(*(st.integers(2, min(largest, 2 * n)) for n in space)))
        return _resize(sizes, draw(methods), draw(st.booleans()))
    if kind == "take":
        return _take(axis, draw(places))
    if kind in ("set", "add_at"):
        unique = st.lists(st.integers(0, length - 1), min_size=1, max_size=length // 2, unique=True)
        return (_set if kind == "set" else _add_at)(axis, draw(unique))
    if kind == "attention":
        return _attention(draw(st.sampled_from([n for n in range(1, shape[1] + 1)
                                                if shape[1] % n == 0])))  # fmt: skip
    if kind == "gate":
        return _gate(draw(st.sampled_from([(axis,), tuple(range(1, rank + 1))])))
    if kind == "normalise":
        return _normalise(draw(st.sampled_from([(rank + 1,), (rank + 1,), (axis,)])))
    if kind == "recurrent":
        return _recurrent(axis, draw(st.booleans()), draw(st.booleans()))
    if kind == "loop":
        return _loop(draw(st.integers(1, 3)))
    if kind == "cumulative":
        return _cumulative(axis, draw(st.booleans()))
    if kind == "masked":
        return _masked(axis, draw(st.integers(2, 3)))
    if kind == "branch":
        return _branch(axis)
    if kind == "sorted":
        return _sorted(axis)
    if rank == 2:
        count = draw(st.integers(2, min(space)))
        return _points([[draw(st.integers(0, n - 1)) for _ in range(count)] for n in space])
    return _tiled(axis)
