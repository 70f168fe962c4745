"""Adaptive pooling: a given number of windows, of unequal size where it does not divide.

Window i of m over n elements is [floor(i n / m), ceil((i + 1) n / m)).
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.torch.ops.constant_arrays import along
from jaxrf.frameworks.torch.ops.pooling_indices import maximum_positions
from jaxrf.frameworks.torch.ops.registry import each, op


def _bounds(length: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last element of every window."""
    i = np.arange(outputs)
    return i * length // outputs, -(-(i + 1) * length // outputs)


def _axis(x, axis: int, outputs: int | None, reduce, uneven):
    """One axis: untouched, equal pieces, or windows by ``uneven``."""
    length = x.shape[axis]
    if outputs is None or outputs == length:
        return x
    if outputs == 1:
        return reduce(x, axis, keepdims=True)
    if length % outputs == 0:
        axis = axis % x.ndim
        pieces = (*x.shape[:axis], outputs, length // outputs, *x.shape[axis + 1 :])
        return reduce(x.reshape(pieces), axis + 1)
    return uneven(x, axis, *_bounds(length, outputs))


def _uneven_mean(x, axis: int, first, stop):
    place = np.arange(x.shape[axis])
    inside = (place >= first[:, None]) & (place < stop[:, None])
    return along(x, inside / inside.sum(1, keepdims=True), axis)


def _uneven_max(x, axis: int, first, stop):
    """The last element of a short window is read again, which no maximum notices."""
    taps = np.minimum(first[:, None] + np.arange((stop - first).max()), stop[:, None] - 1)
    return jnp.max(jnp.take(x, taps.astype(np.int32), axis, mode="clip"), axis % x.ndim + 1)


def _adaptive(rank: int, reduce, uneven):
    def pool(x, output_size):
        """Axis by axis."""
        for n, outputs in enumerate(each(output_size, rank)):
            x = _axis(x, n - rank, outputs, reduce, uneven)
        return x

    return pool


def _with_places(rank: int, pool):
    def pool_with_places(x, output_size):
        """The maximum of every window, and where in the flat image it was."""
        y, tables = pool(x, output_size), []
        for length, outputs in zip(x.shape[-rank:], y.shape[-rank:], strict=True):
            first, stop = _bounds(length, outputs)
            taps = first[:, None] + np.arange((stop - first).max())
            tables.append(np.where(taps < stop[:, None], taps, -1))
        return y, maximum_positions(x, tables)

    return pool_with_places


for _rank in (1, 2, 3):
    _mean = _adaptive(_rank, jnp.mean, _uneven_mean)
    op(f"adaptive_avg_pool{_rank}d")(_mean)
    if _rank > 1:  # what the backends see; in one dimension they see two
        op(f"_adaptive_avg_pool{_rank}d")(_mean)
    _maximum = _adaptive(_rank, jnp.max, _uneven_max)
    op(f"adaptive_max_pool{_rank}d")(_with_places(_rank, _maximum))
