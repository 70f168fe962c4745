"""Linear algebra: all to all within a matrix, nothing between the matrices of a batch."""

import jax.numpy as jnp
from jax import lax

from tests.helpers.rulecase import Case


def positive(x):
    """A symmetric, well-conditioned matrix of each matrix."""
    return x @ x.swapaxes(-1, -2) / 9 + 9 * jnp.eye(x.shape[-1], dtype=x.dtype)


def summed(*arrays):
    """One number per matrix, in which no row or column plays a part of its own."""
    batch = arrays[0].shape[0]
    parts = [jnp.sin(a.reshape(batch, -1) * jnp.arange(1, a[0].size + 1)) for a in arrays]
    return sum(p.sum(-1) for p in parts)


LOOSE = {"householder_product": "the reflectors are read below the diagonal only"}
FACTORISATIONS = {
    "cholesky": lambda x: [lax.linalg.cholesky(positive(x))],
    "eig": lambda x: [jnp.abs(e) for e in lax.linalg.eig(x)],
    "eigh": lambda x: lax.linalg.eigh(positive(x)),
    "hessenberg": lambda x: lax.linalg.hessenberg(x),
    "householder_product": lambda x: [lax.linalg.householder_product(x, x[..., 0])],
    "geqrf": lambda x: jnp.linalg.qr(x, "raw"),
    "ormqr": lambda x: [lax.linalg.ormqr(x, x[:, 0], positive(x))],
    "symmetric_product": lambda x: [lax.linalg.symmetric_product(x, x)],
    "lu": lambda x: lax.linalg.lu(x)[:1],
    "lu_pivots_to_permutation": lambda x: [
        lax.linalg.lu_pivots_to_permutation(jnp.clip(jnp.abs(x[..., 0]), 0, 2).astype("int32"), 3)
    ],
    "qr": lambda x: lax.linalg.qr(x),
    "schur": lambda x: lax.linalg.schur(x),
    "svd": lambda x: lax.linalg.svd(x),
    "triangular_solve": lambda x: [lax.linalg.triangular_solve(positive(x), x, left_side=True)],
    "tridiagonal": lambda x: lax.linalg.tridiagonal(positive(x)),
    "tridiagonal_solve": lambda x: [
        lax.linalg.tridiagonal_solve(
            x[..., 0].at[..., 0].set(0), 99 + x[..., 1], x[..., 2].at[..., -1].set(0), x
        )
    ],
}
CASES = [
    Case(
        name,
        lambda x, f=f: summed(*f(x)),
        (2, 3, 3),
        name,
        perturb=True,
        over=LOOSE.get(name, ""),
        loose=LOOSE.get(name, ""),
    )
    for name, f in FACTORISATIONS.items()
]
