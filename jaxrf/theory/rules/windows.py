"""Convolution and pooling: windows on the spatial dimensions."""

from __future__ import annotations

from math import prod

import numpy as np

from jaxrf.geometry.words import IDENTITY, Access, AnyOf, Groups, Read, Reshape, Taps, Window
from jaxrf.theory.rules.read_builders import taps_of
from jaxrf.theory.rules.site import THEORY, Site, Steps

__all__: list[str] = []

_MOST_TAPS = 4096  # of a known kernel with zeros, beyond which it counts as dense


@THEORY.rule("conv_general_dilated")
def convolution(site: Site):
    """Windows in space, groups of channels; a kernel computed from the input is read as well."""
    numbers = site.params["dimension_numbers"]
    rhs, out = numbers.rhs_spec, numbers.out_spec
    rhs_dims: list = [None] * len(out)
    rhs_dims[out[1]] = (rhs[0], IDENTITY)
    if site.params["batch_group_count"] != 1:
        return _batch_groups(site), Read(tuple(rhs_dims))
    taps = site.nonzero(1)
    if taps is not None:
        taps = np.broadcast_to(taps, site.in_shapes[1])
        left: Read | AnyOf | None = _sparse(site, taps.transpose(rhs))
    else:
        left = _dense(site, _windows(site), Groups(site.params["feature_group_count"]))
    return left, Read(tuple(rhs_dims))


def _windows(site: Site) -> list[Window]:
    """One per spatial axis."""
    p = site.params
    rhs = p["dimension_numbers"].rhs_spec
    return [
        Window(site.in_shapes[1][d], stride, low, high, dilation, base)
        for d, stride, (low, high), dilation, base in zip(
            rhs[2:],
            p["window_strides"],
            p["padding"],
            p["rhs_dilation"],
            p["lhs_dilation"],
            strict=True,
        )
    ]


def _dense(site: Site, windows: list[Window], channels: Access) -> Read:
    """The image through windows in space and one access to its channels."""
    numbers = site.params["dimension_numbers"]
    lhs, out = numbers.lhs_spec, numbers.out_spec
    dims: list = [None] * len(out)
    dims[out[0]] = (lhs[0], IDENTITY)
    dims[out[1]] = (lhs[1], channels)
    for axis, window in enumerate(windows):
        dims[out[axis + 2]] = (lhs[axis + 2], window)
    return Read(tuple(dims))


def _sparse(site: Site, pattern: np.ndarray) -> Read | AnyOf | None:
    """A known kernel [out, in, space...] with zeros: tap by tap (patches, masked kernels)."""
    windows, groups = _windows(site), site.params["feature_group_count"]
    space = pattern.shape[2:]
    if prod(space) > _MOST_TAPS:
        return _dense(site, windows, Groups(groups))
    reads = []
    for tap in np.ndindex(space):
        here = pattern[(slice(None), slice(None), *tap)]
        if not here.any():
            continue
        single = [
            Window(1, w.stride, w.before - t * w.dilation, w.after - (n - 1 - t) * w.dilation,
                   base_dilation=w.base_dilation)
            for w, t, n in zip(windows, tap, space, strict=True)
        ]  # fmt: skip
        channels: Access = Groups(groups) if here.all() else _grouped_taps(here, groups)
        reads.append(_dense(site, single, channels))
    return AnyOf(tuple(reads)) if reads else None


def _grouped_taps(pattern: np.ndarray, groups: int) -> Taps:
    """Channel taps of a pattern [out, in of the group]."""
    outputs, inputs = pattern.shape
    full = np.zeros((groups * inputs, outputs), bool)
    for o in range(outputs):
        first = o // (outputs // groups) * inputs
        full[first : first + inputs, o] = pattern[o]
    return taps_of(full)


def _batch_groups(site: Site) -> Steps:
    """Output channel f of group g reads the g-th part of the batch, all of its channels."""
    numbers = site.params["dimension_numbers"]
    lhs, out = numbers.lhs_spec, numbers.out_spec
    groups, shape = site.params["batch_group_count"], list(site.in_shapes[0])
    batch = lhs[0]
    split = [*shape[:batch], groups, shape[batch] // groups, *shape[batch + 1 :]]
    place = {d: d if d < batch else d + 1 for d in range(len(shape))}
    channels = site.out_shapes[0][out[1]]
    dims: list = [None] * len(out)
    dims[out[0]] = (batch + 1, IDENTITY)
    dims[out[1]] = (batch, Taps(np.arange(channels)[:, None] // (channels // groups)))
    for axis, window in enumerate(_windows(site)):
        dims[out[axis + 2]] = (place[lhs[axis + 2]], window)
    return Steps(((Reshape(), tuple(split)), (Read(tuple(dims)), tuple(site.out_shapes[0]))))


@THEORY.rule("reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window")
def pooling(site: Site):
    """A window on every dimension; initial values are read everywhere."""
    rank = len(site.out_shapes[0])
    read = Read(tuple(enumerate(_pool_windows(site))))
    return tuple(read if len(shape) == rank else Read.everything(rank) for shape in site.in_shapes)


def _pool_windows(site: Site) -> list[Window]:
    p = site.params
    ones = (1,) * len(p["window_dimensions"])
    return [
        Window(k, s, low, high, dilation, base)
        for k, s, (low, high), dilation, base in zip(
            p["window_dimensions"],
            p["window_strides"],
            p["padding"],
            p.get("window_dilation", ones),
            p.get("base_dilation", ones),
            strict=True,
        )
    ]


@THEORY.rule("select_and_gather_add")
def tangent_of_pooling(site: Site):
    """The tangent of max-pooling, which reads both arrays through the window."""
    read = Read(tuple(enumerate(_pool_windows(site))))
    return (read, read)


@THEORY.rule("select_and_scatter_add", "select_and_scatter")
def gradient_of_pooling(site: Site):
    """The windows that cover an index, and all that they choose from; initial values everywhere."""
    source, operand = site.in_shapes[:2]
    windows = _pool_windows(site)
    covering = [
        Window(
            w.kernel,
            1,
            w.kernel - 1 - w.before,
            length + w.before - 1 - (outputs - 1) * w.stride,
            base_dilation=w.stride,
        )
        for w, length, outputs in zip(windows, operand, source, strict=True)
    ]
    back = Read(tuple(enumerate(covering)))
    choices = Steps(
        ((Read(tuple(enumerate(windows))), tuple(source)), (back, tuple(site.out_shapes[0])))
    )
    scalars = [Read.everything(len(operand))] * (len(site.in_shapes) - 2)
    return (back, choices, *scalars)
