"""LSTM, GRU and plain recurrent layers, of several layers and both directions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op


def _lstm_cell(state, x, weights):
    """Gates in PyTorch's order: input, forget, cell, output."""
    (h, c), (w_x, w_h, b_x, b_h, w_out) = state, weights
    i, f, g, o = jnp.split(x @ w_x.T + b_x + h @ w_h.T + b_h, 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return ((h if w_out is None else h @ w_out.T), c)


def _gru_cell(state, x, weights):
    """Gates in PyTorch's order: reset, update, new."""
    (h,), (w_x, w_h, b_x, b_h, _) = state, weights
    r_x, z_x, n_x = jnp.split(x @ w_x.T + b_x, 3, -1)
    r_h, z_h, n_h = jnp.split(h @ w_h.T + b_h, 3, -1)
    z = jax.nn.sigmoid(z_x + z_h)
    n = jnp.tanh(n_x + jax.nn.sigmoid(r_x + r_h) * n_h)
    return ((1 - z) * n + z * h,)


def _plain_cell(activation):
    def cell(state, x, weights):
        """One layer over the input and the last output."""
        (h,), (w_x, w_h, b_x, b_h, _) = state, weights
        return (activation(x @ w_x.T + b_x + h @ w_h.T + b_h),)

    return cell


def _run(cell, x, states, params, has_biases, num_layers, bidirectional, batch_first):
    """All layers, one direction after the other.

    Args:
        cell: ``(state, x, weights) -> state``, whose first part is the output.
        x: [time, batch, features], or batch first.
        states: parts of the initial state, each [layers * directions, batch, features].
        params: weights of every layer and direction in a row.
        has_biases: whether there are two biases among them.
        num_layers: of layers.
        bidirectional: whether every layer also runs backwards.
        batch_first: the order of the axes of ``x``.

    Returns:
        the outputs, and the parts of the last state.
    """
    x = jnp.swapaxes(x, 0, 1) if batch_first and x.ndim == 3 else x
    directions = 2 if bidirectional else 1
    each = len(params) // (num_layers * directions)
    last = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            n = layer * directions + direction
            weights = _weights(params[n * each : (n + 1) * each], has_biases)

            def step(state, x_t, weights=weights):
                state = cell(state, x_t, weights)
                return state, state[0]

            first = tuple(part[n].astype(x.dtype) for part in states)
            state, y = lax.scan(step, first, x, reverse=bool(direction))
            outputs.append(y)
            last.append(state)
        x = jnp.concatenate(outputs, -1)
    parts = [jnp.stack(part) for part in zip(*last, strict=True)]
    return (jnp.swapaxes(x, 0, 1) if batch_first and x.ndim == 3 else x), *parts


def _weights(params, has_biases: bool):
    """(input weight, state weight, two biases, projection or None)."""
    biases = tuple(params[2:4]) if has_biases else (0.0, 0.0)
    rest = params[4 if has_biases else 2 :]
    return params[0], params[1], *biases, (rest[0] if rest else None)


@op("lstm.input")
def lstm(x, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False):
    """Outputs, last hidden and last cell state."""
    return _run(_lstm_cell, x, hx, params, has_biases, num_layers, bidirectional, batch_first)


def _one_state(cell):
    def layer(
        x, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False
    ):
        """Outputs and last hidden state."""
        return _run(cell, x, [hx], params, has_biases, num_layers, bidirectional, batch_first)

    return layer


op("gru.input")(_one_state(_gru_cell))
op("rnn_tanh.input")(_one_state(_plain_cell(jnp.tanh)))
op("rnn_relu.input")(_one_state(_plain_cell(jax.nn.relu)))
