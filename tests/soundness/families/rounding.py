"""Known indices: from floats that land on integers or just beside them, from numbers that wrap."""

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


def whole(d: Draw) -> str:
    """Text for whole numbers [length] that wrap, divide, shift or clamp on the way."""
    n, k = d.length, d.integer(1, 9)
    dtype = d.pick("int32", "int32", "uint8", "int8", "int16", "uint32")
    i = f"jnp.arange({n}, dtype={dtype!r})"
    return d.pick(
        f"{i} * {d.pick(100, 77, 31)} + {k}",
        f"lax.div({i} * 50, jnp.full(({n},), {d.pick(0, 2, 3)}, {dtype!r}))",
        f"lax.rem({i} - 3, jnp.full(({n},), {d.pick(0, 2, 3)}, {dtype!r}))",
        f"({i} - 3) // 2",
        f"({i} - 3) % 4",
        f"lax.shift_left({i}, {i} * 5)",
        f"lax.shift_right_logical({i} - {k}, jnp.full(({n},), {d.pick(1, 2, 9, 40)}, {dtype!r}))",
        f"lax.shift_right_arithmetic({i} - {k}, jnp.full(({n},), {d.pick(1, 9)}, {dtype!r}))",
        f"~{i}",
        f"-{i} ^ {k}",
        f"jnp.abs({i} - {k})",
        f"jnp.sign({i} - {k}) + {k}",
        f"jnp.cumsum({i} * 40, dtype={dtype!r})",
        f"lax.integer_pow({i}, 5)",
        f"({i} * 0.5 - 1).astype('uint8')",
        f"({i} * 1e9).astype({dtype!r})",
        f"(1 / ({i} - 2.0)).astype({dtype!r})",
        f"lax.population_count({i} - 1) + lax.clz({i})",
        f"jnp.sort(({i} * {d.pick(3, 5)}) % {n})[::-1]",
        f"jnp.argsort(jnp.sin({i} * 1.0))",
        f"jnp.where({d.bools(n)}, {i}, {k})",
        f"lax.bitcast_convert_type({i} * 1.0, 'int32') >> 20",
        f"({i}.astype('bfloat16') * 1.01).astype({dtype!r})",
        f"jnp.digitize({i} * 0.3, jnp.array([0.3, 0.6, 0.9]))",
        f"jnp.searchsorted(jnp.arange({n}) * 0.1, {i} * 0.1)",
        f"jnp.bincount({i} % 3, length={n})",
        f"jnp.nonzero({d.bools(n)}, size={n}, fill_value={k})[0]",
    )


def rounding(d: Draw) -> list[Piece]:
    """A known index and a use of it."""
    n, i = d.length, d.name("i")
    towards = d.pick("jnp.floor", "jnp.round", "jnp.ceil", "jnp.trunc", "")
    kept = d.pick(f"jnp.clip({i}, 0, {n - 1})", f"{i} % {n}", f"jnp.abs({i}) % {n}", i)
    k = d.integer(1, n - 1)
    mode = d.pick("clip", "fill", "wrap")
    first = f"{i} = {towards}({positions(d)}).astype('int32')"
    return [
        first if d.chance(0.6) else f"{i} = ({whole(d)}).astype('int32')",
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
            f"x = lax.fori_loop(0, jnp.minimum({i}[{k}], 9), lambda t, x: jnp.roll(x, 1, 1), x)",
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
