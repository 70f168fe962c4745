"""Primitives that move elements: transpose, reshape, concatenate, slice, pad, reverse."""

from __future__ import annotations

import numpy as np

from jaxrf.geometry.words import IDENTITY, Concatenate, Read, Reshape, Taps, Window
from jaxrf.theory.rules.access import along, crop, laid, transposed
from jaxrf.theory.rules.registry import Steps, rule


@rule("transpose")
def transpose(eq, fold):
    """Output dimension d is operand dimension permutation[d]."""
    return (transposed(eq.params["permutation"]),)


@rule("reshape", "expand_dims", "squeeze")
def reshape(eq, fold):
    """Row-major order, of the permuted operand where ``lax.reshape`` asks for that."""
    order = eq.params.get("dimensions") if eq.name == "reshape" else None
    if order is None:
        return Reshape()
    permuted = tuple(eq.in_shapes[0][d] for d in order)
    return (Steps(((transposed(order), permuted), (Reshape(), tuple(eq.out_shapes[0])))),)


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
        pieces.append((along(len(eq.in_shapes[0]), {axis: crop(start, size, length)}),))
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
    return (along(len(windows), windows),)


@rule("pad")
def pad(eq, fold):
    """One tap over the padded, base-dilated input; elsewhere the padding value."""
    config = eq.params["padding_config"]
    windows = {
        d: Window(before=low, after=high, base_dilation=interior + 1)
        for d, (low, high, interior) in enumerate(config)
    }
    if fold(1) is not None:
        return (along(len(config), windows), None)
    border = ~_real(eq.in_shapes[0], eq.out_shapes[0], config)
    value = Read((None,) * len(config), border) if border.any() else None
    return (along(len(config), windows), value)


def _real(operand, output, config) -> np.ndarray:
    """Where a padded array holds an element of the operand, bool of its shape."""
    real = np.ones((1,) * len(output), bool)
    for d, (length, size, (low, _, interior)) in enumerate(
        zip(operand, output, config, strict=True)
    ):
        index, rest = np.divmod(np.arange(size) - low, interior + 1)
        here = (rest == 0) & (index >= 0) & (index < length)
        real = real & laid(here, d, len(output))
    return real


@rule("tile")
def tile(eq, fold):
    """The operand again and again along every dimension."""
    taps = {
        d: Taps(np.arange(n * reps)[:, None] % n)
        for d, (n, reps) in enumerate(zip(eq.in_shapes[0], eq.params["reps"], strict=True))
        if reps > 1
    }
    return (along(len(eq.in_shapes[0]), taps),)


@rule("rev")
def rev(eq, fold):
    """Index n - 1 - u along each reversed dimension."""
    shape = eq.in_shapes[0]
    taps = {d: Taps(np.arange(shape[d])[::-1, None]) for d in eq.params["dimensions"]}
    return (along(len(shape), taps),)


@rule("bitcast_convert_type")
def bitcast(eq, fold):
    """Elementwise; where the width changes, a last dimension comes or goes."""
    inner, outer = len(eq.in_shapes[0]), len(eq.out_shapes[0])
    return (Read(tuple((d, IDENTITY) if d < inner else None for d in range(outer))),)
