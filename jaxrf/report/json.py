"""The JSON of results, as the contract has it: plain dicts of numbers, lists and strings."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jaxrf.arguments.names import some
from jaxrf.geometry.field import AxisField, Interval
from jaxrf.version import __version__

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = [
    "analysis_dict",
    "axis_dict",
    "endpoint_dict",
    "independent_of",
    "meta",
    "several_outputs",
    "to_json",
    "warnings",
]

SCHEMA = 1


def analysis_dict(
    analysis: Analysis, *, only: str | None = None, target: str | None = None
) -> dict[str, Any]:
    """The whole analysis; ``only`` keeps one end-point."""
    names = analysis.names if only is None else (analysis.find(only),)
    endpoints = [endpoint_dict(analysis, name) for name in names]
    return {
        "schema": SCHEMA,
        "target": target or analysis.traced.network.name,
        "input": analysis.input,
        "input_shape": list(analysis.shape),
        "inputs": [
            {"name": i.name, "shape": list(i.shape), "dtype": str(i.dtype)}
            for i in analysis.traced.inputs
        ],
        "spatial_axes": list(analysis.spatial_axes),
        "endpoints": endpoints,
        "output": analysis.names[-1],
        "outputs": list(analysis.outputs),
        "independent": list(analysis.independent),
        "unread": analysis.unread(names[-1]).to_dict(),
        "outside_taps": [taps.to_dict() for taps in analysis.outside_taps(only)],
        "approximate": list(analysis.approximate),
        "misaligned": [m.to_dict() for m in analysis.misaligned],
        "warnings": warnings(analysis),
        "model": analysis.setting.to_dict(),
        "meta": meta(),
    }


def warnings(analysis: Analysis) -> list[str]:
    """One line for everything that was assumed or is only bounded."""
    return [*analysis.assumed] + [
        f"no rule for {what}: taken to depend on its whole input" for what in analysis.approximate
    ]


def several_outputs(analysis: Analysis) -> str:
    """Which outputs there are, and which of them is meant where none is named."""
    return f"outputs: {some(analysis.outputs)}; the output is {analysis.names[-1]}, the last one"


def independent_of(analysis: Analysis) -> str:
    """Which outputs and marked values the input cannot influence."""
    return f"does not depend on {analysis.input}: {some(analysis.independent)}"


def endpoint_dict(analysis: Analysis, name: str) -> dict[str, Any]:
    """One end-point with its axes."""
    field = analysis[name]
    return {
        "name": name,
        "shape": list(analysis.endpoint_shape(name)),
        "flops": analysis.flops(name),
        "axes": [axis_dict(axis) for axis in field.axes],
    }


def axis_dict(field: AxisField) -> dict[str, Any]:
    """The field along one axis; ``support`` is empty where no array was traced."""
    exact = field.exact or (None,)
    return {
        "axis": field.axis,
        "size": field.size,
        "stride": None if field.stride is None else str(field.stride),
        "padding": field.padding,
        "aligned": field.aligned,
        "global": field.is_global,
        "global_via": field.global_via,
        "approximate": field.approximate,
        "period": field.period,
        "phases": [{"low": p.low, "high": p.high} for p in field.phases],
        "reach": [list(ends) for ends in field.reach],
        "look_back": field.look_back,
        "look_ahead": field.look_ahead,
        "causal": field.causal,
        "looks": [None if ends is None else list(ends) for ends in field.looks],
        "support": {
            "first": _ends(exact[0]),
            "center": _ends(exact[len(exact) // 2]),
            "last": _ends(exact[-1]),
        },
        "pieces": [{"first": p.first, "last": p.last, "size": p.size} for p in field.pieces],
        "notes": list(field.notes),
    }


def _ends(interval: Interval | None) -> list[int] | None:
    return None if interval is None else [interval.low, interval.high]


def meta() -> dict[str, str]:
    """Versions that a result was made with."""
    import jax

    return {"jaxrf": __version__, "jax": jax.__version__}


def to_json(value: Any) -> str:
    """Strict JSON: numbers that are not finite become null."""
    text = json.dumps(_strict(value), indent=1, allow_nan=False)
    return text.replace("\x7f", "\\u007f")  # the one that JSON leaves and terminals act upon


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
