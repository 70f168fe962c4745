"""Elementwise primitives that networks rarely contain; some exist in one version of JAX only."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from tests.helpers.rulecase import Case


def one_device():
    """A placement on the first device."""
    return NamedSharding(Mesh(np.array(jax.devices()[:1]), ("d",)), PartitionSpec())


def whole(x):
    """Whole numbers that use the high bits as well."""
    return (x * 2.0**24).astype(jnp.int32).astype(jnp.uint32)


UNARY = {
    "clz": lambda x: lax.clz(jnp.abs(x * 2.0**20).astype(jnp.uint32)),
    "device_put": lambda x: jax.device_put(x, jax.devices()[0]),
    "log2": lambda x: lax.log2(1 + x**2),
    "one_minus_square": lambda x: lax.one_minus_square(x),
    "sharding_constraint": lambda x: lax.with_sharding_constraint(x, one_device()),
}
BINARY = {
    "complex": lambda a, b: jnp.abs(lax.complex(a, b)),
    "eq_to": lambda a, b: lax.eq_to_p.bind(jnp.floor(a / 30), jnp.floor(b / 30)),
    "igamma_grad_a": lambda a, b: lax.igamma_grad_a(1 + jnp.abs(a), 1 + jnp.abs(b)),
    "le_to": lambda a, b: lax.le_to_p.bind(a, b),
    "lt_to": lambda a, b: lax.lt_to_p.bind(a, b),
    "mulhi": lambda a, b: lax.mulhi(whole(a), whole(b)),
    "zeta": lambda a, b: lax.zeta(1.5 + jnp.abs(a) / 9, 1 + jnp.abs(b) / 9),
}
NEW = {"log2", "one_minus_square"}


def exists(name: str) -> bool:
    """Whether this version of JAX has the primitive."""
    return name not in NEW or hasattr(lax, name)


CASES = [
    *(Case(name, f, (1, 3, 1), name, perturb=True) for name, f in UNARY.items() if exists(name)),
    *(
        Case(name, lambda x, f=f: f(x[:, 1:], x[:, :-1]), (1, 3, 1), name, perturb=True)
        for name, f in BINARY.items()
    ),
]
