"""Which sources of jaxrf a script can reach: what its numbers may depend on, and nothing else.

Imports are followed through the syntax, those inside functions included, so that it is known before
anything runs. What is imported by a computed name (a framework's adapter) is reached with the
folder that does so; :func:`unforeseen` tells, after a run, of what was missed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import jaxrf

__all__ = ["PACKAGE", "reachable", "unforeseen"]

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.name
WHOLE = "frameworks"  # a folder whose modules are imported by computed names
# How numbers are written, drawn and asked for decides none of them; the top only names things.
NEVER_A_NUMBER = (
    *("plot", "experiments", "tables.py", "erf_tables.py", "comparison_table.py"),
    *("output.py", "progress.py", "cli.py", "commands.py", "version.py", "__init__.py"),
)


def reachable(scripts: Iterable[Path]) -> list[Path]:
    """The files of jaxrf that decide the numbers of some scripts, in order of their names."""
    found: set[Path] = set()
    waiting = [file for script in scripts for file in _imports(script)]
    while waiting:
        file = waiting.pop()
        if file not in found and _decides(file):
            found.add(file)
            waiting += _imports(file)
            if file.relative_to(PACKAGE).parts[0] == WHOLE:
                waiting += (PACKAGE / WHOLE).rglob("*.py")
    return sorted(found)


def unforeseen(before: Iterable[str], expected: Iterable[Path]) -> list[str]:
    """Modules of jaxrf that were imported since ``before``, decide numbers, and are not expected.

    Args:
        before: names of the modules that were loaded then.
        expected: of :func:`reachable`.
    """
    known, loaded = set(expected), sys.modules.keys() - set(before)
    files = {name: _file(name) for name in loaded if name.split(".")[0] == ROOT}
    return sorted(n for n, f in files.items() if f is not None and f not in known and _decides(f))


def _decides(file: Path) -> bool:
    return file.relative_to(PACKAGE).parts[0] not in NEVER_A_NUMBER


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    """Files of jaxrf that one file imports, and the packages that they lie in."""
    names = _names(ast.parse(file.read_bytes()))
    return tuple(file for name in names for file in _files(name))


def _names(tree: ast.AST) -> Iterator[str]:
    """Dotted names that are imported, or used as ``jaxrf.name``; not all of them are modules."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                continue  # never runs
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                yield f"{name}.{attribute}"
        yield from _names(node)


def _files(name: str) -> Iterator[Path]:
    root, *parts = name.split(".")
    if root != ROOT:
        return
    if len(parts) == 1 and parts[0] in jaxrf.HOME:  # a public name
        parts = jaxrf.HOME[parts[0]].split(".")
    for count in range(1, len(parts) + 1):
        file = _file(".".join([ROOT, *parts[:count]]))
        if file is not None:
            yield file


def _file(name: str) -> Path | None:
    """The file of a module of jaxrf; None where there is no such module."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)
