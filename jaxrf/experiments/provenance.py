"""What a result was made from: a result is complete while this has not changed.

The numbers depend on the script, on the modules and data beside it that it names (``_*``), on what
these import of jaxrf, on JAX and numpy, and on the options; what is written also on ``jaxrf/plot``,
``jaxrf/experiments`` and ``jaxrf/report/fields.py``, and on matplotlib.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from jaxrf.experiments.imports import PACKAGE, reachable

__all__ = ["content_digest", "digest_of", "first_line", "made_from", "named", "numbers_digest"]

PRESENTATION = ("plot/**/*.py", "experiments/*.py", "tables.py")  # numbers written and drawn
NUMERIC = ("jax", "jaxlib", "numpy", "scipy")
DRAWING = ("matplotlib",)


def made_from(script: Path, *, quick: bool, changed: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Everything that the files of a result depend on, as it stands in their JSON.

    Args:
        script: the file in ``experiments/``.
        quick: whether ``--quick`` was given.
        changed: the script's own options that are not at their defaults.
    """
    own = named(script)
    shown = [file for pattern in PRESENTATION for file in sorted(PACKAGE.glob(pattern))]
    return {
        "script": digest_of(own),
        "jaxrf": digest_of(reachable(f for f in own if f.suffix == ".py")),
        "presentation": digest_of(shown),
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


def digest_of(files: Iterable[Path]) -> str:
    """Twelve hexadecimal digits of names and contents."""
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.parent.name}/{file.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def content_digest(content: bytes | str) -> str:
    """Twelve hexadecimal digits of a file's content."""
    content = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()[:12]


def first_line(script: Path) -> str:
    """What a script says of itself: the first line of its docstring; it is not imported."""
    try:
        text = ast.get_docstring(ast.parse(script.read_bytes())) or ""
    except SyntaxError as error:
        return f"(does not parse: line {error.lineno}: {error.msg})"
    return text.partition("\n")[0]


def named(script: Path) -> list[Path]:
    """The script, and the files ``_*`` beside it that it names, or that those name in turn."""
    beside = {path.stem: path for path in sorted(script.parent.glob("_*.*"))}
    found, waiting = [script], [script]
    while waiting:
        text = waiting.pop().read_text("utf-8")
        for stem, path in beside.items():
            if path not in found and re.search(rf"\b{stem}\b", text):
                found.append(path)
                waiting.append(path)
    return [script, *sorted(found[1:])]
