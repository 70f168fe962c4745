"""Partially known arithmetic: a mask fixes some elements, and a few operations go over them."""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["masked"]

_FLOATS = ("float32", "float32", "float32", "float16", "bfloat16")
_INTEGERS = ("int32", "uint8", "int8", "int16", "uint32")


def masked(d: Draw) -> list[Piece]:
    """Live elements and known ones in one matrix, a chain of operations, and what it weighs."""
    m = d.name("m")
    kind = d.pick("float", "float", "float", "int", "int", "bool")
    dtype = {"float": d.pick(*_FLOATS), "int": d.pick(*_INTEGERS), "bool": "bool"}[kind]
    pieces: list[Piece] = [f"{m} = {live(d, dtype)}", _filled(d, m, dtype)]
    for _ in range(d.integer(1, 4)):
        line, dtype = operation(d, m, dtype)
        pieces.append(line)
    return [*pieces, *used(d, m, dtype)]


def live(d: Draw, dtype: str) -> str:
    """Text for a matrix of scores or of weights, [length, length]."""
    n = d.length
    scores = d.pick(
        "(x @ x.swapaxes(1, 2))[0]",
        "(x @ x.swapaxes(1, 2))[0]",
        d.weight(n, n),
        "(x[0, :, :1] - x[0, :, 0])",
    )
    if dtype == "bool":
        return f"{scores} > {d.pick('0', '0.5')}"
    if dtype in ("uint8", "uint32"):
        return f"jnp.abs({scores} * 3).astype({dtype!r})"
    if "int" in dtype:
        return f"({scores} * {d.pick(3, 50)}).astype({dtype!r})"
    scores = d.pick(scores, scores, f"jnp.abs({scores})")
    return scores if dtype == "float32" else f"{scores}.astype({dtype!r})"


def _fill(d: Draw, dtype: str) -> str:
    if dtype == "bool":
        return d.pick("True", "False")
    if "int" in dtype:
        low = "0" if dtype[0] == "u" else "-1"
        limits = (f"jnp.iinfo('{dtype}').min", f"jnp.iinfo('{dtype}').max")
        return d.pick("0", "0", "1", "3", low, *limits)
    limits = (f"jnp.finfo('{dtype}').min", f"jnp.finfo('{dtype}').max")
    fills = ("0", "0", "1", "-jnp.inf", "-jnp.inf", "jnp.inf", *limits, *limits, "-1e9", "jnp.nan")
    return d.pick(*fills, *(() if dtype == "float16" else ("1e30", "1e30", "-1e30")))


def _filled(d: Draw, m: str, dtype: str) -> str:
    """The line that makes some elements known."""
    mask, fill = d.mask(), _fill(d, dtype)
    ways = [f"{m} = jnp.where({mask}, {m}, jnp.array({fill}, {m}.dtype))"] * 3
    ways += [f"{m} = lax.select({mask}, {m}, jnp.full_like({m}, {fill}))"]
    ways += [f"{m} = jnp.where({mask}[None], {m}[None], jnp.array({fill}, {m}.dtype))[0]"]
    if dtype == "bool":
        return d.pick(*ways, f"{m} = {m} & {mask}", f"{m} = {m} | {mask}", f"{m} = {m} ^ {mask}")
    ways += [f"{m} = {m} * {mask}", f"{m} = {m} * {mask}.astype({m}.dtype)"]
    if "float" in dtype:
        ways += [f"{m} = {m} + jnp.where({mask}, 0, jnp.array({fill}, {m}.dtype))"]
        ways += [f"{m} = {m} - (1 - {mask}.astype({m}.dtype)) * jnp.array({fill}, {m}.dtype)"]
    else:
        ways += [f"{m} = {m} & -{mask}.astype({m}.dtype)"]
    return d.pick(*ways)


def operation(d: Draw, m: str, dtype: str) -> tuple[str, str]:
    """A line that changes the matrix, and its dtype from then on."""
    if d.chance(0.2):
        return _layout(d, m, dtype), dtype
    if d.chance(0.15):
        new = d.pick("bool", *_INTEGERS, *_FLOATS)
        return f"{m} = {m}.astype({new!r})", new
    if d.chance(0.12):
        test = d.pick(f"{m} > 1", f"{m} == 0", f"{m} != 1", f"{m} <= 3", f"{m} == {m}.T")
        return f"{m} = {test}", "bool"
    if dtype == "bool":
        other = d.pick(d.mask(), f"({live(d, 'bool')})")
        return d.pick(
            f"{m} = ~{m}",
            f"{m} = {m} & {other}",
            f"{m} = {m} | {other}",
            f"{m} = {m} ^ {other}",
            f"{m} = jnp.logical_not({m}.T)",
            f"{m} = jnp.where({m}, {m}.T, {other})",
        ), dtype
    return _integer(d, m, dtype) if "int" in dtype else _float(d, m, dtype)


