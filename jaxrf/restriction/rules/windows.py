"""Convolutions and poolings: padding inside the image becomes neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.geometry.words import Window
from jaxrf.restriction.boxes import Box, Span, whole
from jaxrf.restriction.rules.window_spans import reaching, window_part
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []


@RESTRICTION.rule("conv_general_dilated")
def convolution(site: CutSite) -> Cut | None:
    """Windows along the spatial dimensions, all channels of the groups that are wanted."""
    p = site.params
    numbers = p["dimension_numbers"]
    (batch, feature, *spatial), kernel, out = numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec
    lhs_shape, rhs_shape = site.in_shapes
    windows = [
        Window(rhs_shape[k], stride, low, high, dilation, base)
        for k, stride, (low, high), dilation, base in zip(
            *(kernel[2:], p["window_strides"], p["padding"], p["rhs_dilation"], p["lhs_dilation"]),
            strict=True,
        )
    ]
    parts = _parts(
        windows,
        [site.box[d] for d in out[2:]],
        [lhs_shape[d] for d in spatial],
        [site.out_shapes[0][d] for d in out[2:]],
    )
    if parts is None:
        return None
    made, lhs, rhs = list(site.box), list(whole(lhs_shape)), list(whole(rhs_shape))
    for d, to, (computed, need, _) in zip(spatial, out[2:], parts, strict=True):
        lhs[d], made[to] = need, computed
    params = {"padding": tuple((w.before, w.after) for _, _, w in parts)}
    if p["batch_group_count"] > 1:
        made[out[0]] = Span(0, site.out_shapes[0][out[0]])
        made[out[1]] = Span(0, site.out_shapes[0][out[1]])
    else:
        lhs[batch] = site.box[out[0]]
        groups = p["feature_group_count"]
        per_group = rhs_shape[kernel[0]] // groups
        chosen = made[out[1]]
        if groups > 1:
            first, last = chosen.low // per_group, -(-chosen.stop // per_group)
            inputs = lhs_shape[feature] // groups
            lhs[feature] = Span(first * inputs, last * inputs)
            made[out[1]] = Span(first * per_group, last * per_group)
            params["feature_group_count"] = last - first
        rhs[kernel[0]] = made[out[1]]
    return Cut((tuple(lhs), tuple(rhs)), (tuple(made),), params)


@RESTRICTION.rule("reduce_window_max", "reduce_window_min", "reduce_window_sum", "reduce_window")
def pooling(site: CutSite) -> Cut | None:
    """Windows along every dimension."""
    p = site.params
    shape = site.in_shapes[0]
    operands = sum(s == shape for s in site.in_shapes) if site.name == "reduce_window" else 1
    if len(site.in_shapes) != (2 * operands if site.name == "reduce_window" else 1):
        return None
    box = next(b for b in site.wanted if b is not None)
    if any(b is not None and b != box for b in site.wanted):
        return None
    windows = [
        Window(kernel, stride, low, high, dilation, base)
        for kernel, stride, (low, high), dilation, base in zip(
            *(p["window_dimensions"], p["window_strides"], p["padding"]),
            *(p["window_dilation"], p["base_dilation"]),
            strict=True,
        )
    ]
    parts = _parts(windows, box, shape, site.out_shapes[0])
    if parts is None:
        return None
    need = tuple(need for _, need, _ in parts)
    made = tuple(computed for computed, _, _ in parts)
    others = tuple(whole(s) for s in site.in_shapes[operands:])
    params = {"padding": tuple((w.before, w.after) for _, _, w in parts)}
    return Cut((*[need] * operands, *others), [made] * len(site.wanted), params)


def _parts(
    windows: Sequence[Window], box: Sequence[Span], shape: Sequence[int], outputs: Sequence[int]
) -> list[tuple[Span, Span, Window]] | None:
    """Per dimension: (outputs that are computed, indices that they read, window over these)."""
    found = []
    for window, span, length, count in zip(windows, box, shape, outputs, strict=True):
        computed = reaching(window, span, length, count) if span.length else None
        part = None if computed is None else window_part(window, computed, length)
        if computed is None or part is None:
            return None  # padding alone, or nothing: as it is
        found.append((computed, *part))
    return found


@RESTRICTION.rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
def cumulation(site: CutSite) -> Cut:
    """Everything up to the last index that is wanted; from the first one, where it is reversed."""
    axis, length = site.params["axis"], site.in_shapes[0][site.params["axis"]]
    wanted = site.box[axis]
    read = Span(wanted.low, length) if site.params["reverse"] else Span(0, wanted.stop)
    need: Box = tuple(read if d == axis else s for d, s in enumerate(site.box))
    return Cut((need,), (need,))
