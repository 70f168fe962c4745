"""Operators that move, repeat or make elements."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

__all__ = ["trilu"]


@operator("Reshape", known=(1,))
def reshape(node: NodeView, x, shape=None):
    """Zero copies the dimension (unless ``allowzero``), -1 is what remains."""
    target = [int(n) for n in (node.get("shape") if shape is None else shape)]
    if not node.get("allowzero", 0):
        target = [x.shape[d] if n == 0 else n for d, n in enumerate(target)]
    return jnp.reshape(x, target)


@operator("Flatten")
def flatten(node: NodeView, x):
    """Two axes: all before ``axis``, and the rest."""
    axis = node.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return jnp.reshape(x, (int(np.prod(x.shape[:axis])), -1))


@operator("Transpose")
def transpose(node: NodeView, x):
    """Output axis d is input axis ``perm[d]``; reversed without one."""
    return jnp.transpose(x, node.get("perm"))


@operator("Squeeze", known=(1,))
def squeeze(node: NodeView, x, axes=None):
    """Remove the named axes of length 1; by default all of them."""
    axes = node.get("axes") if axes is None else np.atleast_1d(axes).tolist()
    return jnp.squeeze(x, None if axes is None else tuple(axes))


@operator("Unsqueeze", known=(1,))
def unsqueeze(node: NodeView, x, axes=None):
    """Axes count in the result."""
    axes = node.get("axes") if axes is None else np.atleast_1d(axes).tolist()
    return jnp.expand_dims(x, tuple(axes))


@operator("Expand", known=(1,))
def expand(node: NodeView, x, shape):
    """Broadcast with ``shape``, either way."""
    return jnp.broadcast_to(x, np.broadcast_shapes(np.shape(x), tuple(map(int, shape))))


@operator("Tile", known=(1,))
def tile(node: NodeView, x, repeats):
    """Repeat the whole along each axis."""
    for axis, times in enumerate(map(int, repeats)):
        if times != 1:
            shape = np.shape(x)
            wide = jnp.broadcast_to(jnp.expand_dims(x, axis), (*shape[:axis], times, *shape[axis:]))
            x = jnp.reshape(wide, (*shape[:axis], times * shape[axis], *shape[axis + 1 :]))
    return x


@operator("Concat")
def concat(node: NodeView, *xs):
    """One after the other along ``axis``."""
    return jnp.concatenate([jnp.asarray(x) for x in xs], node.get("axis", 1))


@operator("Split", known=(1,))
def split(node: NodeView, x, sizes=None):
    """Pieces of the given sizes, or equal ones with a smaller last."""
    axis = node.get("axis", 0) % x.ndim
    sizes = node.get("split") if sizes is None else sizes
    if sizes is None:
        pieces = node.get("num_outputs", node.outputs)
        step = -(-x.shape[axis] // pieces)
        sizes = [step] * (pieces - 1)
    else:
        sizes = list(sizes)[:-1]
    return tuple(jnp.split(x, np.cumsum(sizes).astype(int).tolist(), axis))


@operator("DepthToSpace")
def depth_to_space(node: NodeView, x):
    """Blocks of channels become pixels; channels inside (CRD) or outside (DCR) the block."""
    n, c, h, w = x.shape
    b = node.get("blocksize")
    if node.get("mode", "DCR") == "CRD":
        blocks = jnp.reshape(x, (n, c // b**2, b, b, h, w)).transpose(0, 1, 4, 2, 5, 3)
    else:
        blocks = jnp.reshape(x, (n, b, b, c // b**2, h, w)).transpose(0, 3, 4, 1, 5, 2)
    return jnp.reshape(blocks, (n, c // b**2, h * b, w * b))


@operator("SpaceToDepth")
def space_to_depth(node: NodeView, x):
    """Pixels of a block become channels, outside (DCR) or inside (CRD) the channels there are."""
    n, c, h, w = x.shape
    b = node.get("blocksize")
    order = (0, 1, 3, 5, 2, 4) if node.get("mode", "DCR") == "CRD" else (0, 3, 5, 1, 2, 4)
    blocks = jnp.reshape(x, (n, c, h // b, b, w // b, b)).transpose(order)
    return jnp.reshape(blocks, (n, c * b**2, h // b, w // b))


@operator("Trilu", known=(1,))
def trilu(node: NodeView, x, k=None):
    """The upper or lower triangle, zeros elsewhere."""
    offset = 0 if k is None else int(k.reshape(()))
    row, column = np.indices(x.shape[-2:], sparse=True)
    keep = column - row >= offset if node.get("upper", 1) else column - row <= offset
    return jnp.where(keep, x, jnp.zeros((), x.dtype))


@operator("Range", known=(0, 1, 2))
def range_(node: NodeView, start, limit, step):
    """The numbers from ``start`` in steps, ``limit`` left out."""
    return np.arange(start.reshape(()), limit.reshape(()), step.reshape(()), dtype=start.dtype)


@operator("ConstantOfShape", known=(0,))
def constant_of_shape(node: NodeView, shape):
    """One value everywhere."""
    value = node.get("value", np.zeros(1, np.float32)).reshape(())
    return np.full(tuple(map(int, shape)), value)


@operator("Constant")
def constant(node: NodeView):
    """A value of the file."""
    if "value" not in node.attributes:
        raise Unmapped(f"Constant with {', '.join(node.attributes)}")
    return node.get("value")
