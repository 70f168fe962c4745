"""Files of weights: msgpack of Flax, Orbax folders, safetensors, NPZ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.errors import InvalidInput

__all__ = ["load_weights"]

KINDS = ".msgpack, .safetensors, .npz, or an Orbax folder"


def load_weights(path: str | Path) -> Any:
    """The arrays of a file, as a tree or by their names.

    Args:
        path: ``.msgpack`` (or no suffix) as ``flax.serialization`` writes it, ``.safetensors``,
            ``.npz``, or the folder of an Orbax checkpoint; of a folder of several steps, the last.

    Raises:
        InvalidInput: no such file, of none of these kinds, damaged, or a package is missing.
    """
    file = Path(path)
    if not file.exists():
        raise InvalidInput(f"variables: got {str(path)!r}, no such file; need {KINDS}")
    if not file.is_dir() and file.suffix.lower() not in _READERS:
        raise InvalidInput(f"variables: got {str(path)!r}, need {KINDS}")
    reader = _orbax if file.is_dir() else _READERS[file.suffix.lower()]
    try:
        found = reader(file)
    except InvalidInput:
        raise
    except ImportError as error:
        package = (error.name or "a package").partition(".")[0]
        raise InvalidInput(
            f"variables: {file.name} needs {package}, which is not installed; "
            f"pip install {'orbax-checkpoint' if package == 'orbax' else package}"
        ) from None
    except Exception as error:  # whatever a reader says of a damaged file
        first = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise InvalidInput(
            f"variables: {file.name} cannot be read ({first[:200]}); need {KINDS}"
        ) from error
    return found


def _msgpack(file: Path) -> Any:
    from flax import serialization

    found = serialization.msgpack_restore(file.read_bytes())
    if not isinstance(found, dict):
        raise ValueError(f"a {type(found).__name__}, no dict of arrays")
    return found


def _safetensors(file: Path) -> dict[str, Any]:
    from safetensors.flax import load_file

    return load_file(str(file))


def _npz(file: Path) -> dict[str, np.ndarray]:
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _orbax(folder: Path) -> Any:
    """The tree of a checkpoint; of a manager's folder, the item of its last step."""
    import orbax.checkpoint as ocp

    steps = [p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal()]
    place = max(steps, key=lambda p: int(p.name)) if steps else folder
    marks = ("_METADATA", "checkpoint", "manifest.ocdbt")
    for inside in (place, *(place / name for name in ("default", "state", "params", "model"))):
        if any((inside / mark).exists() for mark in marks):
            return ocp.PyTreeCheckpointer().restore(inside.resolve())
    raise InvalidInput(f"variables: folder {folder.name} is no Orbax checkpoint; need {KINDS}")


_READERS: dict[str, Callable[[Path], Any]] = {
    ".msgpack": _msgpack,
    "": _msgpack,
    ".safetensors": _safetensors,
    ".npz": _npz,
}
