"""Convolution and pooling: windows on the spatial dimensions."""

from __future__ import annotations

from jaxrf.graph import Groups, Read
from jaxrf.layers import IDENTITY, Window
from jaxrf.trace.rules.registry import rule


@rule("conv_general_dilated")
def convolution(eq, fold):
    """Windows in space, groups of channels; a kernel computed from the input is read as well."""
    p, numbers = eq.params, eq.params["dimension_numbers"]
    if p["batch_group_count"] != 1:
        return None
    lhs, rhs, out = numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec
    lhs_dims: list = [None] * len(out)
    lhs_dims[out[0]] = (lhs[0], IDENTITY)
    lhs_dims[out[1]] = (lhs[1], Groups(p["feature_group_count"]))
    kernel = eq.in_shapes[1]
    for axis in range(len(out) - 2):
        before, after = p["padding"][axis]
        window = Window(
            kernel[rhs[axis + 2]],
            p["window_strides"][axis],
            before,
            after,
            p["rhs_dilation"][axis],
            p["lhs_dilation"][axis],
        )
        lhs_dims[out[axis + 2]] = (lhs[axis + 2], window)
    rhs_dims: list = [None] * len(out)
    rhs_dims[out[1]] = (rhs[0], IDENTITY)
    return Read(tuple(lhs_dims)), Read(tuple(rhs_dims))


@rule("reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window")
def pooling(eq, fold):
    """A window on every dimension; initial values are read everywhere."""
    p, rank = eq.params, len(eq.out_shapes[0])
    read = Read(
        tuple(
            (d, Window(k, s, low, high, dilation, base))
            for d, (k, s, (low, high), dilation, base) in enumerate(
                zip(
                    p["window_dimensions"],
                    p["window_strides"],
                    p["padding"],
                    p["window_dilation"],
                    p["base_dilation"],
                    strict=True,
                )
            )
        )
    )
    return tuple(read if len(shape) == rank else Read.everything(rank) for shape in eq.in_shapes)
