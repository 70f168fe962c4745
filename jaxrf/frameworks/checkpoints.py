"""Read weights from files: msgpack of Flax, Orbax folders, safetensors, NPZ."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.files import open_archive

__all__ = ["Loaded", "load_weights"]

KINDS = ".msgpack, .safetensors, .npz, or an Orbax folder"


class Loaded(NamedTuple):
    """The arrays of a file.

    Attributes:
        tree: of arrays, or a flat mapping of their names.
        source: description of their origin, for messages.
    """

    tree: Any
    source: str


def load_weights(path: str | Path) -> Loaded:
    """The arrays of a file.

    Args:
        path: ``.msgpack`` (or no suffix) as ``flax.serialization`` writes it, ``.safetensors``,
            ``.npz``, or the folder of an Orbax checkpoint; of a folder of steps, the last.

    Raises:
        InvalidInput: no such file, another kind of file, a damaged one, or a missing package.
    """
    file = Path(path)
    if not file.exists():
        raise InvalidInput(f"variables: got {str(path)!r}, no such file; need {KINDS}")
    if not file.is_dir() and file.suffix.lower() not in _READERS:
        raise InvalidInput(f"variables: got {str(path)!r}, need {KINDS}")
    reader = _orbax if file.is_dir() else _READERS[file.suffix.lower()]
    try:
        return reader(file)
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


def _msgpack(file: Path) -> Loaded:
    from flax import serialization

    found = serialization.msgpack_restore(file.read_bytes())
    if not isinstance(found, dict):
        raise ValueError(f"a {type(found).__name__}, no dict of arrays")
    return Loaded(found, file.name)


def _safetensors(file: Path) -> Loaded:
    from safetensors.flax import load_file

    return Loaded(load_file(str(file)), file.name)


def _npz(file: Path) -> Loaded:
    with open_archive(file) as archive:
        return Loaded({name: archive[name] for name in archive.files}, file.name)


def _orbax(folder: Path) -> Loaded:
    """The tree of a checkpoint; of a manager's folder, the item of its last step.

    On the host: a checkpoint of other devices than there are here has places that it cannot have.
    """
    import jax
    import orbax.checkpoint as ocp

    steps = [p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal()]
    place = max(steps, key=lambda p: int(p.name)) if steps else folder
    marks = ("_METADATA", "checkpoint", "manifest.ocdbt")
    for inside in (place, *(place / name for name in ("default", "state", "params", "model"))):
        if any((inside / mark).exists() for mark in marks):
            checkpointer, path = ocp.PyTreeCheckpointer(), inside.resolve()
            with _quiet("absl"):  # it misses a file that only newer versions write
                tree = checkpointer.metadata(path).item_metadata.tree
            host = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
            found = checkpointer.restore(path, restore_args=host)
            step = f", step {place.name}" if steps else ""
            return Loaded(found, folder.name + step)
    raise InvalidInput(f"variables: folder {folder.name} is no Orbax checkpoint; need {KINDS}")


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Only the errors of a logger."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


_READERS: dict[str, Callable[[Path], Loaded]] = {
    ".msgpack": _msgpack,
    "": _msgpack,
    ".safetensors": _safetensors,
    ".npz": _npz,
}
