"""Values on disk: finished items, and the JSON and NPZ of a result. Every file appears whole.

A value is a tree of dicts, lists, numbers, texts, None and numpy arrays. In JSON an array stands
as ``{"array": name, "shape": [...]}`` and its elements lie in the NPZ under that name.
"""

from __future__ import annotations

import io
import json
import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import BadZipFile
from zlib import error as BadStream

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.files import open_archive, write_whole

__all__ = ["Part", "Parts", "json_text", "with_summaries", "without_arrays"]

DIGITS = 10  # significant, of every float in a published JSON
_FLAT_LIST = re.compile(r'\[\n\s*([^\[\]{}"]*?)\s*\]')


@dataclass(frozen=True)
class Part:
    """A finished item of an experiment.

    Attributes:
        value: its result.
        cost: CPU seconds, seconds of compilations from earlier runs, peak memory.
        imported: digests of the modules it used that no import statement names.
    """

    value: Any
    cost: dict[str, float]
    imported: frozenset[str] = frozenset()


class Parts:
    """Finished items of an experiment, one file each.

    Attributes:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, key: str) -> Part | None:
        """A finished item; None where there is none, or its file is damaged.

        Every byte is checked: the archive has checksums.
        """
        try:
            with open_archive(self._file(key)) as stored:
                arrays = {name: stored[name] for name in stored.files if name != "@part"}
                part = json.loads(str(stored["@part"]))
            value = _restored(part["value"], arrays)
            return Part(value, part["cost"], frozenset(part["imported"]))
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, BadStream):
            return None

    def damaged(self, key: str) -> bool:
        """Whether there is a file of an item that cannot be read."""
        return self._file(key).exists() and self.load(key) is None

    def save(self, key: str, part: Part) -> None:
        """Keep a finished item, in place of a damaged one.

        Raises:
            InvalidInput: the value holds something that is no number, text or array.
        """
        arrays: dict[str, np.ndarray] = {}
        value = _plain(part.value, arrays, key)
        tree = {"value": value, "cost": part.cost, "imported": sorted(part.imported)}
        content = _archive({"@part": np.array(json.dumps(tree)), **arrays})
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._file(key), content)

    def _file(self, key: str) -> Path:
        return self.folder / f"{quote(key, safe='')}.npz"


def without_arrays(value: Any) -> tuple[Any, bytes | None]:
    """A value as JSON has it, and the NPZ of its arrays where it has any."""
    arrays: dict[str, np.ndarray] = {}
    tree = _plain(value, arrays, "result")
    return tree, _archive(arrays) if arrays else None


def with_summaries(tree: Any, arrays: bytes | None) -> Any:
    """The JSON with the mean and the root mean square of every array: arrays are not committed."""
    if arrays is None:
        return tree
    with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
        return _summarized(tree, {name: stored[name] for name in stored.files})


def _summarized(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(tree, dict):
        if tree.keys() == {"array", "shape"}:
            array = arrays[tree["array"]]
            if array.dtype.kind not in "biuf":
                return tree
            values = array.astype(float)
            mean, square = (float(np.mean(v)) if v.size else 0.0 for v in (values, values**2))
            return tree | {"mean": mean, "rms": math.sqrt(square)}
        return {key: _summarized(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_summarized(value, arrays) for value in tree]
    return tree


def json_text(tree: Any) -> str:
    """JSON with sorted keys; floats have ten significant digits, or are null if not finite."""
    text = json.dumps(_rounded(tree), indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    return _FLAT_LIST.sub(lambda m: "[" + re.sub(r"\s*\n\s*", " ", m[1]) + "]", text) + "\n"


def _archive(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An NPZ; numpy writes no dates into it."""
    buffer = io.BytesIO()
    members: dict[str, Any] = dict(arrays)
    np.savez_compressed(buffer, **members)
    return buffer.getvalue()


def _plain(value: Any, arrays: dict[str, np.ndarray], place: str) -> Any:
    """The value as JSON has it, its arrays put aside."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(k): _plain(v, arrays, f"{place}.{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, arrays, f"{place}.{n}") for n, v in enumerate(value)]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if hasattr(value, "__array__"):
        name = place.partition(".")[2] or "value"
        arrays[name] = np.asarray(value)
        return {"array": name, "shape": list(arrays[name].shape)}
    raise InvalidInput(
        f"{place}: got a {type(value).__name__}, need numbers, texts, arrays, or dicts and lists "
        "of them"
    )


def _restored(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(tree, dict):
        if tree.keys() == {"array", "shape"}:
            return arrays[tree["array"]]
        return {key: _restored(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_restored(value, arrays) for value in tree]
    return tree


def _rounded(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_rounded(value) for value in tree]
    if isinstance(tree, float):
        return float(f"{tree:.{DIGITS}g}") if math.isfinite(tree) else None
    return tree
