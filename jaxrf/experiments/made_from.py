"""What a result was made from: a result is complete while this has not changed.

The numbers depend on the script, on the modules and data beside it that it names (``_*``), on
jaxrf, on JAX and numpy, and on the options; what is written also on ``jaxrf/plot``, on
``jaxrf/experiments`` and on matplotlib.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["digest_of", "first_line", "made_from", "numbers_digest"]

PACKAGE = Path(__file__).parent.parent
APPEARANCE = ("plot", "experiments", "cli.py", "commands.py", "version.py")  # never a number
PRESENTATION = ("plot/", "experiments/")  # how numbers are written and drawn
NUMERIC = ("jax", "jaxlib", "numpy", "scipy")
DRAWING = ("matplotlib",)


def made_from(script: Path, *, quick: bool, changed: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Everything that the files of a result depend on, as it stands in their JSON.

    Args:
        script: the file in ``experiments/``.
        quick: whether ``--quick`` was given.
        changed: the script's own options that are not at their defaults.
    """
    package = _package()
    return {
        "script": digest_of(_files(_named(script))),
        "jaxrf": digest_of((p, b) for p, b in package if not _appearance(p)),
        "presentation": digest_of((p, b) for p, b in package if p.startswith(PRESENTATION)),
        "quick": quick,
        "options": dict(changed),
        "versions": {name: metadata.version(name) for name in (*NUMERIC, *DRAWING)},
    }


def numbers_digest(source: Mapping[str, Any]) -> str:
    """The name under which finished items are kept: what they depend on, without the drawing."""
    versions = {name: source["versions"][name] for name in NUMERIC}
    numeric = {key: source[key] for key in ("script", "jaxrf", "quick", "options")}
    text = json.dumps(numeric | {"versions": versions}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def digest_of(files: Iterable[tuple[str, bytes]]) -> str:
    """Twelve hexadecimal digits of names and contents."""
    digest = hashlib.sha256()
    for name, content in files:
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def first_line(script: Path) -> str:
    """What a script says of itself: the first line of its docstring; it is not imported."""
    try:
        text = ast.get_docstring(ast.parse(script.read_bytes())) or ""
    except SyntaxError as error:
        return f"(does not parse: line {error.lineno}: {error.msg})"
    return text.partition("\n")[0]


def _named(script: Path) -> list[Path]:
    """The script, and the files ``_*`` beside it that it names, or that those name in turn."""
    beside = {path.stem: path for path in sorted(script.parent.glob("_*.*"))}
    found, waiting = [script], [script]
    while waiting:
        text = waiting.pop().read_text()
        for stem, path in beside.items():
            if path not in found and re.search(rf"\b{stem}\b", text):
                found.append(path)
                waiting.append(path)
    return [script, *sorted(found[1:])]


def _files(paths: Iterable[Path]) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in paths]


@cache
def _package() -> list[tuple[str, bytes]]:
    """(name, content) of every source of jaxrf."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [(path.relative_to(PACKAGE).as_posix(), path.read_bytes()) for path in paths]


def _appearance(path: str) -> bool:
    return path.partition("/")[0] in APPEARANCE
