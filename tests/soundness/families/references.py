"""Mutable references and effects: what a program reads may have been written unseen."""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["callbacks", "references"]


def references(d: Draw) -> list[Piece]:
    """A reference, a few reads and writes in order, and what is read at last."""
    r, n = d.name("r"), d.length
    fill = d.pick("x", "x", "x + 1", "jnp.zeros_like(x)", "jnp.zeros_like(x)", "jnp.ones_like(x)")
    if d.chance(0.2):
        return _scalar(d, r)
    pieces: list[Piece] = [f"{r} = jax.new_ref({fill})"]
    for _ in range(d.integer(1, 4)):
        pieces += _touch(d, r, n)
    pieces.append(
        d.pick(
            f"x = x + {r}[...]",
            f"x = {r}[...]",
            f"x = {r}[...]",
            f"x = jax.freeze({r})",
            f"x = x + {r}[:, {d.integer(0, n - 1)}][:, None]",
            f"x = jax.ref.swap({r}, ..., x) + {r}[...]",
        )
    )
    return pieces


def _scalar(d: Draw, r: str) -> list[Piece]:
    """A number that is remembered: a mean, a count, an index."""
    k = d.integer(0, d.length - 1)
    return [
        *d.pick(
            [f"{r} = jax.new_ref(jnp.zeros((), x.dtype))", f"{r}[...] = x[0, {k}, 0]"],
            [f"{r} = jax.new_ref(jnp.zeros((), x.dtype))", f"{r}[...] += x.mean()"],
            [f"{r} = jax.new_ref(x[0, {k}, 0] * 0.5)", f"{r}[...] = {r}[...] * x[0, 0, 0]"],
            [f"{r} = jax.new_ref(jnp.array({k}))", f"{r}[...] = jnp.argmax(x[0, :, 0])"],
            [f"{r} = jax.new_ref(jnp.array(0))", f"{r}[...] += 1"],
        ),
        d.pick(
            f"x = x + {r}[...]",
            f"x = x * {r}[...].astype(x.dtype)",
            f"x = jnp.roll(x, {r}[...].astype(int), 1)",
            f"x = x + x[:, {r}[...].astype(int)][:, None]",
            f"x = jnp.where({r}[...] > 0, x, x[:, ::-1])",
        ),
    ]


def _touch(d: Draw, r: str, n: int) -> list[Piece]:
    """One write, or a read and a write, of some kind."""
    a, b = sorted([d.integer(0, n - 1), d.integer(0, n - 1)])
    size = b - a + 1
    source = d.integer(0, n - size)
    i, j = d.integer(0, n - 1), d.integer(0, n - 1)
    step = d.name("step")
    value = d.pick("x", "x * 2", "x[:, ::-1]", "jnp.roll(x, 1, 1)", f"{r}[...][:, ::-1]")
    computed = d.pick("jnp.argmax(x[0, :, 0])", f"(x[0, {i}, 0] > 0).astype(int)")
    several = sorted({i, j, a})
    return [
        d.pick(
            f"{r}[...] = {value}",
            f"{r}[...] += {value}",
            f"{r}[:, {a}:{b + 1}] = x[:, {source}:{source + size}]",
            f"{r}[:, {a}:{b + 1}] += x[:, {source}:{source + size}]",
            f"{r}[:, {i}] = x[:, {j}]",
            f"{r}[:, {i}] = {r}[:, {j}] + 1",
            f"{r}[:, ::2] = x[:, :{(n + 1) // 2}]",
            f"{r}[:, {computed}] = x[:, {j}]",
            f"{r}[:, jnp.array({several})] = x[:, :{len(several)}]",
            f"x = x + {r}[:, {i}][:, None]",
            f"x = x + {r}[:, {computed}][:, None]",
            f"x = x + {r}[...]",
            f"jax.ref.addupdate({r}, ..., {value})",
            f"jax.ref.set({r}, (slice(None), {i}), x[:, {j}])",
            f"x = x + jax.ref.swap({r}, (slice(None), {i}), x[:, {j}])[:, None]",
            f"def {step}(i, c):\n    {r}[:, i] = c[:, i] + {r}[:, {j}]\n    return c\n"
            f"x = lax.fori_loop({a}, {b + 1}, {step}, x)",
            f"def {step}(c, i):\n    {r}[:, i] += {r}[:, (i + 1) % {n}]\n"
            f"    return c + {r}[:, {j}][:, None], None\n"
            f"x = lax.scan({step}, x, jnp.arange({size}))[0]",
            f"def {step}(i):\n    {r}[:, i % {n}] = x[:, {j}]\n    return i + 1\n"
            f"lax.while_loop(lambda i: i < {size}, {step}, {a})",
            f"def {step}(s):\n    {r}[:, {i}] = x[:, {j}] * s[0]\n    return s[0] + 1, s[1] * 0.5\n"
            f"lax.while_loop(lambda s: (s[1] > 1) & (s[0] < 9), {step}, "
            f"(0.0, jnp.abs(x[0, {j}, 0]) + 3))",
            f"def {step}():\n    {r}[:, {i}] = x[:, {j}]\n"
            f"lax.cond(x[0, {a}, 0] > 0, {step}, lambda: None)",
            f"def {step}():\n    {r}[...] = x[:, ::-1]\n"
            f"lax.cond({d.pick('jnp.array(True)', f'jnp.arange({n})[{i}] > 1')}, {step}, "
            "lambda: None)",
            f"@jax.jit\ndef {step}(v):\n    {r}[:, {i}] = v\n    return {r}[:, {j}]\n"
            f"x = x + {step}(x[:, {a}])[:, None]",
            f"@jax.jit\ndef {step}(ref, v):\n    ref[:, {i}] += v\n{step}({r}, x[:, {b}])",
        )
    ]


def callbacks(d: Draw) -> list[Piece]:
    """Code of the host, with results, without, and with a memory of its own."""
    n = d.length
    host, box = d.name("host"), d.name("box")
    like = "jax.ShapeDtypeStruct(x.shape, x.dtype)"
    moved = d.pick("np.asarray(v)[:, ::-1]", f"np.roll(v, {d.integer(1, n - 1)}, 1)", "v * 2")
    ordered = d.pick(True, False)
    return [
        d.pick(
            f"x = jax.pure_callback(lambda v: ({moved}).astype('float32'), {like}, x, "
            "vmap_method='sequential')",
            f"x = jax.experimental.io_callback(lambda v: ({moved}).astype('float32'), {like}, x, "
            f"ordered={ordered})",
            f"jax.debug.callback(lambda v: None, x, ordered={ordered})",
            f"{box} = [np.zeros({(1, n, d.channels)}, 'float32')]\n"
            f"def {host}(v):\n    {box}[0] = np.asarray(v)\n"
            f"jax.experimental.io_callback({host}, None, x, ordered=True)\n"
            f"x = x + jax.experimental.io_callback(lambda: {box}[0][:, ::-1] * 1, {like}, "
            "ordered=True)",
            f"x = x + jax.pure_callback(lambda v: np.float32(np.asarray(v).max()), "
            f"jax.ShapeDtypeStruct((), 'float32'), x[:, :{d.integer(1, n)}])",
            f"def {host}(i, c):\n    jax.debug.callback(lambda v: None, c)\n"
            f"    return jnp.roll(c, 1, 1)\nx = lax.fori_loop(0, 2, {host}, x)",
        )
    ]
