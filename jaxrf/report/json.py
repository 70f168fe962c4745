"""JSON of results: its version, the versions that made it, and the text itself."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from jaxrf.version import __version__

__all__ = ["SCHEMA", "meta", "to_json"]

SCHEMA = 1


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
