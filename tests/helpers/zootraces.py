"""Networks of the zoo without executing them: abstract variables, jaxpr, end-points."""

import functools

import jax
import jax.numpy as jnp

from jaxrf import zoo

NARROW = 1 / 16


@functools.cache
def variables(name: str, width: float = NARROW):
    """Abstract variables of a network; they do not depend on the size of the image."""
    x = jax.ShapeDtypeStruct((1, 96, 96, 3), jnp.float32)
    return jax.eval_shape(zoo.load(name, width=width).init, jax.random.key(0), x)


@functools.cache
def traced(name: str, size: int, width: float = NARROW):
    """Jaxpr and output shape of a network."""
    x = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
    module = zoo.load(name, width=width)
    return jax.make_jaxpr(module.apply, return_shape=True)(variables(name, width), x)


def endpoints(name: str, size: int, width: float = NARROW) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape of every end-point, in order of execution."""
    return name_equations(traced(name, size, width)[0])


def name_equations(jaxpr) -> list[tuple[str, tuple[int, ...]]]:
    """(name, shape) of every ``name`` equation, in order, sub-jaxprs included."""
    found = []
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        if equation.primitive.name == "name":
            found.append((equation.params["name"], equation.outvars[0].aval.shape))
        for value in equation.params.values():
            for inner in value if isinstance(value, (tuple, list)) else (value,):
                if hasattr(getattr(inner, "jaxpr", inner), "eqns"):
                    found += name_equations(inner)
    return found
