"""Sampling an image at known places: every output is a weighted sum of its neighbours there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.torch.ops.constant_arrays import along, constant_array, keys_cubic

__all__ = ["sample_grid"]

_ZEROS, _BORDER = 0, 1  # padding modes; the third one reflects
_BILINEAR, _NEAREST = 0, 1  # interpolations; the third one is bicubic
_CUBIC = -0.75


class _Taps(NamedTuple):
    """The taps along one axis: indices and weights, each [taps, ...]."""

    pixel: np.ndarray
    weight: np.ndarray


def sample_grid(x, grid: np.ndarray, mode: int, padding: int, align: bool):
    """``grid_sample`` of ``x`` [N, C, *space] at ``grid`` [N, *outputs, axes], last axis first.

    Positions are -1 to 1 from border to border: of the centres of the outermost pixels with
    ``align``, of the pixels themselves without.
    """
    lengths = x.shape[2:]
    positions = [grid[..., -1 - n].astype(np.float32) for n in range(len(lengths))]
    taps = [_taps(p, n, mode, padding, align) for p, n in zip(positions, lengths, strict=True)]
    if len(grid) > 1 and (grid == grid[:1]).all():
        taps = [_Taps(t.pixel[:, :1], t.weight[:, :1]) for t in taps]
    separable = [_of_axis(t, n) for n, t in enumerate(taps)]
    if all(s is not None for s in separable):
        for n, (axis, length) in enumerate(zip(separable, lengths, strict=True)):
            assert axis is not None
            x = along(x, _matrix(axis, length), n + 2)
        return x
    images = [x] if taps[0].pixel.shape[1] == 1 else [x[i : i + 1] for i in range(len(x))]
    parts = [_gathered(image, [_at(t, i) for t in taps]) for i, image in enumerate(images)]
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts)


def _at(taps: _Taps, batch: int) -> _Taps:
    return _Taps(taps.pixel[:, batch], taps.weight[:, batch])


def _gathered(x, taps: list[_Taps]):
    """The sum over all combinations of taps that count anywhere."""
    total = jnp.zeros((*x.shape[:2], *taps[0].pixel.shape[1:]), x.dtype)
    for choice in product(*(range(len(t.pixel)) for t in taps)):
        chosen = list(zip(taps, choice, strict=True))
        weight = np.prod([t.weight[i] for t, i in chosen], axis=0)
        if weight.any():
            where = tuple(t.pixel[i] for t, i in chosen)
            total = total + x[(slice(None), slice(None), *where)] * constant_array(weight).astype(
                x.dtype
            )
    return total


def _of_axis(taps: _Taps, axis: int) -> _Taps | None:
    """The taps [taps, outputs] if they change along their own axis alone, in every batch alike."""
    others = tuple(d for d in range(1, taps.pixel.ndim) if d != axis + 2)
    first = tuple(slice(0, 1) if d in others else slice(None) for d in range(taps.pixel.ndim))
    if any((part != part[first]).any() for part in taps):
        return None
    return _Taps(*(part[first].reshape(len(part), -1) for part in taps))


def _matrix(taps: _Taps, length: int) -> np.ndarray:
    matrix = np.zeros((taps.pixel.shape[1], length))
    for index, weight in zip(*taps, strict=True):
        np.add.at(matrix, (np.arange(len(index)), index), weight)
    return matrix


def _taps(position: np.ndarray, length: int, mode: int, padding: int, align: bool) -> _Taps:
    """The pixels that every position reads, those outside with weight 0."""
    place = (position + 1) / 2 * (length - 1) if align else ((position + 1) * length - 1) / 2
    place = np.nan_to_num(place, nan=-1.0, posinf=1e6, neginf=-1e6)
    moved = _inside(padding, length, align)
    if mode == _NEAREST:
        pairs = [(np.round(moved(place)), np.ones_like(place))]
    elif mode == _BILINEAR:
        place = moved(place)
        first = np.floor(place)
        pairs = [(first, 1 - (place - first)), (first + 1, place - first)]
    else:  # every tap is moved by itself
        first = np.floor(place)
        pairs = [
            (moved(first + i), keys_cubic(np.abs(place - first - i), _CUBIC)) for i in (-1, 0, 1, 2)
        ]
    index, weight = (np.stack(part) for part in zip(*pairs, strict=True))
    within = (index >= 0) & (index <= length - 1)
    return _Taps(np.clip(index, 0, length - 1).astype(np.int32), np.where(within, weight, 0))


def _inside(padding: int, length: int, align: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Moves a position into the image, as the padding has it."""
    if padding == _ZEROS:
        return lambda place: place
    if padding == _BORDER:
        return lambda place: np.clip(place, 0, length - 1)
    low, span = (0.0, length - 1.0) if align else (-0.5, float(length))

    def reflected(place: np.ndarray) -> np.ndarray:
        if span == 0:
            return np.zeros_like(place)
        far = np.abs(place - low)
        times, rest = np.floor(far / span), np.fmod(far, span)
        return np.clip(np.where(times % 2 == 0, rest, span - rest) + low, 0, length - 1)

    return reflected
