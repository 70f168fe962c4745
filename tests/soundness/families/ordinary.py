"""Ordinary operations, between the adversarial ones."""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["ordinary"]


def ordinary(d: Draw) -> list[Piece]:
    """One operation as networks have them, most of them local."""
    n, c = d.length, d.channels
    k, axis = d.integer(1, n - 1), d.pick(1, -1)
    kernel = d.integer(2, 3)
    order = d.pick("C", "F")
    halves = d.pick("x[:, {0}:], x[:, :{0}]", "x[:, :{0}], x[:, {0}:] * 2").format(k)
    return [
        d.pick(
            f"x = x @ {d.weight(c, c)}",
            f"x = jnp.tanh({d.weight(n, n)} @ x)",
            _conv(d, kernel),
            _conv(d, kernel),
            f"x = jax.nn.softmax(x, {axis})",
            f"x = x - x.mean({axis}, keepdims=True)",
            "x = jax.nn.relu(x)",
            "x = jnp.tanh(x)",
            "x = x * jax.nn.sigmoid(x)",
            f"x = jnp.roll(x, {k}, 1)",
            f"x = jnp.concatenate([{halves}], 1)",
            f"x = x[:, np.array({d.integers(0, n - 1, n)})]",
            f"x = jnp.take(x, jnp.array({d.integers(0, n - 1, n)}), 1)",
            f"x = x.reshape(1, {c}, {n}).swapaxes(1, 2)",
            f"x = x.transpose(2, 1, 0).reshape(1, {n}, {c}, order={order!r})",
            "x = x[:, ::-1] + x",
            "x = jnp.pad(x, ((0, 0), (1, 0), (0, 0)))[:, :-1] + x",
            f"x = x + x[:, {k}:{k + 1}]",
            "x = jnp.cumsum(x, 1) / 4",
            "x = jnp.repeat(x[:, ::2], 2, 1)[:, :x.shape[1]]",
            f"x = jnp.where(x > 0, x, {d.pick('0.1 * x', 'jnp.roll(x, 1, 1)')})",
            f"x = x + {d.weight(n, 1)}",
        )
    ]


def _conv(d: Draw, kernel: int) -> str:
    c = d.channels
    left = d.integer(0, kernel - 1)
    pads = f"[({left}, {kernel - 1 - left})]"
    return (
        f"x = lax.conv_general_dilated(x, {d.weight(kernel, c, c)}, (1,), {pads}, "
        "dimension_numbers=('NWC', 'WIO', 'NWC'))"
    )
