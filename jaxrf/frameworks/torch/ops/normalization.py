"""Normalisation: batch (elementwise at inference), layer, group, instance, root mean square."""

from __future__ import annotations

from math import prod

import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op


def _affine(x, weight, bias, first: int = 1):
    """Scale and shift along the axes from ``first`` on that the weight has."""

    def spread(w):
        return w.reshape(w.shape + (1,) * (x.ndim - first - w.ndim))

    if weight is not None:
        x = x * spread(weight)
    return x if bias is None else x + spread(bias)


def _standard(x, axes, eps):
    """Zero mean and unit variance over the axes."""
    mean = jnp.mean(x, axes, keepdims=True)
    variance = jnp.mean(jnp.square(x - mean), axes, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + eps), mean, lax.rsqrt(variance + eps)


@op("batch_norm")
def batch_norm(
    x, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True
):
    """Normalise by the running statistics; by those of the batch where there are none."""
    if training or running_mean is None:
        y = _standard(x, (0, *range(2, x.ndim)), eps)[0]
    else:
        y = _affine(x, None, -running_mean)
        y = _affine(y, lax.rsqrt(running_var + eps), None)
    return _affine(y, weight, bias)


@op("_native_batch_norm_legit_no_training")
def native_batch_norm(x, weight, bias, running_mean, running_var, momentum, eps):
    """Batch normalisation with two further results that inference does not read."""
    none = jnp.zeros((0,), x.dtype)
    y = batch_norm(x, weight, bias, running_mean, running_var, False, momentum, eps)
    return y, none, none


@op("_native_batch_norm_legit.no_stats")
def native_batch_norm_no_stats(x, weight, bias, training, momentum, eps):
    """Normalise by the statistics of the batch, which are returned too."""
    y, mean, scale = _standard(x, (0, *range(2, x.ndim)), eps)
    return _affine(y, weight, bias), mean.reshape(-1), scale.reshape(-1)


@op("_native_batch_norm_legit_functional")
def batch_norm_and_averages(x, weight, bias, running_mean, running_var, training, momentum, eps):
    """Batch normalisation with mean, inverse deviation and both updated running averages."""
    y = batch_norm(x, weight, bias, running_mean, running_var, training, momentum, eps)
    if not training:
        empty = jnp.zeros(0, x.dtype)
        return y, empty, empty, running_mean, running_var
    axes = (0, *range(2, x.ndim))
    _, mean, scale = _standard(x, axes, eps)
    mean, scale = mean.reshape(-1), scale.reshape(-1)
    count = x.size // x.shape[1]
    variance = jnp.var(x, axes) * (count / max(count - 1, 1))
    moved = [
        (1 - momentum) * old + momentum * new
        for old, new in ((running_mean, mean), (running_var, variance))
    ]
    return y, mean, scale, *moved


@op("layer_norm")
def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True):
    """Over the last axes."""
    return native_layer_norm(x, normalized_shape, weight, bias, eps)[0]


@op("native_layer_norm")
def native_layer_norm(x, normalized_shape, weight, bias, eps):
    """Over the last axes, with the mean and the inverse deviation."""
    first = x.ndim - len(normalized_shape)
    y, mean, scale = _standard(x, tuple(range(first, x.ndim)), eps)
    return _affine(y, weight, bias, first), mean, scale


@op("group_norm")
def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True):
    """Over space and a group of channels."""
    return _affine(_grouped(x, num_groups, eps)[0], weight, bias)


@op("native_group_norm")
def native_group_norm(x, weight, bias, N, C, HxW, group, eps):
    """As above, with the mean and the inverse deviation."""
    y, mean, scale = _grouped(x, group, eps)
    return _affine(y, weight, bias), mean.reshape(N, group), scale.reshape(N, group)


def _grouped(x, groups: int, eps):
    """Standardised over space and a group of channels, with the mean and the inverse deviation.

    Channels are not merged with space: what is concatenated stays side by side.
    """
    split = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    y, mean, scale = _standard(split, tuple(range(2, split.ndim)), eps)
    return y.reshape(x.shape), mean, scale


@op("instance_norm")
def instance_norm(
    x, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled=True
):
    """Over space, channel by channel; by the running statistics where they are to be used."""
    if not use_input_stats:
        return batch_norm(x, weight, bias, running_mean, running_var, False, momentum, eps)
    return _affine(_standard(x, tuple(range(2, x.ndim)), eps)[0], weight, bias)


@op("rms_norm")
def rms_norm(x, normalized_shape, weight=None, eps=None):
    """Over the last axes, without a mean."""
    axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    eps = jnp.finfo(x.dtype).eps if eps is None else eps
    size = prod(normalized_shape)
    power = jnp.sum(jnp.square(x), axes, keepdims=True) / size
    return _affine(x * lax.rsqrt(power + eps), weight, None, axes[0])


@op("_fused_rms_norm")
def fused_rms_norm(x, normalized_shape, weight=None, eps=None):
    """As above, with the inverse deviation."""
    axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    eps_ = jnp.finfo(x.dtype).eps if eps is None else eps
    scale = lax.rsqrt(jnp.mean(jnp.square(x), axes, keepdims=True) + eps_)
    return rms_norm(x, normalized_shape, weight, eps), scale
