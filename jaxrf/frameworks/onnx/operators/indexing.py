"""Reading at indices: slices and gathers; plain crops where the indices are known."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.registry import NodeView, operator

__all__ = ["take", "wrapped"]


@operator("Slice", known=(1, 2, 3, 4))
def slice_(node: NodeView, x, starts=None, ends=None, axes=None, steps=None):
    """As numpy slices, negative steps included; attributes before opset 10."""
    starts = node.get("starts") if starts is None else starts.tolist()
    ends = node.get("ends") if ends is None else ends.tolist()
    axes = node.get("axes", range(len(starts))) if axes is None else axes.tolist()
    steps = (1,) * len(starts) if steps is None else steps.tolist()
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis %= x.ndim
        x = take(x, np.arange(x.shape[axis])[slice(start, end, step)], axis)
    return x


@operator("Gather")
def gather(node: NodeView, x, indices):
    """The slices numbered ``indices`` along ``axis``."""
    axis = node.get("axis", 0) % np.ndim(x)
    indices = wrapped(indices, np.shape(x)[axis])
    if not isinstance(indices, np.ndarray):
        return jnp.take(x, indices, axis, mode="clip")
    flat = take(jnp.asarray(x), indices.reshape(-1), axis)
    return jnp.reshape(flat, (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def take(x, indices: np.ndarray, axis: int):
    """Slices at known indices: a crop, reversed or repeated, where they make one."""
    steps = np.unique(np.diff(indices))
    if len(indices) and len(steps) <= 1:
        step = int(steps[0]) if len(steps) else 1
        low, high = int(indices.min()), int(indices.max())
        if step:
            crop = lax.slice_in_dim(x, low, high + 1, abs(step), axis)
            return crop if step > 0 else lax.rev(crop, (axis,))
    repeats = _repeats(indices, x.shape[axis])
    if repeats:
        wide = jnp.broadcast_to(
            jnp.expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :])
        )
        return jnp.reshape(wide, (*x.shape[:axis], -1, *x.shape[axis + 1 :]))
    return jnp.take(x, indices.astype(np.int32), axis, mode="clip")


def _repeats(indices: np.ndarray, length: int) -> int:
    """The number of repetitions of each element; 0 where the indices are no repetition."""
    times = len(indices) // length
    whole = times * length == len(indices) and times > 0
    return times if whole and np.array_equal(indices, np.arange(len(indices)) // times) else 0


@operator("GatherElements")
def gather_elements(node: NodeView, x, indices):
    """One index per output element, along ``axis``."""
    axis = node.get("axis", 0) % x.ndim
    indices = wrapped(indices, x.shape[axis])
    others = tuple(slice(None) if d == axis else slice(m) for d, m in enumerate(np.shape(indices)))
    return jnp.take_along_axis(x[others], jnp.asarray(indices), axis, mode="clip")


@operator("GatherND")
def gather_nd(node: NodeView, x, indices):
    """The last axis of ``indices`` holds coordinates, after ``batch_dims`` shared axes."""
    batch = node.get("batch_dims", 0)
    depth = np.shape(indices)[-1]
    xp = np if isinstance(indices, np.ndarray) else jnp
    lengths = xp.asarray(x.shape[batch : batch + depth])
    indices = xp.where(indices < 0, indices + lengths, indices)
    shared = np.indices(np.shape(indices)[:batch], sparse=True)
    pads = np.ndim(indices) - 1 - batch
    where = [s.reshape(*s.shape, *(1,) * pads) for s in shared]
    return jnp.asarray(x)[(*where, *(indices[..., d] for d in range(depth)))]


@operator("OneHot", known=(1,))
def one_hot(node: NodeView, indices, depth, values):
    """``values[1]`` at the index, ``values[0]`` elsewhere, along a new ``axis``."""
    count = int(depth.reshape(()))
    axis = node.get("axis", -1)
    axis = axis + np.ndim(indices) + 1 if axis < 0 else axis
    shape = [1] * (np.ndim(indices) + 1)
    shape[axis] = count
    hit = jnp.expand_dims(jnp.mod(indices, count), axis) == np.arange(count).reshape(shape)
    return jnp.where(hit, values[1], values[0])


def wrapped(indices, length: int):
    """Negative indices count from the end."""
    xp = np if isinstance(indices, np.ndarray) else jnp
    return xp.where(indices < 0, indices + length, indices)
