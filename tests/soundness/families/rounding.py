"""Known indices near rounding: floats that land on integers, or just beside them."""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["rounding"]


def positions(d: Draw) -> str:
    """Text for positions, float [length], many of them at integers up to rounding."""
    n = d.length
    i = d.pick(f"jnp.arange({n}, dtype='float32')", f"jnp.arange({n}.0)")
    if d.chance(0.2):
        i = f"{i}.astype({d.pick('float16', 'bfloat16')!r})"
    scale = d.pick("0.1", "0.7", "1.1", "0.3", "1/3", "0.49", "1.5")
    return d.pick(
        f"{i} * {scale} * 10",
        f"{i} / 3 * 3",
        f"{i} / 7 * 7",
        f"{i} * (1 / 3) * 3",
        f"({i} + 0.5) * {scale} - 0.5",
        f"({i} + 0.5) / {n} * {n} - 0.5",
        f"jnp.linspace(0, {n - 1}, {n})",
        f"jnp.linspace(0, 1, {n}) * {n - 1}",
        f"jnp.linspace(-1, 1, {n}) * {n / 2} + {n / 2}",
        f"({i} * 0.1) / 0.1",
        f"{i} - 0.1 * 10",
        f"jnp.exp(jnp.log({i} + 1)) - 1",
        f"jnp.sqrt({i} * {i})",
        f"jnp.sin({i}) ** 2 + jnp.cos({i}) ** 2 + {i}",
        f"jnp.cumsum(jnp.full(({n},), 0.1)) * 10",
        f"{i} * 0.1 + {i} * 0.2 + {i} * 0.7",
        f"jnp.array({n}.0) / ({i} + 1)",
        f"{i} * {scale}",
        f"jnp.power({i}, 1 / 3) ** 3",
        f"(2 * {i} + 1) / {n} * {n} * 0.5",
    )


def rounding(d: Draw) -> list[Piece]:
    """An index by floor, round or ceil, and a use of it."""
    n, i = d.length, d.name("i")
    towards = d.pick("jnp.floor", "jnp.round", "jnp.ceil", "jnp.trunc", "")
    kept = d.pick(f"jnp.clip({i}, 0, {n - 1})", f"{i} % {n}", f"jnp.abs({i}) % {n}", i)
    k = d.integer(1, n - 1)
    mode = d.pick("clip", "fill", "wrap")
    return [
        f"{i} = {towards}({positions(d)}).astype('int32')",
        f"{i} = {kept}",
        d.pick(
            f"x = x[:, {i}]",
            f"x = jnp.take(x, {i}, 1, mode={mode!r}, fill_value=0)",
            f"x = jax.nn.one_hot({i}, {n}) @ x",
            f"x = x.at[:, {i}].set(x[:, ::-1])",
            f"x = x.at[:, {i}].add(jnp.roll(x, {k}, 1))",
            f"x = lax.dynamic_slice(jnp.concatenate([x, x], 1), (0, {i}[{k}], 0), x.shape)",
            f"x = lax.dynamic_update_slice(x, x[:, :1], (0, {i}[{k}], 0))",
            f"x = ({i}[:, None] >= jnp.arange({n})).astype(x.dtype) @ x",
            f"x = jnp.where({i}[:, None] == jnp.arange({n})[:, None], x, x[:, ::-1])",
            f"x = jnp.take_along_axis(x, {i}[None, :, None], 1)",
            f"x = lax.switch({i}[{k}], [lambda x: x, lambda x: x[:, ::-1], "
            "lambda x: jnp.roll(x, 1, 1)], x)",
            f"x = jax.ops.segment_sum(x[0], {i}, num_segments={n})[None]",
            f"x = lax.fori_loop(0, {i}[{k}], lambda t, x: jnp.roll(x, 1, 1) * 0.9, x)",
        ),
    ]


def resizing(d: Draw) -> list[Piece]:
    """Down and up again by resampling."""
    n, c, small = d.length, d.channels, d.integer(2, d.length + 3)
    method = d.pick("nearest", "linear", "cubic", "lanczos3", "nearest")
    anti = d.pick(True, False)
    return [
        f"x = jax.image.resize(x, (1, {small}, {c}), {method!r}, antialias={anti})\n"
        f"x = jax.image.resize(x, (1, {n}, {c}), {d.pick('nearest', 'linear')!r})"
    ]
