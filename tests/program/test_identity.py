"""What a function computes, as a digest: alike in every process, another one for another value."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.ad_checkpoint import checkpoint_name

from jaxrf.program.identity import arrays_digest, function_digest

X = jax.ShapeDtypeStruct((1, 8, 2), jnp.float32)


def custom(factor):
    """The same values, another gradient."""

    @jax.custom_vjp
    def twice(x):
        return 2 * x

    twice.defvjp(lambda x: (2 * x, None), lambda _, g: (factor * g,))
    return lambda x: jax.vjp(twice, x)[1](x)


def called_back(factor):
    return lambda x: (
        x * jax.pure_callback(lambda: np.float32(factor), jax.ShapeDtypeStruct((), jnp.float32))
    )


def scanned(factor):
    return lambda x: lax.scan(lambda c, y: (factor * c + y, c), x[0, 0], x[0])[1]


def switched(factor):
    return lambda x: lax.cond(x.sum() > 0, lambda y: y * factor, lambda y: y, x)


def looped(factor):
    return lambda x: lax.while_loop(lambda y: y.sum() < 9, lambda y: y * factor + 1, x)


FAMILIES = {  # one function for every number
    "literal": lambda n: lambda x: x * n,
    "array": lambda n: (lambda held: lambda x: x + held)(np.full((8, 1), n)),
    "weights": lambda n: (lambda held: lambda x: x @ held)(jnp.full((2, 2), n)),
    "jit": lambda n: jax.jit(lambda x: x * n),
    "nested": lambda n: jax.jit(lambda x: jax.jit(lambda y: y + n)(x) * 2),
    "checkpoint": lambda n: jax.checkpoint(lambda x: jnp.sin(x) * n),
    "scan": scanned,
    "cond": switched,
    "while": looped,
    "custom gradient": custom,
    "callback": called_back,
    "window": lambda n: lambda x: lax.reduce_window(x, n, lax.max, (1, 3, 1), (1, 1, 1), "SAME"),
    "key": lambda n: lambda x: x + jax.random.normal(jax.random.key(int(n)), x.shape),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_another_number_is_another_function(name):
    build = FAMILIES[name]
    digests = [function_digest(build(n), X) for n in (2.0, 3.0, 2.0)]
    assert digests[0] == digests[2] != digests[1]


def test_which_operand_is_which_counts():
    pairs = [(lambda x: x[:, 1:] - x[:, :-1]), (lambda x: x[:, :-1] - x[:, 1:])]
    assert function_digest(pairs[0], X) != function_digest(pairs[1], X)


def test_what_a_function_is_called_and_where_it_stands_does_not():
    def one(x):
        return checkpoint_name(jax.jit(lambda y: jnp.sin(y))(x), "one")

    def sine(x):
        return jnp.sin(x)

    def other(x):
        return checkpoint_name(jax.jit(sine)(x), "other")

    assert function_digest(one, X) == function_digest(other, X)


def test_a_function_that_was_called_before_is_the_same():
    inner = jax.jit(lambda x: jnp.tanh(x) * 2)
    before = function_digest(lambda x: inner(inner(x)), X)
    inner(jnp.ones((3,)))
    jax.clear_caches()
    assert function_digest(lambda x: inner(inner(x)), X) == before


def test_shapes_names_and_places_of_arrays_count():
    a, b = np.zeros(2), np.ones(2)
    trees = [{"a": a, "b": b}, {"a": b, "b": a}, {"c": a, "b": b}, [a, b]]
    trees += [{"a": a[None], "b": b}, {"a": a.astype("f4"), "b": b}]
    assert len({arrays_digest(tree) for tree in trees}) == len(trees)
    assert arrays_digest({"b": jnp.ones(2), "a": jnp.zeros(2)}) == arrays_digest(
        {"a": jnp.zeros(2), "b": jnp.ones(2)}
    )
    assert arrays_digest(jax.random.key(0)) != arrays_digest(jax.random.key(1))


def test_another_process_finds_the_same():
    script = (
        "from tests.program.test_identity import *\n"
        "print(*(function_digest(build(2.0), X) for build in FAMILIES.values()))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert len(set(found[0].split())) == len(FAMILIES)
