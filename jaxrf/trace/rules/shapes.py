"""Primitives that move elements: transpose, reshape, concatenate, slice, pad, reverse."""

from __future__ import annotations

import numpy as np

from jaxrf.graph import Concatenate, Read, Reshape, Taps
from jaxrf.layers import IDENTITY, Window
from jaxrf.trace.rules.registry import rule


@rule("transpose")
def transpose(eq, fold):
    """Output dimension d is operand dimension permutation[d]."""
    return (Read(tuple((source, IDENTITY) for source in eq.params["permutation"])),)


@rule("reshape", "expand_dims", "squeeze")
def reshape(eq, fold):
    """Row-major order; the optional permutation of ``lax.reshape`` is not followed."""
    return None if eq.params.get("dimensions") and eq.name == "reshape" else Reshape()


@rule("broadcast_in_dim")
def broadcast_in_dim(eq, fold):
    """Operand dimension i lies along output dimension broadcast_dimensions[i]."""
    (shape,), operand = eq.out_shapes, eq.in_shapes[0]
    dims: list = [None] * len(shape)
    for source, target in enumerate(eq.params["broadcast_dimensions"]):
        if operand[source] == shape[target]:
            dims[target] = (source, IDENTITY)
    return (Read(tuple(dims)), *(None for _ in eq.inputs[1:]))


@rule("concatenate")
def concatenate(eq, fold):
    """Operands one after the other along ``dimension``."""
    return Concatenate(eq.params["dimension"])


@rule("split")
def split(eq, fold):
    """Output n is the n-th piece along ``axis``."""
    axis, pieces, start = eq.params["axis"], [], 0
    length = eq.in_shapes[0][axis]
    for size in eq.params["sizes"]:
        crop = Window(before=-start, after=start + size - length)
        pieces.append((_along(len(eq.in_shapes[0]), {axis: crop}),))
        start += size
    return pieces


@rule("slice")
def slice_(eq, fold):
    """A crop with a stride: one tap, negative padding."""
    p = eq.params
    strides = p["strides"] or (1,) * len(p["start_indices"])
    windows = {
        d: Window(stride=step, before=-start, after=stop - length)
        for d, (start, stop, step, length) in enumerate(
            zip(p["start_indices"], p["limit_indices"], strides, eq.in_shapes[0], strict=True)
        )
    }
    return (_along(len(windows), windows),)


@rule("pad")
def pad(eq, fold):
    """One tap over the padded, base-dilated input; the padding value is read everywhere."""
    config = eq.params["padding_config"]
    windows = {
        d: Window(before=low, after=high, base_dilation=interior + 1)
        for d, (low, high, interior) in enumerate(config)
    }
    return (_along(len(config), windows), Read.everything(len(config)))


@rule("rev")
def rev(eq, fold):
    """Index n - 1 - u along each reversed dimension."""
    shape = eq.in_shapes[0]
    taps = {d: Taps(np.arange(shape[d])[::-1, None]) for d in eq.params["dimensions"]}
    return (_along(len(shape), taps),)


def _along(rank: int, access: dict) -> Read:
    """Elementwise but for the given dimensions."""
    return Read(tuple((d, access.get(d, IDENTITY)) for d in range(rank)))
