"""Convolution and pooling beyond the plain forms, and the primitives of their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.helpers.rulecase import Case

NUMBERS = ("NHC", "HIO", "NHC")


def weights(*shape):
    return np.random.default_rng(0).uniform(0.5, 1.5, shape)


def conv(x, kernel, stride=1, pad="VALID", **options):
    kernel = jnp.asarray(kernel, x.dtype)
    return lax.conv_general_dilated(x, kernel, (stride,), pad, dimension_numbers=NUMBERS, **options)


def max_pool(x, window=2, stride=2):
    return lax.reduce_window(x, -np.inf, lax.max, (1, window, 1), (1, stride, 1), "VALID")


def average_pool(x):
    ones = lax.reduce_window(jnp.ones_like(x), 0.0, lax.add, (1, 3, 1), (1, 1, 1), "SAME")
    return lax.reduce_window(x, 0.0, lax.add, (1, 3, 1), (1, 1, 1), "SAME") / ones


def by_kernel(x):
    """The derivative of a convolution by its kernel: space is contracted, taps are outputs."""
    kernel, ones = jnp.ones((2, 1, 3), x.dtype), jnp.ones((1, 3, 3), x.dtype)
    return jax.vjp(lambda k: conv(x, k, stride=2), kernel)[1](ones)[0]


def by_input(y):
    """The derivative by the input: a transposed convolution, though written with a stride."""
    return jax.vjp(lambda x: conv(x, weights(3, 1, 1), stride=2), jnp.ones((1, 7, 1), y.dtype))[1](
        y
    )[0]


def kernels_in_a_batch(x):
    """One kernel per image, computed from it: vmap makes groups of it."""
    kernels = x[:, :2, :, None] * jnp.ones((3,), x.dtype)
    return jax.vmap(lambda image, kernel: conv(image[None], kernel)[0])(x, kernels)


def unpool(x, window=2, stride=2):
    """Each window's (smooth) value at its largest element: the derivative of max-pooling."""
    pooled, back = jax.vjp(lambda x: max_pool(x, window, stride), x)
    return back(pooled + 3)[0]


def chosen_tangents(x):
    """The tangent of max-pooling: one array chosen by another."""
    return jax.jvp(lambda a: max_pool(a, 3, 2), (x[..., :1],), (x[..., 1:],))[1]


def where_largest(x):
    """Value and place of the largest in each window: pooling of two arrays at once."""

    def larger(a, b):
        keep = a[0] >= b[0]
        return tuple(jnp.where(keep, p, q) for p, q in zip(a, b, strict=True))

    places = lax.broadcasted_iota(x.dtype, x.shape, 1)
    start = (jnp.asarray(-jnp.inf, x.dtype), jnp.asarray(-1, x.dtype))
    return lax.reduce_window((x, places), start, larger, (1, 2, 1), (1, 2, 1), "VALID")[1]


CASES = [
    Case(
        "batch groups",
        lambda x: conv(x, weights(2, 1, 4), batch_group_count=2),
        (4, 4, 1),
        "conv_general_dilated",
    ),
    Case(
        "batch groups, strided and dilated",
        lambda x: conv(
            x, weights(2, 2, 2), 2, [(1, 0)], rhs_dilation=(2,), batch_group_count=2
        ),
        (2, 6, 2),
        "conv_general_dilated",
    ),
    Case("derivative by the kernel", by_kernel, (1, 6, 1), "conv_general_dilated"),
    Case("derivative by the input", by_input, (1, 3, 1), "conv_general_dilated"),
    Case("a kernel for each image", kernels_in_a_batch, (2, 4, 1), "conv_general_dilated"),
    Case(
        "vmap",
        lambda x: jax.vmap(lambda c: conv(c[..., None], weights(3, 1, 1))[..., 0], 2, 2)(x),
        (1, 5, 3),
        "conv_general_dilated",
    ),
    Case(
        "accumulating in another type",
        lambda x: conv(
            x.astype(jnp.bfloat16), weights(2, 1, 1), preferred_element_type=jnp.float32
        ),
        (1, 4, 1),
        "conv_general_dilated",
    ),
    Case(
        "convolution known to have zeros",
        lambda x: conv(x, jnp.eye(3, dtype=x.dtype)[:, :, None] * jnp.ones(2, x.dtype)),
        (1, 5, 3),
        "conv_general_dilated",
    ),
    Case(
        "patches",
        lambda x: lax.conv_general_dilated_patches(
            x, (2, 3), (1, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        ),
        (1, 2, 4, 2),
        "conv_general_dilated",
    ),
    Case(
        "unfold by gather",
        lambda x: x[:, jnp.arange(4)[:, None] + jnp.arange(2)],
        (1, 5, 2),
        "gather",
    ),
    Case("jnp.convolve", lambda x: jnp.convolve(x, jnp.ones(3, x.dtype)), (5,), ""),
    Case("average pool without the padding", average_pool, (1, 5, 1), "reduce_window_sum"),
    Case(
        "pool by product",
        lambda x: lax.reduce_window(
            x, jnp.ones((), x.dtype), lax.mul, (1, 2, 1), (1, 1, 1), "SAME"
        ),
        (1, 5, 1),
        "reduce_window",
        perturb=True,
    ),
    Case("pool of two arrays", where_largest, (1, 4, 2), "reduce_window", perturb=True),
    Case("unpool", unpool, (1, 5, 2), "select_and_scatter_add", perturb=True),
    Case(
        "unpool, overlapping",
        lambda x: unpool(x, 3, 2),
        (1, 7, 1),
        "select_and_scatter_add",
        perturb=True,
    ),
    Case(
        "unpool the source alone",
        lambda x: jax.vjp(
            lambda a: max_pool(a, 2, 1), jnp.asarray([[[1], [0], [2], [3]]], x.dtype)
        )[1](x)[0],
        (1, 3, 1),
        "select_and_scatter_add",
        over="the known operand decides which element gets the source",
        loose="the known operand decides which element gets the source",
    ),
    Case(
        "tangent of max-pooling",
        chosen_tangents,
        (1, 7, 2),
        "select_and_gather_add",
        perturb=True,
    ),
]  # fmt: skip
