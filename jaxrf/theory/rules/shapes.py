"""Primitives that move elements: transpose, reshape, concatenate, slice, pad, reverse."""

from __future__ import annotations

import numpy as np

from jaxrf.geometry.words import IDENTITY, Concatenate, Read, Reshape, Taps, Window
from jaxrf.theory.rules.read_builders import along, crop, line_along, transposed
from jaxrf.theory.rules.site import THEORY, Site, Steps


@THEORY.rule("transpose")
def transpose(site: Site):
    """Output dimension d is operand dimension permutation[d]."""
    return (transposed(site.params["permutation"]),)


@THEORY.rule("reshape", "expand_dims", "squeeze")
def reshape(site: Site):
    """Row-major order, of the permuted operand where ``lax.reshape`` asks for that."""
    order = site.params.get("dimensions") if site.name == "reshape" else None
    if order is None:
        return Reshape()
    permuted = tuple(site.in_shapes[0][d] for d in order)
    return (Steps(((transposed(order), permuted), (Reshape(), tuple(site.out_shapes[0])))),)


@THEORY.rule("broadcast_in_dim")
def broadcast_in_dim(site: Site):
    """Operand dimension i lies along output dimension broadcast_dimensions[i]."""
    (shape,), operand = site.out_shapes, site.in_shapes[0]
    dims: list = [None] * len(shape)
    for source, target in enumerate(site.params["broadcast_dimensions"]):
        if operand[source] == shape[target]:
            dims[target] = (source, IDENTITY)
    return (Read(tuple(dims)), *(None for _ in site.equation.inputs[1:]))


@THEORY.rule("concatenate")
def concatenate(site: Site):
    """Operands one after the other along ``dimension``."""
    return Concatenate(site.params["dimension"])


@THEORY.rule("split")
def split(site: Site):
    """Output n is the n-th piece along ``axis``."""
    axis, pieces, start = site.params["axis"], [], 0
    length = site.in_shapes[0][axis]
    for size in site.params["sizes"]:
        pieces.append((along(len(site.in_shapes[0]), {axis: crop(start, size, length)}),))
        start += size
    return pieces


@THEORY.rule("slice")
def slice_(site: Site):
    """A crop with a stride: one tap, negative padding."""
    p = site.params
    strides = p["strides"] or (1,) * len(p["start_indices"])
    windows = {
        d: Window(stride=step, before=-start, after=stop - length)
        for d, (start, stop, step, length) in enumerate(
            zip(p["start_indices"], p["limit_indices"], strides, site.in_shapes[0], strict=True)
        )
    }
    return (along(len(windows), windows),)


@THEORY.rule("pad")
def pad(site: Site):
    """One tap over the padded, base-dilated input; elsewhere the padding value."""
    config = site.params["padding_config"]
    windows = {
        d: Window(before=low, after=high, base_dilation=interior + 1)
        for d, (low, high, interior) in enumerate(config)
    }
    if site.fold(1) is not None:
        return (along(len(config), windows), None)
    border = ~_real(site.in_shapes[0], site.out_shapes[0], config)
    value = Read((None,) * len(config), border) if border.any() else None
    return (along(len(config), windows), value)


def _real(operand, output, config) -> np.ndarray:
    """Bool of a padded array's shape: where it holds an element of the operand."""
    real = np.ones((1,) * len(output), bool)
    for d, (length, size, (low, _, interior)) in enumerate(
        zip(operand, output, config, strict=True)
    ):
        index, rest = np.divmod(np.arange(size) - low, interior + 1)
        here = (rest == 0) & (index >= 0) & (index < length)
        real = real & line_along(here, d, len(output))
    return real


@THEORY.rule("tile")
def tile(site: Site):
    """The operand again and again along every dimension."""
    taps = {
        d: Taps(np.arange(n * reps)[:, None] % n)
        for d, (n, reps) in enumerate(zip(site.in_shapes[0], site.params["reps"], strict=True))
        if reps > 1
    }
    return (along(len(site.in_shapes[0]), taps),)


@THEORY.rule("rev")
def rev(site: Site):
    """Index n - 1 - u along each reversed dimension."""
    shape = site.in_shapes[0]
    taps = {d: Taps(np.arange(shape[d])[::-1, None]) for d in site.params["dimensions"]}
    return (along(len(shape), taps),)


@THEORY.rule("bitcast_convert_type")
def bitcast(site: Site):
    """Elementwise; where the width changes, a last dimension comes or goes."""
    inner, outer = len(site.in_shapes[0]), len(site.out_shapes[0])
    return (Read(tuple((d, IDENTITY) if d < inner else None for d in range(outer))),)
