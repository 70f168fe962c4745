"""Slices at computed positions: at the known start, else the mean over all possible ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.linearization.site import (
    LINEAR,
    Operand,
    Site,
    average,
    dependent,
    over_candidates,
)


def crop(x: jax.Array, starts: Sequence[int | None], sizes: Sequence[int]) -> jax.Array:
    """A slice of ``x``; along dimensions of unknown start (None) the mean over all crops."""
    for d, (size, start) in enumerate(zip(sizes, starts, strict=True)):
        if size == x.shape[d]:
            continue
        if start is None:
            crops = x.shape[d] - size + 1
            window = [crops if i == d else 1 for i in range(x.ndim)]
            zero = np.zeros((), x.dtype)[()]
            x = lax.reduce_window(x, zero, lax.add, window, (1,) * x.ndim, "VALID") / crops
        else:
            x = lax.slice_in_dim(x, start, start + size, axis=d)
    return x


@LINEAR.rule("dynamic_slice")
@over_candidates(1)
def dynamic_slice(site: Site):
    """A slice sees its start as well, where that depends on the input."""
    sizes = site.params["slice_sizes"]
    starts = _starts(site, range(1, len(site.operands)), site.in_shapes[0], sizes)
    parts = [] if site.operands[0] is None else [crop(site.operands[0], starts, sizes)]
    return [average(parts + _deciding(site.operands[1:], starts), site.out_shapes[0])]


@LINEAR.rule("dynamic_update_slice")
@over_candidates(2)
def dynamic_update_slice(site: Site):
    """The update is seen wherever it may land; what it certainly overwrites is not."""
    x, update, *positions = site.operands
    shape, sizes = site.in_shapes[:2]
    starts = _starts(site, range(2, len(site.operands)), shape, sizes)
    dtype = dependent(site.operands)[0].dtype
    land = jax.linear_transpose(
        partial(crop, starts=starts, sizes=sizes), jax.ShapeDtypeStruct(shape, dtype)
    )
    parts = []
    if x is not None:
        parts.append(jnp.where(_overwritten(shape, sizes, starts), 0, x))
    news = [
        jnp.broadcast_to(p, sizes) for p in (*dependent([update]), *_deciding(positions, starts))
    ]
    return [average(parts + [land(new)[0] for new in news], shape)]


def _overwritten(
    shape: Sequence[int], sizes: Sequence[int], starts: Sequence[int | None]
) -> np.ndarray:
    """Bool, of ``shape``: the elements that an update hits at every start that it may have."""
    hit = np.ones((1,) * len(shape), bool)
    for d, (length, size, start) in enumerate(zip(shape, sizes, starts, strict=True)):
        first, stop = (length - size, size) if start is None else (start, start + size)
        index = np.arange(length)
        line = (index >= first) & (index < stop)
        hit = hit & line.reshape([-1 if e == d else 1 for e in range(len(shape))])
    return hit


def _deciding(positions: Sequence[Operand], starts: Sequence[int | None]) -> list[jax.Array]:
    """The starts that depend on the input and matter: not those of slices of full length."""
    return [
        p for p, start in zip(positions, starts, strict=True) if p is not None and start is None
    ]


def _starts(site: Site, numbers, shape, sizes) -> list[int | None]:
    """Known starts, clamped into range as JAX does; None where the start is not known."""
    starts: list[int | None] = []
    for n, length, size in zip(numbers, shape, sizes, strict=True):
        start = np.zeros(()) if length == size else site.fold(n)
        starts.append(None if start is None else int(np.clip(start, 0, length - size)))
    return starts
