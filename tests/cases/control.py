"""Control flow, and functions that carry their own derivatives or placement."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from tests.helpers.rulecase import Case


def conv(x):
    """Three taps, same size."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
    return padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]


def rnn(x, reverse=False):
    """A simple recurrence over the first spatial axis; returns every state."""

    def step(state, frame):
        state = jnp.tanh(0.5 * state + frame)
        return state, state

    start = jnp.zeros(x[:, 0].shape, x.dtype)
    states = lax.scan(step, start, x.swapaxes(0, 1), reverse=reverse)[1]
    return states.swapaxes(0, 1)


def gru(x):
    """Gates compete with the state."""

    def step(state, frame):
        gate = jax.nn.sigmoid(frame + state)
        return gate * state + (1 - gate) * jnp.tanh(frame + 0.1 * state), None

    return lax.scan(step, jnp.zeros(x[:, 0].shape, x.dtype), x.swapaxes(0, 1))[0]


def stacked_layers(x):
    """The layers of a network as a scan over their parameters."""
    scales = jnp.asarray(np.linspace(0.5, 1.5, 3), x.dtype)
    return lax.scan(lambda x, scale: (conv(x) * scale, None), x, scales)[0]


def shifting(x):
    """The carry moves one pixel per step: only the last is left in place."""
    return lax.scan(lambda c, _: (jnp.roll(c, 1, 1), c[:, 0]), x, None, length=3)


def counted(x):
    """A while loop whose counter starts and stops at known numbers."""

    def step(state):
        return state[0] + 1, conv(state[1])

    return lax.while_loop(lambda state: state[0] < 3, step, (0, x))[1]


def until(x):
    """A while loop that the data stops."""
    return lax.while_loop(lambda c: c[0].sum() < 50, lambda c: c * 2 + 1, jnp.abs(x) + 1)


def by_index(x):
    """Writes one pixel per step."""

    def step(i, out):
        return out.at[:, i].set(x[:, 3 - i] * 2)

    return lax.fori_loop(0, 3, step, jnp.zeros_like(x))


def window_loop(x):
    """Reads one window per step."""
    return lax.map(lambda i: lax.dynamic_slice_in_dim(x, i, 2, 1).sum(1), jnp.array([0, 2, 1]))


def nested(x):
    """Rows, and in each row its pixels."""

    def row(carry, line):
        total = lax.scan(lambda c, v: (c + v, c + v), jnp.zeros_like(carry), line)
        return carry + total[0], total[1] + carry

    return lax.scan(row, jnp.zeros(x.shape[2:], x.dtype), x)[1]


@jax.custom_jvp
def softly(x):
    return jnp.log1p(jnp.exp(x))


@softly.defjvp
def softly_jvp(primals, tangents):
    return softly(*primals), tangents[0] * jax.nn.sigmoid(primals[0])


@jax.custom_vjp
def straight(x):
    return conv(x)


straight.defvjp(lambda x: (conv(x), None), lambda _, g: (conv(g),))


def sharded(f):
    """``f`` on a mesh of one device."""

    def run(x):
        mesh = Mesh(np.array(jax.devices()[:1]), ("d",))
        spec = PartitionSpec("d")
        return jax.shard_map(f, mesh=mesh, in_specs=spec, out_specs=spec)(x)

    return run


CASES = [
    Case("rnn, all states", rnn, (1, 4, 2), ""),
    Case("rnn, last state", lambda x: rnn(x)[:, -1], (1, 3, 1), ""),
    Case("rnn, backwards", partial(rnn, reverse=True), (2, 3, 1), ""),
    Case("rnn, both ways", lambda x: rnn(x)[:, 1:] + rnn(x, True)[:, :-1], (1, 4, 1), ""),
    Case("gru", gru, (1, 3, 2), ""),
    Case("layers as a scan", stacked_layers, (1, 9, 1), ""),
    Case("a carry that moves, the carry", lambda x: shifting(x)[0], (1, 4, 2), ""),
    Case("a carry that moves, what it leaves", lambda x: shifting(x)[1], (1, 4, 2), ""),
    Case("map", lambda x: lax.map(conv, x[:, None])[:, 0], (2, 4, 1), ""),
    Case("map in batches", lambda x: lax.map(jnp.cumsum, x[0], batch_size=2), (1, 3, 2), ""),
    Case("vmap of a scan", lambda x: jax.vmap(lambda v: rnn(v[None])[0])(x), (2, 3, 1), ""),
    Case("scan in a scan", nested, (2, 3, 1), ""),
    Case("derivative of a scan", lambda x: jax.grad(lambda x: (rnn(x)[:, -1] ** 2).sum())(x),
         (1, 3, 1), ""),
    Case("for, known bounds", lambda x: lax.fori_loop(0, 2, lambda i, c: conv(c), x), (1, 7, 1),
         ""),
    Case("for, writing by index", by_index, (1, 4, 1), ""),
    Case("for, reading by index", window_loop, (1, 4, 1), ""),
    Case("while, counted", counted, (1, 9, 1), "", perturb=True),
    Case("while, stopped by the data", until, (3,), "", perturb=True,
         over="a loop of unknown length is not entered",
         loose="a loop of unknown length is not entered"),
    Case("cond on the input",
         lambda x: lax.cond(x[0, 0, 0] > 0, conv, lambda v: v * 2, x), (1, 4, 1), "",
         perturb=True),
    Case("cond, known",
         lambda x: lax.cond(jnp.arange(3)[1] > 0, conv, lambda v: v.sum(1, keepdims=True) + v, x),
         (1, 5, 1), ""),
    Case("switch",
         lambda x: lax.switch(jnp.abs(x[0, 0, 0]).astype(int),
                              [lambda v: v, lambda v: v[:, ::-1], lambda v: v * 2], x),
         (1, 4, 1), "", perturb=True),
    Case("checkpoint", lambda x: jax.checkpoint(lambda v: conv(jnp.tanh(v)))(x), (1, 4, 1), ""),
    Case("jit in jit", jax.jit(lambda x: jax.jit(conv)(x) + jax.jit(conv)(x[:, ::-1])), (1, 5, 1),
         ""),
    Case("custom_jvp", lambda x: softly(conv(x)), (1, 4, 1), ""),
    Case("custom_vjp", straight, (1, 4, 1), ""),
    Case("shard_map", sharded(conv), (1, 4, 1), ""),
    Case("shard_map with a sum", sharded(lambda x: conv(x) + lax.psum(x, "d")), (1, 4, 1), ""),
    Case("shard_map with sums and means",
         sharded(lambda x: lax.pmean(conv(x), "d") * lax.axis_size("d") + x), (2, 4, 1), ""),
]  # fmt: skip
