"""Import the Python file of a TARGET, by itself or as a part of its package."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["import_file", "importable"]


def import_file(file: Path) -> ModuleType | None:
    """Import a file; it may import its neighbours, also by ``from .layers import Block``.

    Returns:
        The module; None where the file is no Python source.
    """
    file = file.resolve()
    up = _folders_up(file)
    if up:
        root = file.parents[up]
        importable(str(root))
        return importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    ours = sys.modules.setdefault(file.stem, module) is module
    importable(str(file.parent))
    if package := _package(file):  # a file that names its own package in full
        importable(str(file.parents[package]), last=True)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if ours:
            del sys.modules[file.stem]  # as ``import`` does: no half-made module stays
        raise
    return module


def importable(folder: str, *, last: bool = False) -> None:
    """Add the folder to ``sys.path`` for good: a model may import neighbours in its call."""
    if folder not in sys.path:
        sys.path.insert(len(sys.path) if last else 0, folder)


def _folders_up(file: Path) -> int:
    """Number of folders above the file's own from which to import it; 0 if it stands alone."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):  # which running it will say better
        return 0
    levels = [node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    highest = max(levels, default=0)
    return min(max(highest, _package(file)), len(file.parents) - 1) if highest else 0


def _package(file: Path) -> int:
    """Number of folders, from the file's own upwards, that are packages."""
    count = 0
    while count < len(file.parents) - 1 and (file.parents[count] / "__init__.py").is_file():
        count += 1
    return count
