"""Sums, means, extremes and norms over axes, and running sums along one."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp

from jaxrf.frameworks.torch.ops.registry import op


def _axes(dim):
    """None for all axes; PyTorch also says that by an empty list."""
    if dim is None or isinstance(dim, int):
        return dim
    return tuple(dim) or None


@op("sum", "nansum")
def sum_(x, dim=None, keepdim=False, *, dtype=None):
    """Over axes."""
    return jnp.sum(x, _axes(dim), keepdims=keepdim)


@op("mean")
def mean(x, dim=None, keepdim=False, *, dtype=None):
    """Over axes."""
    return jnp.mean(x, _axes(dim), keepdims=keepdim)


@op("prod", "prod.dim_int")
def prod_(x, dim=None, keepdim=False, *, dtype=None):
    """Over axes."""
    return jnp.prod(x, dim, keepdims=keepdim)


@op("amax")
def amax(x, dim=(), keepdim=False):
    """Over axes."""
    return jnp.max(x, _axes(dim), keepdims=keepdim)


@op("amin")
def amin(x, dim=(), keepdim=False):
    """Over axes."""
    return jnp.min(x, _axes(dim), keepdims=keepdim)


@op("aminmax")
def aminmax(x, *, dim=None, keepdim=False):
    """The smallest and the largest element."""
    return jnp.min(x, dim, keepdims=keepdim), jnp.max(x, dim, keepdims=keepdim)


@op("any")
def any_(x, dim=None, keepdim=False):
    """Whether some element is true."""
    return jnp.any(x, _axes(dim), keepdims=keepdim)


@op("all")
def all_(x, dim=None, keepdim=False):
    """Whether every element is true."""
    return jnp.all(x, _axes(dim), keepdims=keepdim)


@op("argmax")
def argmax(x, dim=None, keepdim=False):
    """Index of the largest element."""
    return jnp.argmax(x, dim, keepdims=keepdim)


@op("argmin")
def argmin(x, dim=None, keepdim=False):
    """Index of the smallest element."""
    return jnp.argmin(x, dim, keepdims=keepdim)


@op("max")
def max_(x, dim=None, keepdim=False):
    """The largest of all elements; along an axis the largest, and where they are."""
    if dim is None:
        return jnp.max(x)
    return jnp.max(x, dim, keepdims=keepdim), jnp.argmax(x, dim, keepdims=keepdim)


@op("min")
def min_(x, dim=None, keepdim=False):
    """The smallest of all elements; along an axis the smallest, and where they are."""
    if dim is None:
        return jnp.min(x)
    return jnp.min(x, dim, keepdims=keepdim), jnp.argmin(x, dim, keepdims=keepdim)


@op("var.correction")
def var(x, dim=None, *, correction=1, keepdim=False):
    """The variance, by default over n - 1."""
    axes = _axes(dim)
    named = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
    count = prod(x.shape[d] for d in named) - (1 if correction is None else correction)
    centred = x - jnp.mean(x, axes, keepdims=True)
    return jnp.sum(jnp.square(centred), axes, keepdims=keepdim) / max(count, 0)


@op("std.correction")
def std(x, dim=None, *, correction=1, keepdim=False):
    """The standard deviation, by default over n - 1."""
    return jnp.sqrt(var(x, dim, correction=correction, keepdim=keepdim))


@op("var_mean.correction")
def var_mean(x, dim=None, *, correction=1, keepdim=False):
    """Variance and mean."""
    return var(x, dim, correction=correction, keepdim=keepdim), mean(x, dim, keepdim)


@op("std_mean.correction")
def std_mean(x, dim=None, *, correction=1, keepdim=False):
    """Standard deviation and mean."""
    return std(x, dim, correction=correction, keepdim=keepdim), mean(x, dim, keepdim)


def _unbiased(function):
    def older(x, dim=None, unbiased=True, keepdim=False):
        """The overload that says n - 1 by ``unbiased``."""
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        return function(x, dim, correction=int(unbiased), keepdim=keepdim)

    return older


for _name, _function in {
    "var": var,
    "std": std,
    "var_mean": var_mean,
    "std_mean": std_mean,
}.items():
    op(_name)(_unbiased(_function))


@op("logsumexp")
def logsumexp(x, dim, keepdim=False):
    """A smooth maximum."""
    return jax.nn.logsumexp(x, _axes(dim), keepdims=keepdim)


@op("linalg_vector_norm")
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """The norm of the flattened axes."""
    size, axes = jnp.abs(x), _axes(dim)
    if ord in (float("inf"), float("-inf")):
        return (jnp.max if ord > 0 else jnp.min)(size, axes, keepdims=keepdim)
    if ord == 0:
        return jnp.sum(size != 0, axes, keepdims=keepdim).astype(x.dtype)
    if ord == 2:  # differentiable where the square root of a square is
        return jnp.sqrt(jnp.sum(jnp.square(x), axes, keepdims=keepdim))
    return jnp.sum(size**ord, axes, keepdims=keepdim) ** (1 / ord)


@op("norm")
def norm(x, p=2, dim=None, keepdim=False, *, dtype=None):
    """The older name of the vector norm."""
    return vector_norm(x, 2 if p is None else p, dim, keepdim)


@op("cumsum")
def cumsum(x, dim, *, dtype=None):
    """The sum so far."""
    return jnp.cumsum(x, dim)


@op("cumprod")
def cumprod(x, dim, *, dtype=None):
    """The product so far."""
    return jnp.cumprod(x, dim)


@op("logcumsumexp")
def logcumsumexp(x, dim):
    """The smooth maximum so far."""
    return jax.lax.cumlogsumexp(x, dim % x.ndim)


@op("cummax")
def cummax(x, dim):
    """The maximum so far, and where it was last seen."""
    return _so_far(x, dim, jax.lax.cummax)


@op("cummin")
def cummin(x, dim):
    """The minimum so far, and where it was last seen."""
    return _so_far(x, dim, jax.lax.cummin)


def _so_far(x, dim, running):
    best = running(x, axis=dim % x.ndim)
    place = jax.lax.broadcasted_iota(jnp.int32, x.shape, dim % x.ndim)
    return best, jax.lax.cummax(jnp.where(x == best, place, 0), axis=dim % x.ndim)