def _integer(d: Draw, m: str, dtype: str) -> tuple[str, str]:
    c = d.pick("1", "2", "3", "7", "0")
    full = f"jnp.full_like({m}, {c})"
    other = d.pick(full, f"{d.mask()}.astype({dtype!r})", f"{live(d, dtype)}", f"{m}.T")
    return f"{m} = " + d.pick(
        f"{m} + {other}",
        f"{m} - {other}",
        f"{other} - {m}",
        f"{m} * {other}",
        f"lax.div({m}, {other})",
        f"lax.div({other}, {m})",
        f"lax.rem({m}, {other})",
        f"lax.rem({other}, {m})",
        f"{m} // {full}",
        f"{m} % {full}",
        f"{m} & {other}",
        f"{m} | {other}",
        f"{m} ^ {other}",
        f"~{m}",
        f"-{m}",
        f"lax.shift_left({m}, {other})",
        f"lax.shift_right_logical({m}, {other})",
        f"lax.shift_right_arithmetic({m}, {other})",
        f"jnp.maximum({m}, {other})",
        f"jnp.minimum({m}, {other})",
        f"jnp.clip({m}, 1, 3)",
        f"lax.clamp(jnp.array(1, {m}.dtype), {m}, {other})",
        f"lax.population_count({m})",
        f"lax.clz({m})",
        f"jnp.sign({m})",
        f"jnp.abs({m})",
        f"lax.integer_pow({m}, {d.integer(0, 3)})",
        f"jnp.where({m} == 0, {other}, {m})",
        f"jnp.cumsum({m}, {d.pick(0, 1)}, dtype={m}.dtype)",
    ), dtype


def _float(d: Draw, m: str, dtype: str) -> tuple[str, str]:
    c = d.pick("1", "2", "-1", "0.5", "3", "0")
    full = f"jnp.full_like({m}, {c})"
    known = f"jnp.where({d.mask()}, jnp.array({_fill(d, dtype)}, {m}.dtype), {c})"
    other = d.pick(
        full, known, f"{d.mask()}.astype({dtype!r})", live(d, dtype), f"{m}.T", f"{m}.max()"
    )
    if d.chance(0.2):
        return (
            f"{m} = {d.pick('jnp.isfinite', 'jnp.isfinite', 'jnp.isnan', 'jnp.isinf')}({m})",
            "bool",
        )
    return f"{m} = " + d.pick(
        f"{m} + {other}",
        f"{m} - {other}",
        f"{other} - {m}",
        f"{m} * {other}",
        f"{m} / {other}",
        f"{other} / {m}",
        f"{m} ** 2",
        f"lax.integer_pow({m}, {d.pick(-2, -1, 0, 3)})",
        f"jnp.power({d.pick('2', '1', '0')}, {m})",
        f"jnp.power({m}, {d.pick('0.5', '0', '-1')})",
        f"lax.rem({m}, jnp.broadcast_to({other}, {m}.shape))",
        f"{m} % {full}",
        f"jnp.maximum({m}, {other})",
        f"jnp.minimum({m}, {other})",
        f"jnp.clip({m}, -1, 2)",
        f"lax.clamp(jnp.array(-1, {m}.dtype), {m}, {full})",
        f"jnp.exp({m})",
        f"jnp.exp2(-{m})",
        f"jnp.log({m} + 3)",
        f"jnp.log(jnp.abs({m}))",
        f"jnp.log1p(jnp.abs({m}))",
        f"1 / {m}",
        f"1 / jnp.log(jnp.abs({m}) + 3)",
        f"jnp.sqrt(jnp.abs({m}))",
        f"lax.rsqrt(jnp.abs({m}) + 1)",
        f"jnp.sign({m})",
        f"jnp.abs({m})",
        f"-{m}",
        f"jnp.tanh({m})",
        f"jax.nn.sigmoid({m})",
        f"jax.nn.relu({m})",
        f"jnp.expm1({m})",
        f"jnp.floor({m})",
        f"jnp.round({m})",
        f"jnp.ceil({m} / 2)",
        f"jnp.cos({m})",
        f"lax.erf({m})",
        f"jax.nn.softmax({m}, {d.pick(0, 1)})",
        f"jax.nn.log_softmax({m}, {d.pick(0, 1)})",
        f"{m} - {m}.max(1, keepdims=True)",
        f"{m} / {m}.sum(1, keepdims=True)",
        f"jnp.where({d.mask()}, {m}, {c})",
        f"jnp.where({m} > 0, {m}, {c})",
        f"jnp.where(jnp.isfinite({m}), {m}, {other})",
        f"jnp.nan_to_num({m})",
        f"jnp.logaddexp({m}, {full})",
        f"jnp.cumsum({m}, {d.pick(0, 1)}, dtype={m}.dtype)",
        f"lax.cummax({m}, {d.pick(0, 1)})",
        f"jnp.sort({m}, {d.pick(0, 1)})",
        f"({m} @ {d.mask()}.astype({m}.dtype)).astype({m}.dtype)",
        f"lax.reduce_precision({m}, 5, {d.integer(2, 8)})",
    ), dtype


