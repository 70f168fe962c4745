"""Operations that give the same elements another shape or order."""

from __future__ import annotations

import jax.numpy as jnp

from jaxrf.frameworks.torch.ops.registry import op


@op("view", "reshape", "_unsafe_view", "view_copy", "_reshape_alias", "_reshape_copy")
def view(x, size, *strides):
    """Another shape, row-major; one length may be -1."""
    return jnp.reshape(x, tuple(size))


@op("view.dtype")
def view_dtype(x, dtype):
    """The bits as another dtype."""
    return jnp.asarray(x).view(dtype)


@op("view_as", "reshape_as")
def view_as(x, other):
    """The shape of another tensor."""
    return jnp.reshape(x, other.shape)


@op("permute", "permute_copy")
def permute(x, dims):
    """The axes in another order."""
    return jnp.transpose(x, tuple(d % x.ndim for d in dims))


@op("transpose", "transpose_copy", "swapaxes", "swapdims")
def transpose(x, dim0, dim1):
    """Two axes exchanged."""
    return x if x.ndim == 0 else jnp.swapaxes(x, dim0, dim1)


@op("t", "t_copy", "numpy_T", "mT", "matrix_H", "adjoint")
def t(x):
    """The last two axes exchanged."""
    return x if x.ndim < 2 else jnp.swapaxes(x, -1, -2)


@op("movedim", "moveaxis")
def movedim(x, source, destination):
    """Axes taken elsewhere."""
    return jnp.moveaxis(x, source, destination)


@op("flatten")
def flatten(x, start_dim=0, end_dim=-1):
    """Adjacent axes merged."""
    if x.ndim == 0:
        return x.reshape(1)
    start, end = start_dim % x.ndim, end_dim % x.ndim
    return x.reshape(*x.shape[:start], -1, *x.shape[end + 1 :])


@op("unflatten")
def unflatten(x, dim, sizes):
    """One axis split into several."""
    dim %= x.ndim
    return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])


@op("squeeze", "squeeze_copy")
def squeeze(x, dim=None):
    """Remove axes of length 1: all of them, or those named."""
    named = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    drop = {d % x.ndim for d in named if x.ndim}
    return x.reshape(tuple(n for d, n in enumerate(x.shape) if d not in drop or n != 1))


@op("unsqueeze", "unsqueeze_copy")
def unsqueeze(x, dim):
    """A new axis of length 1."""
    return jnp.expand_dims(x, dim)


@op("expand", "broadcast_to", "expand_copy")
def expand(x, size, *, implicit=False):
    """Axes of length 1 repeated; -1 keeps a length."""
    old = (1,) * (len(size) - x.ndim) + x.shape
    return jnp.broadcast_to(x, tuple(o if n == -1 else n for o, n in zip(old, size, strict=True)))


@op("expand_as")
def expand_as(x, other):
    """Expand to the shape of another tensor."""
    return jnp.broadcast_to(x, other.shape)


@op("repeat", "tile")
def repeat(x, repeats):
    """The whole array again and again along each axis."""
    return jnp.tile(x, tuple(repeats))


@op("repeat_interleave.self_int")
def repeat_interleave(x, repeats, dim=None, *, output_size=None):
    """Every element again and again."""
    return jnp.repeat(x, repeats, dim)


@op("flip")
def flip(x, dims):
    """Axes reversed."""
    return jnp.flip(x, tuple(dims))


@op("roll")
def roll(x, shifts, dims=()):
    """Axes turned round."""
    return jnp.roll(x, tuple(shifts), tuple(dims)) if dims else jnp.roll(x, shifts[0])


@op("rot90")
def rot90(x, k=1, dims=(0, 1)):
    """A quarter turn."""
    return jnp.rot90(x, k, tuple(dims))


@op("pixel_shuffle")
def pixel_shuffle(x, upscale_factor):
    """Channels to space: [.., C r r, H, W] to [.., C, H r, W r]."""
    r = upscale_factor
    *lead, c, h, w = x.shape
    y = x.reshape(*lead, c // (r * r), r, r, h, w)
    n = len(lead)
    y = jnp.transpose(y, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return y.reshape(*lead, c // (r * r), h * r, w * r)


@op("pixel_unshuffle")
def pixel_unshuffle(x, downscale_factor):
    """Space to channels, the inverse."""
    r = downscale_factor
    *lead, c, h, w = x.shape
    y = x.reshape(*lead, c, h // r, r, w // r, r)
    n = len(lead)
    y = jnp.transpose(y, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return y.reshape(*lead, c * r * r, h // r, w // r)


@op("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(x, groups):
    """Channels of all groups in turn."""
    y = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return jnp.swapaxes(y, 1, 2).reshape(x.shape)
