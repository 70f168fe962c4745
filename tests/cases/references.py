"""Mutable references: reads and writes in order, in part, in loops, branches and calls."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from tests.helpers.rulecase import Case

UNKNOWN = "which row an index computed beside a known one belongs to is not followed"


def zeros(x, shape=None):
    """A reference to zeros."""
    return jax.new_ref(jnp.zeros(x.shape if shape is None else shape, x.dtype))


def brightest(x):
    """The place of the largest element of the first channel."""
    return jnp.argmax(x[0, :, 0])


def writes(write, x, shape=None):
    """What is left after ``write(ref, x)``."""
    ref = zeros(x, shape)
    write(ref, x)
    return ref[...]


def shifted(ref, x):
    ref[:, 2:] = x[:, :-2]
    ref[...] += x


def strided(ref, x):
    ref[:, 1::2] = x[:, ::2]


def rows(ref, x):
    ref[:, jnp.array([2, 0])] = x[:, 1:3] * 2


def rows_and_channels(ref, x):
    ref[0, jnp.array([2, 0]), jnp.array([1, 0])] = x[0, 1:3, 0]


def apart(ref, x):
    ref[jnp.array([0, 0]), :, jnp.array([1, 0])] = x[0].T


def computed_row(ref, x):
    ref[...] = x
    ref[:, brightest(x)] = x[:, 0] + 1


def added_twice(ref, x):
    jax.ref.addupdate(ref, (slice(None), jnp.array([1, 1])), x[:, 1:3])


def added(ref, x):
    jax.ref.addupdate(ref, (slice(None), slice(0, 2)), x[:, 1:3])
    jax.ref.addupdate(ref, ..., x)


def view_of_a_view(ref, x):
    ref.at[0].at[1:3][1] = x[0, 0]


def reshaped(x):
    """Every other row, read through a view."""
    return jax.new_ref(x).reshape(1, 2, 2, 2)[:, :, 0]


def in_order(x):
    """What was read before a write stays what it was."""
    ref = jax.new_ref(x)
    before = ref[:, 1:]
    ref[...] = jnp.flip(x, 1)
    return before + ref[:, :-1]


def swapped(x):
    ref = jax.new_ref(x)
    old = jax.ref.swap(ref, (slice(None), slice(0, 2)), x[:, 2:])
    return jnp.concatenate([old[:, ::-1], jax.freeze(ref)], 1)


def parts(x):
    """Reads of every kind."""
    ref = jax.new_ref(x)
    first = ref[:, 1] + ref[:, -1]
    return first + ref[0, 2:][:1] + ref[:, jnp.array([0, 2])][:, 1] + ref[:, ::2][:, 0]


def scanned(x):
    """A sum kept outside of the loop."""
    total = zeros(x, x.shape[::2])

    def step(_, row):
        total[...] += row
        return None, total[...]

    return lax.scan(step, None, x.swapaxes(0, 1))[1].swapaxes(0, 1)


def filled(x):
    """Writes one pixel per turn."""
    ref = zeros(x)

    def turn(i, carry):
        ref[:, i] = x[:, 3 - i] * 2
        return carry

    lax.fori_loop(0, 3, turn, 0)
    return jax.freeze(ref)


def counted(x):
    """The counter of a while loop is a reference."""
    count, ref = jax.new_ref(0), jax.new_ref(x)

    def turn(carry):
        count[...] += 1
        ref[...] = jnp.roll(ref[...], 1, 1)
        return count[...]

    lax.while_loop(lambda n: n < 3, turn, 0)
    return ref[...]


def branched(x):
    """Branches write differently into one reference and alike into another."""
    ref, other = jax.new_ref(x), zeros(x)

    def left():
        ref[...] = x[:, ::-1]
        other[...] += x

    def right():
        ref[...] *= 2
        other[...] += x

    lax.cond(x[0, 2, 0] > 0, left, right)
    return ref[...] + other[...]


def known_branch(x):
    ref = zeros(x)

    def write():
        ref[...] = x

    lax.cond(jnp.arange(3)[1] > 0, write, lambda: None)
    return ref[...]


@jax.jit
def add_to(ref, x):
    ref[...] += x
    return ref[...]


def called(x):
    ref = zeros(x[:, 1:])
    add_to(ref, x[:, 1:])
    return add_to(ref, x[:, :-1])


@jax.checkpoint
def stored(ref, x):
    ref[...] = x[:, ::-1]
    return x * 2


def recomputed(x):
    ref = zeros(x)
    return stored(ref, x) + ref[...]


def each_row(x):
    """A reference per row, and an index computed in each."""

    def one(row):
        ref = jax.new_ref(row)
        ref[jnp.argmax(row[:, 0])] = row[0] + 1
        return ref[...]

    return jax.vmap(one)(x)


def derivative(x):
    def loss(x):
        ref = zeros(x)
        ref[:, 1:] = x[:, :-1] ** 2
        return ref[...].sum()

    return jax.grad(loss)(x)


CASES = [
    Case("a scalar", lambda x: x + writes(lambda r, x: r.__setitem__(..., x.mean()), x, ()),
         (1, 4, 1), ""),
    *(Case(write.__name__, partial(writes, write), (1, 4, 2), "")
      for write in (shifted, strided, rows, rows_and_channels, apart, added_twice, added)),
    Case("a view of a view", partial(writes, view_of_a_view), (1, 4, 2), "", perturb=True),
    Case("a reshaped view", reshaped, (1, 4, 2), "", perturb=True),
    Case("a computed row", partial(writes, computed_row), (1, 4, 2), "", perturb=True),
    Case("in order", in_order, (1, 4, 1), ""),
    Case("swap", swapped, (1, 4, 1), ""),
    Case("parts", parts, (1, 4, 1), ""),
    Case("scan", scanned, (1, 4, 2), ""),
    Case("for", filled, (1, 4, 1), ""),
    Case("while", counted, (1, 4, 1), "", perturb=True),
    Case("cond", branched, (1, 4, 1), "", perturb=True),
    Case("cond, known", known_branch, (1, 4, 1), "", perturb=True),
    Case("jit", called, (1, 4, 1), ""),
    Case("checkpoint", recomputed, (1, 4, 1), "", perturb=True),
    Case("vmap", each_row, (2, 3, 2), "", perturb=True, over=UNKNOWN, loose=UNKNOWN),
    Case("derivative", derivative, (1, 4, 1), ""),
]  # fmt: skip
