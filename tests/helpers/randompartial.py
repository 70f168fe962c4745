"""Random arithmetic on partly known values, in every dtype, and what its elements depend on."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["DTYPES", "N", "draw", "truth"]

N = 4
DTYPES = "bool uint8 int8 int32 float16 bfloat16 float32".split()
_SPECIAL = {
    "float": [0, 1, -1, 0.5, -np.inf, np.inf, "min", "max", -1e30, 1e30, -1e9, 3],
    "whole": [0, 1, 2, 3, "min", "max"],
    "bool": [False, True],
}


def _family(dtype: str) -> str:
    return "bool" if dtype == "bool" else "float" if "float" in dtype else "whole"


def _number(rng, dtype: str):
    value = _SPECIAL[_family(dtype)][rng.integers(len(_SPECIAL[_family(dtype)]))]
    if isinstance(value, str):
        info = jnp.finfo(dtype) if _family(dtype) == "float" else jnp.iinfo(dtype)
        value = getattr(info, value)
    return jnp.asarray(value).astype(dtype)


def _mask(rng) -> jax.Array:
    return jnp.asarray(rng.random((N, N)) < 0.5)


def _cast(x, dtype: str):
    return x if x.dtype == jnp.dtype(dtype) else x.astype(dtype)


def _steps(dtype: str) -> list[str]:
    """What can be done with a value of this dtype."""
    family = _family(dtype)
    common = ["where", "cast", "transpose", "reshape", "fortran", "slice", "rev", "pick", "other"]
    if family == "bool":
        return [*common, "not", "and", "or", "xor"]
    arithmetic = ["add", "sub", "mul", "max", "min", "compare", "abs", "neg"]
    if family == "whole":
        return [*common, *arithmetic, "intdiv", "rem", "not", "and", "or"]
    return [*common, *arithmetic, "div", "exp", "log", "isfinite", "floor", "softmax", "logistic",
            "reciprocal", "clip"]  # fmt: skip


def _not_small(x):
    """What may divide: quotients are activations as long as nothing vanishes below them."""
    return jnp.where((x > -0.5) & (x < 0.5), _one(x.dtype), x)


def _log(x):
    """Of what is positive: the logarithm of an activation is one as well."""
    return jnp.log(jnp.where(x > 0, x, _one(x.dtype)))


_BINARY = {
    "add": lax.add, "sub": lax.sub, "mul": lax.mul, "max": lax.max, "min": lax.min,
    "and": lax.bitwise_and, "or": lax.bitwise_or, "xor": lax.bitwise_xor, "intdiv": lax.div,
    "rem": lax.rem, "div": lambda a, b: lax.div(a, _not_small(b)),
}  # fmt: skip
_UNARY = {
    "not": lax.bitwise_not, "abs": jnp.abs, "neg": lambda x: -x, "exp": jnp.exp, "log": _log,
    "isfinite": jnp.isfinite, "floor": jnp.floor, "softmax": jax.nn.softmax,
    "logistic": jax.nn.sigmoid,
    "reciprocal": lambda x: 1 / _not_small(x), "transpose": lambda x: x.T,
    "rev": lambda x: x[::-1], "clip": lambda x: jnp.clip(x, -2, 2),
    "reshape": lambda x: x.reshape(2, 2 * N).reshape(N, N),
    "fortran": lambda x: x.ravel(order="F").reshape(N, N),
    "slice": lambda x: jnp.concatenate([x[1:], x[:1]]),
}  # fmt: skip


def draw(seed: int, length: int = 5):
    """(a function of x [N, N], what it does in words); the result is floating.

    Every step may bring in a mask that is known and a number that is special to the dtype. Every
    other function weighs its input by the result, so that what is zero is not read.
    """
    rng = np.random.default_rng(seed)
    start = DTYPES[rng.integers(len(DTYPES))]
    plan, dtype = [], start
    for _ in range(length):
        step = str(rng.choice(_steps(dtype)))
        mask, number = _mask(rng), _number(rng, dtype)
        to = dtype
        if step == "cast":
            to = DTYPES[rng.integers(len(DTYPES))]
        if step in ("compare", "isfinite"):
            to = "bool"
        known = rng.random() < 0.6
        plan.append((step, np.asarray(mask), np.asarray(number), to, known, rng.integers(4)))
        dtype = to

    def f(x):
        value = (x * 3 > 0) if start == "bool" else _cast(x * 3, start)
        for step, mask, number, to, known, kind in plan:
            fill = jnp.full((N, N), number)
            fresh = _cast(jnp.flip(x) * 2, str(value.dtype))
            other = jnp.where(mask, fill, jnp.full((N, N), _one(value.dtype)) if known else fresh)
            if step == "where":
                value = jnp.where(mask, value, fill)
            elif step == "pick":
                value = jnp.where(jnp.where(mask, x > 0, bool(kind % 2)), value, other)
            elif step == "other":
                value = jnp.where(mask, other, value)
            elif step == "cast":
                value = _cast(value, to)
            elif step == "compare":
                value = (value < other, value == other, value > other, value != other)[kind]
            elif step in _BINARY:
                pair = (value, other) if kind % 2 else (other, value)
                value = _BINARY[step](*pair)
            else:
                value = _UNARY[step](value)
        value = value.astype("float32")
        return value @ x if weighs else value

    weighs = bool(seed % 2)
    return f, " ".join([start, *(step for step, *_ in plan), "weighs" * weighs])


def _one(dtype):
    return np.ones((), dtype)


def truth(f, seed: int, *, draws: int = 40) -> np.ndarray:
    """[N, N, N * N]: which element changes with which input, both finite, by perturbation.

    Inputs stay so small that their exponentials are activations as well. An element that is never
    finite says nothing about what it would depend on.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros((N, N, N * N), bool)
    run = jax.jit(jax.vmap(f))
    for _ in range(draws):
        scale, each = rng.choice([0.3, 1.0, 4.0]), np.arange(N * N)
        base = (rng.normal(size=(N, N)) * scale).clip(-10, 10).astype(np.float32)
        moved = np.repeat(base[None], N * N, 0)
        moved.reshape(N * N, -1)[each, each] = (rng.normal(size=N * N) * scale).clip(-10, 10)
        values = np.asarray(run(np.concatenate([base[None], moved])))
        finite = np.isfinite(values[1:]) & np.isfinite(values[0])
        found |= np.moveaxis((values[1:] != values[0]) & finite, 0, -1)
    return found
