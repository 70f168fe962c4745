"""Control flow: branches and loops with predicates that are known, and that the data decide."""

from __future__ import annotations

from soundness.draw import Draw, Piece, Wrap

__all__ = ["control", "wrapped"]


def control(d: Draw) -> list[Piece]:
    """One loop or branch."""
    n, c = d.length, d.channels
    k, i = d.integer(1, n - 1), d.integer(0, n - 1)
    step, reverse = d.name("step"), d.pick(True, False)
    predicate = d.pick(
        f"x[0, {i}, 0] > 0",
        "x.mean() > 0",
        f"jnp.arange({n})[{i}] > 2",
        "jnp.array(True)",
        f"{d.weight(n)}[{i}] > 0",
    )
    index = d.pick(f"jnp.arange({n})[{i}] - 1", f"(x[0, {i}, 0] * 2).astype('int32')")
    pair = f"({d.weight(n, c)}, {d.weight(c)})"
    return [
        d.pick(
            f"x = lax.cond({predicate}, lambda x: x[:, ::-1], lambda x: x * 2, x)",
            f"x = lax.switch({index}, [lambda x: x, lambda x: jnp.roll(x, {k}, 1), "
            "lambda x: x * x[:, :1]], x)",
            f"x = lax.fori_loop(0, {k}, lambda t, x: x.at[:, t].set(x[:, t + 1]), x)"
            if k < n - 1
            else f"x = lax.fori_loop(0, {k}, lambda t, x: jnp.roll(x, t, 1) + x * 0.1, x)",
            f"x = lax.fori_loop(0, (x[0, {i}, 0] > 0).astype('int32') + 1, "
            f"lambda t, x: jnp.roll(x, {k}, 1), x)",
            f"x = lax.while_loop(lambda s: s[0] < {k}, lambda s: (s[0] + 1, "
            f"jnp.roll(s[1], 1, 1) + s[1][:, {i}:{i + 1}] * 0.1), (0, x))[1]",
            f"x = lax.while_loop(lambda s: (s[0] < {k}) & (jnp.abs(s[1][0, {i}, 0]) < 1), "
            "lambda s: (s[0] + 1, jnp.roll(s[1], 1, 1) * 1.5), (0, x))[1]",
            f"def {step}(h, v):\n    h = 0.5 * h + v @ {d.weight(c, c)}\n    return h, h\n"
            f"x = lax.scan({step}, jnp.zeros((1, {c})), x.swapaxes(0, 1), "
            f"reverse={reverse})[1].swapaxes(0, 1)",
            f"def {step}(h, t):\n    return h.at[:, t].add(h[:, (t + {k}) % {n}]), h[:, t]\n"
            f"x = fit(lax.scan({step}, x, jnp.arange({n - 1}))[1], x)",
            f"def {step}(h, v):\n    return v, h\n"
            f"x = lax.scan({step}, x[:, {i}], x.swapaxes(0, 1), reverse={reverse})[1]"
            ".swapaxes(0, 1)",
            f"x = lax.associative_scan(jnp.add, x, axis=1, reverse={reverse}) * 0.5",
            "x = lax.associative_scan(lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1]), "
            f"(jnp.full_like(x, 0.5), x), axis=1, reverse={reverse})[1]",
            "x = lax.associative_scan(jnp.maximum, x, axis=1)",
            _deep(d, step),
            "x = jax.vmap(lambda r: lax.cond(r.sum() > 0, jnp.tanh, lambda r: -r * r, r), 1, 1)(x)",
            f"x = jax.vmap(lambda t: lax.dynamic_index_in_dim(x, t, 1, False), out_axes=1)"
            f"(jnp.arange({n}) * {k} % {n})",
            f"def {step}(h, v):\n    a, b = {pair}\n"
            f"    return jnp.where(jnp.arange({n})[:, None] == v, h + a, h * b), None\n"
            f"x = lax.scan({step}, x[0], jnp.arange({n}))[0][None]",
            f"@jax.custom_jvp\ndef {step}(x):\n    return x[:, ::-1] * x\n"
            f"{step}.defjvps(lambda t, y, x: t)\nx = {step}(x)",
            f"x = jax.grad(lambda v: ({_energy(d)}).sum())(x)",
        )
    ]


def _energy(d: Draw) -> str:
    k = d.integer(1, d.length - 1)
    return d.pick(
        "jnp.tanh(v) * jnp.roll(v, 1, 1)",
        f"v[:, {k}:] ** 2",
        "jnp.maximum(v[:, 1:], v[:, :-1]) * v[:, 1:]",
        f"v[:, np.array({d.integers(0, d.length - 1, 3)})] ** 3",
        "lax.cummax(v, 1) * v",
    )


def _deep(d: Draw, step: str) -> str:
    """Many steps of a diagonal state, and what becomes of the last one."""
    if not d.chance(0.5):
        return "x = x * 2"
    n = d.length
    body = d.pick("0.9 * h", f"jnp.where({d.mask()}[0][:, None], h, 0)", "h * jnp.ones((1,))")
    return (
        f"def {step}(h, v):\n    h = {body} + v\n    return h, h[0]\n"
        f"h, hs = lax.scan({step}, x[0], jnp.ones((150, 1)) * 0.01)\n"
        f"x = x + (h.T @ {d.weight(n, n)}).T * 0.1"
    )


def wrapped(d: Draw, pieces: list[Piece]) -> Piece:
    """Pieces inside a function that is jitted, checkpointed, repeated or one of two branches."""
    i = d.integer(0, d.length - 1)
    call = d.pick(
        "jax.jit(g)(x)",
        "jax.jit(g)(x)",
        "jax.checkpoint(g)(x)",
        "jax.vmap(lambda v: g(v[None])[0])(x)",
        "lax.fori_loop(0, 2, lambda t, x: g(x), x)",
        "lax.scan(lambda x, _: (g(x), None), x, None, length=2)[0]",
        f"lax.cond(x[0, {i}, 0] > 0, g, lambda x: x, x)",
        "lax.cond(jnp.array(True), g, lambda x: x, x)",
        "x + 0.5 * g(x)",
        "x[:, ::-1] + g(x)",
        "jax.jit(lambda x: g(jax.jit(g)(x)))(x)",
        "lax.while_loop(lambda s: s[0] < 1, lambda s: (s[0] + 1, g(s[1])), (0, x))[1]",
    )
    return Wrap(tuple(pieces), f"x = {call}")
