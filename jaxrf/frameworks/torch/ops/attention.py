"""Softmax and attention."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.torch.ops.registry import op


@op("softmax", "_softmax", "_safe_softmax", "special_softmax")
def softmax(x, dim, dtype=None, **kwargs):
    """Shares of a whole along one axis."""
    return jax.nn.softmax(x, dim)


@op("log_softmax", "_log_softmax", "special_log_softmax")
def log_softmax(x, dim, dtype=None, **kwargs):
    """Logarithms of the shares."""
    return jax.nn.log_softmax(x, dim)


@op("scaled_dot_product_attention")
def attention(
    query,
    key,
    value,
    attn_mask=None,
    dropout_p=0.0,
    is_causal=False,
    *,
    scale=None,
    enable_gqa=False,
):
    """Every query asks every key that the mask allows, and reads the values of those it likes."""
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key, value = jnp.repeat(key, times, -3), jnp.repeat(value, times, -3)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    logits = jnp.matmul(query * scale, jnp.swapaxes(key, -1, -2))
    if is_causal:
        attn_mask = np.tril(np.ones(logits.shape[-2:], bool))
    if attn_mask is not None and attn_mask.dtype == bool:
        logits = jnp.where(attn_mask, logits, -jnp.inf)
    elif attn_mask is not None:
        logits = logits + attn_mask
    return jnp.matmul(jax.nn.softmax(logits, -1), value)
