"""Stored zeros: weights that happen to be zero, beside masks that are zero on purpose.

Weights come from ``w(number, shape, dtype)``: the model captures them with many zeros, the truth
draws others. Bool arrays are architecture and stay as they are. So do whole numbers that choose, as
indices and in comparisons; whole numbers that are multiplied are weights.
"""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["stored"]


def stored(d: Draw) -> list[Piece]:
    """A stored array with zeros, as it multiplies, selects or convolves."""
    n, c = d.length, d.channels
    dtype = d.pick("float32", "int8", "int8", "float16", "bfloat16")
    square, line = d.weight(n, n, dtype=dtype), d.weight(n, 1, dtype=dtype)
    kernel, scale = d.weight(3, c, c, dtype=dtype), d.weight(dtype="float32")
    one, learned = d.weight(1), d.weight(n, 1)
    numbers = "dimension_numbers=('NWC', 'WIO', 'NWC')"
    cast = ".astype(x.dtype)"
    return [
        d.pick(
            f"x = {square}{cast} @ x",
            f"x = ({square}{cast} * 0.1) @ x",
            f"x = ({square} * {d.mask()}){cast} @ x",
            f"x = jnp.where({d.mask()}, {square}, 0){cast} @ x",
            f"x = jnp.einsum('ij,bjc->bic', {square}{cast}, x)",
            f"x = lax.conv_general_dilated(x, {kernel}{cast}, (1,), 'SAME', {numbers})",
            f"x = lax.conv_general_dilated(x, {kernel}{cast} * {scale}, (1,), 'SAME', {numbers})",
            f"x = x * {line}{cast}",
            f"x = x * {scale}",
            f"x = x + jnp.roll(x, 1, 1) * jnp.full(x.shape, {scale})",
            f"x = x + jnp.broadcast_to({scale}, x.shape) * x[:, ::-1]",
            f"x = jnp.where({learned} > 0, x, x[:, ::-1])",
            f"x = jnp.where({one} != 0, x[:, ::-1], x)",
            f"x = lax.cond({one}[0] != 0, lambda x: x[:, ::-1], lambda x: x, x)",
            f"x = (({square}.astype('int32') - {d.weight(n, n, dtype=dtype)}.astype('int32')) * "
            f"{scale}){cast} @ x",
            f"x = lax.dot_general((x * 9).astype('int8'), {d.weight(c, c, dtype='int8')}, "
            f"(((2,), (0,)), ((), ())), preferred_element_type='int32'){cast}",
            f"x = jnp.matmul(jax.nn.relu({square}){cast}, x)",
            f"x = x[:, jnp.argsort({learned}[:, 0])]",
            f"x = x / {scale}",
            f"x = jnp.tril({square}){cast} @ x",
            f"x = ({square} & 1){cast} @ x" if dtype == "int8" else f"x = jnp.sign({line}) * x",
        )
    ]
