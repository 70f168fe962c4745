"""The code of a source file as a text that does not depend on comments, docstrings and moves.

The text is the syntax tree without comments, docstrings and annotations of functions. Imports stand
apart, in no order. A module of the same package is never named by its path: where it is imported,
used or named by a string, the text has a mark, which :func:`filled` replaces.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jaxrf.experiments.rooms import ROOT

__all__ = ["Code", "Resolve", "filled", "imported_names", "read", "texts"]

# Of a dotted name, the module of the package that it leads to and the rest; None for others.
Resolve = Callable[[str], tuple[str, str] | None]

MARK = "\x00"
DOTTED = re.compile(r"\w+(?:\.\w+)+")
# Fields that decide nothing, by the class of their node.
SILENT = {
    "FunctionDef": {"returns"},
    "AsyncFunctionDef": {"returns"},
    "arg": {"annotation"},
    "AnnAssign": {"simple"},
    "Constant": {"kind"},
}
EVERYWHERE = {"ctx", "type_comment", "type_ignores"}


@dataclass(frozen=True)
class Code:
    """The text of a file, with marks for modules.

    Attributes:
        imports: one line for every name that is imported, sorted.
        body: everything else.
    """

    imports: tuple[str, ...]
    body: str

    @property
    def is_empty(self) -> bool:
        """Whether the file does nothing but import, and list what it exports."""
        return not self.body


def filled(code: Code, name_of: Callable[[str], str]) -> str:
    """The text with ``name_of(module)`` in place of every mark.

    Args:
        code: of :func:`read`.
        name_of: of a module's dotted name, what it is called here.
    """

    def fill(text: str) -> str:
        return re.sub(f"{MARK}([^{MARK}]*){MARK}", lambda m: f"<{name_of(m[1])}>", text)

    return "\n".join((*sorted(map(fill, code.imports)), fill(code.body)))


def read(tree: ast.Module, resolve: Resolve) -> Code:
    """The code of a file.

    Args:
        tree: of the file.
        resolve: which modules belong to the package.
    """
    reader = _Reader(resolve)
    found = [n for n in _running(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    imports = {line for node in found for line in reader.bind(node)}
    does = any(_remains(node) and not _is_export_list(node) for node in tree.body)
    return Code(tuple(sorted(imports)), reader.write(tree) if does else "")


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Dotted names that are imported, used (``a.b.c``) or given as a whole string."""
    for node in _running(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Attribute():
                if name := _dotted(node):
                    yield name
            case ast.Constant(value=str(text)) if DOTTED.fullmatch(text):
                yield text


def _is_type_checking(node: ast.AST) -> bool:
    """Whether a node is ``if TYPE_CHECKING:`` without an ``else``, which never runs."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
            return True
    return False


def texts(tree: ast.AST) -> list[str]:
    """The strings of a file without its docstrings."""
    nodes = _running(tree)
    silent = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
    ]


class _Reader:
    """Writes nodes as text, with a mark wherever a module of the package stands."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.modules: dict[str, str] = {}  # names in the file that stand for a module
        self.roots: set[str] = set()  # names of packages that are imported as a whole

    def bind(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """Take note of what an import binds, and say so in a line for each name."""
        for alias in node.names:
            prefix = ""
            if isinstance(node, ast.ImportFrom):
                prefix = f"{'.' * node.level}{node.module or ''}."
            name, found = prefix + alias.name, self.resolve(prefix + alias.name)
            bound = alias.asname or alias.name
            beside = found is not None and found == (name, "") and name.startswith("_")
            if isinstance(node, ast.Import) and not alias.asname and not beside:
                self.roots.add(name.partition(".")[0])
                bound = ""
            if found is None:
                if prefix != "__future__.":
                    yield f"{name} as {bound}"
            elif found[1]:
                yield f"{_mark(found[0])}.{found[1]} as {bound}"
            else:
                if bound:
                    self.modules[bound] = found[0]
                yield _mark(found[0])

    def write(self, node: object, in_class: bool = False) -> str:
        """The text of a node, a list of nodes or a plain value."""
        match node:
            case list():
                kept = [n for n in node if not isinstance(n, ast.stmt) or _remains(n, in_class)]
                return "[" + ",".join(self.write(n, in_class) for n in kept) + "]"
            case ast.Constant(value=str(text)):
                return self._text(text)
            case ast.Constant(value=value):
                return f"'{type(value).__name__} {value!r}"
            case ast.Name(id=name) if name in self.modules:
                return _mark(self.modules[name])
            case ast.Attribute() if found := self._module_used(node):
                return _mark(found[0]) + "".join(f".{part}" for part in found[1].split(".") if part)
            case ast.AnnAssign(target=target, value=ast.AST() as value) if not in_class:
                return self._fields(ast.Assign(targets=[target], value=value))
            case ast.Dict(keys=keys, values=values) if self._are_modules(values):
                return f"Dict({self.write(keys)},modules)"
            case ast.AST():
                return self._fields(node)
        return repr(node)

    def _are_modules(self, values: list[ast.expr]) -> bool:
        """Whether the values of a dict are modules, named from the top of the package on."""
        names = [v.value for v in values if isinstance(v, ast.Constant) and v.value]
        return len(names) == len(values) > 1 and all(
            isinstance(n, str)
            and DOTTED.fullmatch(f"{ROOT}.{n}")
            and self.resolve(f"{ROOT}.{n}") == (f"{ROOT}.{n}", "")
            for n in names
        )

    def _fields(self, node: ast.AST) -> str:
        """Fields that are empty are left out: other versions of Python have other ones."""
        kind, inside = type(node).__name__, isinstance(node, ast.ClassDef)
        silent = SILENT.get(kind, set()) | EVERYWHERE
        shown = [
            f"{name}={self.write(value, inside)}"
            for name, value in ast.iter_fields(node)
            if name not in silent and value is not None and value != []
        ]
        return f"{kind}({','.join(shown)})"

    def _module_used(self, node: ast.Attribute) -> tuple[str, str] | None:
        """The module that ``package.a.b`` stands for, where the package is imported as a whole."""
        name = _dotted(node)
        return self.resolve(name) if name and name.partition(".")[0] in self.roots else None

    def _text(self, text: str) -> str:
        """A string. What is the name of a module stands as a mark; in prose it does not matter."""
        if DOTTED.fullmatch(text) and (found := self.resolve(text)):
            return f"'{_mark(found[0])}.{found[1]}'"
        prose = DOTTED.sub(lambda m: f"<{f[1]}>" if (f := self.resolve(m[0])) else m[0], text)
        return repr(prose)


def _mark(module: str) -> str:
    return f"{MARK}{module}{MARK}"


def _running(tree: ast.AST) -> list[ast.AST]:
    """All nodes below one but those for type checkers."""
    found = [tree]
    for node in found:  # which grows
        found += [n for n in ast.iter_child_nodes(node) if not _is_type_checking(n)]
    return found[1:]


def _remains(node: ast.stmt, in_class: bool = False) -> bool:
    """Whether a statement is more than an import, a docstring, an annotation or nothing."""
    match node:
        case ast.AnnAssign(value=None):
            return in_class  # a field
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return False
        case ast.Expr(value=ast.Constant(value=str())):
            return False
    return not _is_type_checking(node)


def _is_export_list(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List() | ast.Tuple()):
            return True
    return False


def _dotted(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain of attributes that begins with a name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute) if head := _dotted(value):
            return f"{head}.{attribute}"
    return None
