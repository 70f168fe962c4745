"""Mapped axes with names, sorting by several keys, bits of numbers, Fourier transforms."""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["mapped", "spectral", "transforms"]


def mapped(d: Draw) -> list[Piece]:
    """Collectives over a mapped axis: tokens or channels."""
    axis = d.pick(1, 1, 1, 2)
    n = (d.length, d.channels)[axis - 1]
    k = d.integer(1, max(1, n - 1))
    some = [(a, (a + k) % n) for a in range(n)]
    body = d.pick(
        "r - lax.pmean(r, 'i')",
        "r * lax.psum(r, 'i')",
        "lax.pmax(r, 'i') + r",
        "lax.pmin(r, 'i') * r",
        f"lax.ppermute(r, 'i', {some})",
        f"r + lax.ppermute(r, 'i', {some})",
        f"lax.all_gather(r, 'i')[{d.integer(0, n - 1)}] + r",
        "lax.all_gather(r, 'i', axis=0).max(0)",
        "r * lax.axis_index('i')",
        f"jnp.where(lax.axis_index('i') > {k - 1}, r, 0) + r * 0.5",
        "r + lax.psum(r * (lax.axis_index('i') < 2), 'i')",
        f"lax.all_gather(r, 'i')[(lax.axis_index('i') + {k}) % {n}]",
        f"lax.cond(lax.axis_index('i') > {k}, lambda r: r * r, lambda r: -r, r)",
        "r + lax.psum(1.0, 'i') * 0.1",
        "r + lax.all_to_all(jnp.tile(r, (N, 1)), 'i', 0, 0).mean(0)".replace("N", str(n)),
        f"r + lax.psum_scatter(jnp.tile(r, ({n}, 1)) * jnp.arange({n}.0)[:, None], 'i')",
    )
    call = f"jax.vmap(lambda r: {body}, {axis}, {axis}, axis_name='i')(x)"
    if d.chance(0.2):
        call = (
            f"jax.vmap(lambda r: jax.vmap(lambda s: s + lax.psum(s, {d.pick('i', 'j')!r}), "
            f"1, 1, axis_name='j')(r[..., None])[..., 0], {axis}, {axis}, axis_name='i')(x)"
        )
    return [f"x = {call}"]


def transforms(d: Draw) -> list[Piece]:
    """Sorting, ranking, bits and frequencies."""
    n, c = d.length, d.channels
    k, axis = d.integer(1, n - 1), d.pick(1, 2)
    keys = d.pick(1, 2, 3)
    out = d.integer(0, 2)
    small = d.pick("uint8", "uint16", "int8")
    return [
        d.pick(
            f"x = lax.sort((jnp.sign(x), x, x[:, ::-1]), dimension={axis}, num_keys={keys})[{out}]",
            f"x = lax.sort((jnp.floor(x), jnp.roll(x, {k}, 1), x), dimension={axis}, "
            f"num_keys={keys}, is_stable={d.pick(True, False)})[{out}]",
            f"x = lax.sort((jnp.tile(jnp.arange({n})[None, ::-1, None], (1, 1, {c})), x), "
            f"dimension=1, num_keys=1)[1]",
            f"x = fit(lax.top_k(x.swapaxes(1, 2), {k})[{d.pick(0, 1)}], x)",
            f"x = jnp.argsort(x, {axis}).astype(x.dtype) * x",
            "x = lax.bitcast_convert_type(lax.bitcast_convert_type(x, 'int32') & "
            f"{d.pick(-65536, 2147483647, -4194304)}, 'float32')",
            f"x = lax.bitcast_convert_type(x, {small!r})[..., -1].astype(x.dtype) + x[:, ::-1]",
            "x = lax.bitcast_convert_type(jnp.tanh(x), 'int32').astype(x.dtype) * 1e-9",
            "x = lax.bitcast_convert_type(jnp.stack([x.astype('bfloat16'), "
            "x[:, ::-1].astype('bfloat16')], -1), 'float32')",
            "x = jnp.fft.fft(x, axis=1).real",
            "x = jnp.abs(jnp.fft.fft2(x, axes=(1, 2)))",
            f"x = jnp.real(jnp.conj(x + 1j * x[:, ::-1]) * (x + {k}j))",
            f"x = lax.complex(x, jnp.roll(x, {k}, 1)).{d.pick('real', 'imag')}",
            "x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 1), (1, 1, 1), 'SAME')",
            "x = lax.reduce_window(x, 0.0, lax.add, (1, 2, 1), (1, 1, 1), ((0, 0), (1, 0), "
            "(0, 0)))",
            f"x = lax.cummax(x, {axis}, reverse={d.pick(True, False)})",
            f"x = jnp.cumprod(jnp.tanh(x), {axis})",
            f"x = jnp.median(x, {axis}, keepdims=True) + x[:, ::-1]",
            "x = jnp.searchsorted(jnp.sort(x[0, :, 0]), x[0, ::-1])[None] * x",
            f"x = fit(jnp.unique(jnp.round(x), size={n}), x)",
            f"x = jax.nn.one_hot(jnp.argmax(x, 1), {n}, axis=1) * x",
            f"x = jnp.cross(jnp.pad(x, ((0, 0), (0, 0), (0, {3 - c}))), jnp.ones(3))[..., :{c}]",
            "x = jnp.linalg.solve(jnp.eye(x.shape[1]) * 3 + jnp.tanh(x[0] @ x[0].T), x[0])[None]",
        )
    ]


def spectral(d: Draw) -> list[Piece]:
    """There and back through frequencies; what rounding leaves elsewhere does not count."""
    n, k = d.length, d.integer(2, d.length)
    kernel = d.weight(1, k, 1)
    return [
        d.pick(
            f"x = jnp.fft.irfft(jnp.fft.rfft(x, axis=1), {n}, axis=1)",
            f"x = jnp.fft.irfft(jnp.fft.rfft(x, {2 * n}, axis=1) * jnp.fft.rfft({kernel}, {2 * n}, "
            f"axis=1), {2 * n}, axis=1)[:, :{n}]",
            f"x = jnp.fft.irfft(jnp.fft.rfft(x, axis=1) * jnp.fft.rfft({kernel}, {n}, axis=1), "
            f"{n}, axis=1)",
            f"x = jnp.fft.ifft(jnp.fft.fft(x, axis=1) * jnp.fft.fft({kernel}, {n}, axis=1), "
            "axis=1).real",
            f"x = jnp.fft.ifft(jnp.fft.fft(x, {2 * n}, axis=1) * jnp.conj(jnp.fft.fft({kernel}, "
            f"{2 * n}, axis=1)), axis=1).real[:, :{n}]",
        )
    ]