def _layout(d: Draw, m: str, dtype: str) -> str:
    """Elements elsewhere."""
    n, k = d.length, d.integer(1, d.length - 1)
    return f"{m} = " + d.pick(
        f"{m}.T",
        f"{m}.ravel(order='F').reshape({n}, {n})",
        f"{m}.reshape({n}, {n}, order='F')",
        f"lax.reshape({m}, ({n}, {n}), dimensions=(1, 0))",
        f"lax.reshape({m}[None], ({n}, {n}), dimensions=(2, 0, 1))",
        f"{m}[::-1]",
        f"lax.rev({m}, ({d.pick(0, 1)},))",
        f"jnp.roll({m}, {k}, {d.pick(0, 1)})",
        f"jnp.rot90({m})",
        f"jnp.concatenate([{m}[{k}:], {m}[:{k}]])",
        f"jnp.pad({m}, ((1, 0), (0, 0)))[:-1]",
        f"jnp.pad({m}, ((0, 0), (0, 1)))[:, 1:]",
        f"jnp.broadcast_to({m}[{k}], ({n}, {n}))",
        f"jnp.broadcast_to({m}[:, {k}:{k + 1}], ({n}, {n}))",
        f"{m}[np.array({d.integers(0, n - 1, n)})]",
        f"jnp.stack([{m}, {m}.T])[{d.pick(0, 1)}]",
        f"jnp.repeat({m}, 2, 0)[:{n}]",
        f"jnp.tile({m}, (1, 2))[:, {k}:{k + n}]",
        f"lax.dynamic_slice(jnp.concatenate([{m}, {m}]), ({k}, 0), ({n}, {n}))",
        f"{m}.at[{k}].set({m}[0])",
        f"jnp.diag(jnp.diagonal({m}))",
        f"jnp.fliplr({m})",
    )


def used(d: Draw, m: str, dtype: str) -> list[Piece]:
    """What the matrix is good for: weights, an index, a predicate, a kernel."""
    n, c, f = d.length, d.channels, f"{m}.astype(x.dtype)"
    k = d.integer(0, n - 1)
    pieces: list[Piece] = []
    if dtype != "bool" and "int" not in dtype and d.chance(0.4):
        guards = (f"jnp.nan_to_num({m})", f"jnp.isfinite({m})", f"{m} > 0", f"jnp.isnan({m})")
        pieces.append(f"{m} = {d.pick(*guards)}")
    if "int" in dtype and d.chance(0.15):
        return [*pieces, f"x = x[:, jnp.abs({m}[{k}].astype('int32')) % {n}]"]
    return [
        *pieces,
        d.pick(
            *[f"x = {f} @ x"] * 6,
            f"x = jnp.einsum('ij,bjc->bic', {f}, x)",
            f"x = jnp.einsum('ji,bjc->bic', {f}, x)",
            f"x = jax.nn.softmax({m}.astype('float32'), 1) @ x",
            f"x = x * {f}[:, {k}][:, None]",
            f"x = x * {f}[{k}][:, None] + {f}.T[{k}][:, None]",
            f"x = {f}.sum({d.pick(0, 1)})[:, None] * x",
            f"x = x[:, jnp.argmax({m}, {d.pick(0, 1)})]",
            f"x = jnp.take(x, jnp.argsort({m}[{k}]), 1)",
            f"x = jnp.where({m}[{k}][:, None] != 0, x, jnp.roll(x, 1, 1))",
            f"x = jnp.where({m}.astype(bool).any({d.pick(0, 1)})[:, None], x, x[:, ::-1])",
            f"x = x + {f}.max({d.pick(0, 1)})[:, None]",
            f"x = (x.swapaxes(1, 2) @ {f}).swapaxes(1, 2)",
            f"x = lax.conv_general_dilated(x, jnp.tile({f}[:3, {k}][:, None, None], (1, 1, {c})), "
            f"(1,), 'SAME', dimension_numbers=('NWC', 'WIO', 'NWC'), feature_group_count={c})",
            f"x = (({f} @ {f}) @ x)",
        ),
    ]
