"""A chain of layers, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.geometry.layers import FeatureMap, Sequential
    from jaxrf.geometry.words import Window

__all__ = ["table", "to_dict"]


def table(net: Sequential) -> TextTable:
    """A row for every layer: its window, and the field of the output in what it reads.

    Of several axes the first is shown; a note says where others differ.
    """
    maps = net.feature_maps(0)
    rows = tuple(
        tuple(map(str, (n, w.kernel, w.stride, w.before, w.after, w.dilation, *field)))
        for n, (w, field) in enumerate(
            zip(net.windows(0), ((m.size, m.stride, m.padding) for m in maps), strict=False)
        )
    )
    alike = all(net.windows(axis) == net.windows(0) for axis in range(net.rank))
    return TextTable(
        f"{len(net.layers)} layers; r, S, P of the output in what each reads",
        ("layer", "kernel", "stride", "before", "after", "dilation", "r", "S", "P"),
        rows,
        () if alike else ("axis 0; other axes differ",),
    )


def to_dict(net: Sequential) -> dict[str, Any]:
    """The layers per axis, and the field of the output in what each of them reads."""
    return {
        "rank": net.rank,
        "axes": [
            {
                "axis": axis,
                "layers": [_layer(*pair) for pair in zip(net.windows(axis), maps, strict=False)],
            }
            for axis, maps in ((a, net.feature_maps(a)) for a in range(net.rank))
        ],
    }


def _layer(window: Window, field: FeatureMap) -> dict[str, Any]:
    return {
        "kernel": window.kernel,
        "stride": window.stride,
        "before": window.before,
        "after": window.after,
        "dilation": window.dilation,
        "field": {
            "size": field.size,
            "stride": str(field.stride),
            "padding": field.padding,
        },
    }
