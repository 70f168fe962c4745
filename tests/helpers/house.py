"""The rooms of the package, from the ground up, and who imports whom, read from the syntax.

``python -m tests.helpers.house`` fills the drawing into the README and ``docs/house.md``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jaxrf"

# From the ground up: a room imports from those before it, and from itself.
ROOMS = (
    *("version", "text", "errors", "files", "arguments", "console"),
    *("geometry", "zoo", "frameworks", "program", "theory", "restriction", "measure"),
    *("comparison", "expect", "report", "plot", "testing", "experiments", "cli", "examples"),
)
PAGES = ("README.md", "docs/house.md")
_BLOCK = re.compile(r"(<!-- house: (\w+) -->\n```text\n).*?(```\n)", re.DOTALL)


def modules() -> dict[str, Path]:
    """Dotted name without ``jaxrf.`` -> file, of every module but the top and ``__main__``."""
    files = (f for f in sorted(PACKAGE.rglob("*.py")) if f.parent != PACKAGE or f.stem[0] != "_")
    return {".".join(_parts(file)): file for file in files}


def room(module: str) -> str:
    """The room that a module stands in."""
    return module.split(".")[0]


def imports(file: Path, known: dict[str, Path]) -> set[str]:
    """The modules that a file imports: anywhere in it, for types alone too."""
    found: set[str] = set()
    for name in _imported(ast.parse(file.read_text("utf-8"))):
        parts = name.split(".")
        if parts[0] != "jaxrf":
            continue
        candidates = (".".join(parts[1:n]) for n in range(len(parts), 1, -1))
        found |= {next((c for c in candidates if c in known), "")}
    return found - {"", ".".join(_parts(file))}


def arrows() -> dict[str, set[str]]:
    """Module -> the modules that it imports."""
    known = modules()
    return {name: imports(file, known) for name, file in known.items()}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, directly or through others: Tarjan's components."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        path.append(name)
        for other in sorted(graph[name]):
            if other not in order:
                visit(other)
            if other in path:
                low[name] = min(low[name], low[other])
        if low[name] == order[name]:
            start = path.index(name)
            if len(path) - start > 1:
                found.append(sorted(path[start:]))
            del path[start:]

    for name in graph:
        if name not in order:
            visit(name)
    return found


def purpose(name: str) -> str:
    """The first line of what a room says of itself."""
    file = PACKAGE / name / "__init__.py"
    file = file if file.is_file() else PACKAGE / f"{name}.py"
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]


def tower() -> str:
    """The rooms from the top down, each with its purpose."""
    width = max(map(len, ROOMS))
    return "".join(f"{name:{width}}  {purpose(name)}\n" for name in reversed(ROOMS))


def plan() -> str:
    """The rooms from the top down, each with the rooms that it imports from."""
    graph, width = arrows(), max(map(len, ROOMS))
    lines = []
    for name in reversed(ROOMS):
        used = {room(o) for m, others in graph.items() if room(m) == name for o in others} - {name}
        lines.append(f"{name:{width}}  <- {' '.join(sorted(used, key=ROOMS.index)) or 'nothing'}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def filled(text: str) -> str:
    """A page with its drawings drawn anew."""
    drawn = {"tower": tower, "plan": plan}
    return _BLOCK.sub(lambda m: m[1] + drawn[m[2]]() + m[3], text)


def _parts(file: Path) -> tuple[str, ...]:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)


if __name__ == "__main__":
    for page in (ROOT / name for name in PAGES):
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
