"""LSTM, GRU and RNN by ``lax.scan``: X [time, batch, in] -> Y [time, directions, batch, hidden]."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.operators.elementwise import ACTIVATIONS
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

_DEFAULTS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}


@operator("LSTM", known=(4,))
def lstm(node: NodeView, x, w, r, b=None, lengths=None, h=None, c=None, p=None):
    """Gates i, o, f, c; peepholes P for i, o, f."""
    hidden = r.shape[-1]

    def direction(n: int, xs, functions):
        f, g, squash = functions
        peep_i, peep_o, peep_f = jnp.split(p[n], 3) if p is not None else (0, 0, 0)

        def step(state, x_t):
            h, c = state
            i, o, forget, new = jnp.split(x_t + h @ r[n].T, 4, -1)
            c_next = f(forget + peep_f * c) * c + f(i + peep_i * c) * g(new)
            h = f(o + peep_o * c_next) * squash(c_next)
            return (h, c_next), h

        bias = 0 if b is None else b[n][: 4 * hidden] + b[n][4 * hidden :]
        return step, xs @ w[n].T + bias

    return _run(node, x, direction, (h, c), lengths, hidden)


@operator("GRU", known=(4,))
def gru(node: NodeView, x, w, r, b=None, lengths=None, h=None):
    """Gates z, r, h; the reset acts before or after the recurrent product."""
    hidden, after = r.shape[-1], node.get("linear_before_reset", 0)

    def direction(n: int, xs, functions):
        f, g = functions
        b_w, b_r = (0, jnp.zeros(3 * hidden, r.dtype)) if b is None else jnp.split(b[n], 2)
        r_zr, r_h = r[n][: 2 * hidden].T, r[n][2 * hidden :].T

        def step(state, x_t):
            (h,) = state
            x_zr, x_h = x_t[..., : 2 * hidden], x_t[..., 2 * hidden :]
            z, reset = jnp.split(f(x_zr + h @ r_zr + b_r[: 2 * hidden]), 2, -1)
            bias = b_r[2 * hidden :]
            past = reset * (h @ r_h + bias) if after else (reset * h) @ r_h + bias
            h = (1 - z) * g(x_h + past) + z * h
            return (h,), h

        return step, xs @ w[n].T + b_w

    return _run(node, x, direction, (h,), lengths, hidden)


@operator("RNN", known=(4,))
def rnn(node: NodeView, x, w, r, b=None, lengths=None, h=None):
    """One gate."""
    hidden = r.shape[-1]

    def direction(n: int, xs, functions):
        def step(state, x_t):
            h = functions[0](x_t + state[0] @ r[n].T)
            return (h,), h

        bias = 0 if b is None else b[n][:hidden] + b[n][hidden:]
        return step, xs @ w[n].T + bias

    return _run(node, x, direction, (h,), lengths, hidden)


def _run(node: NodeView, x, direction: Callable, initial: tuple, lengths, hidden: int):
    """Scan every direction; returns Y and the last states [directions, batch, hidden]."""
    batch_first = bool(node.get("layout", 0))
    if batch_first:
        x = jnp.swapaxes(x, 0, 1)
        initial = tuple(None if s is None else jnp.swapaxes(s, 0, 1) for s in initial)
    steps, batch = x.shape[:2]
    if node.get("clip") or node.get("input_forget"):
        raise Unmapped(f"{node.op} with clip or input_forget")
    if lengths is not None and np.any(lengths != steps):
        raise Unmapped(f"{node.op} over sequences of different lengths")
    kind = node.get("direction", "forward")
    backwards = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}[kind]
    ys, lasts = [], []
    for n, reverse in enumerate(backwards):
        step, xs = direction(n, x, _activations(node, n))
        start = tuple(
            jnp.zeros((batch, hidden), xs.dtype) if s is None else jnp.asarray(s[n], xs.dtype)
            for s in initial
        )
        last, y = lax.scan(step, start, xs, reverse=reverse)
        ys.append(y)
        lasts.append(last)
    y = jnp.stack(ys, 1)
    finals: list[jax.Array] = [jnp.stack(states) for states in zip(*lasts, strict=True)]
    if batch_first:
        y = jnp.transpose(y, (2, 0, 1, 3))
        finals = [jnp.swapaxes(s, 0, 1) for s in finals]
    return (y, *finals)[: node.outputs]


def _activations(node: NodeView, direction: int) -> list[Callable]:
    defaults = _DEFAULTS[node.op]
    names = node.get("activations") or list(defaults) * (direction + 1)
    mine = names[direction * len(defaults) : (direction + 1) * len(defaults)]
    if any(name not in ACTIVATIONS for name in mine):
        raise Unmapped(f"{node.op} with activations {', '.join(mine)}")
    return [ACTIVATIONS[name] for name in mine]
