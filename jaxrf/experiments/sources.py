"""The source files that a result may depend on, each by a digest of what it does.

Imports are followed through the syntax, those inside functions included, so that it is known before
anything runs. What is imported by a computed name (the adapter of a framework) is known after a
run, from :func:`Sources.imported`.

A digest contains neither the name nor the place of a file. Where a file uses another one of these,
its digest contains the text of that one: importing ``f`` from a module ``a`` differs from importing
it from ``b``, unless ``a`` was renamed to ``b``.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Set
from functools import cached_property
from pathlib import Path

from jaxrf.experiments.rooms import ROOT, decides, presents
from jaxrf.experiments.syntax import Code, filled, imported_names, read, texts

__all__ = ["PACKAGE", "Sources", "digest_of"]

PACKAGE = Path(__file__).parents[1]
DIGITS = 12
LONGEST = 20  # steps from where a name is used to where it is defined


def digest_of(content: bytes | str | Iterable[str]) -> str:
    """Twelve hexadecimal digits of a content, or of a set of digests."""
    if not isinstance(content, bytes | str):
        content = "\n".join(sorted(set(content)))
    content = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()[:DIGITS]


class Sources:
    """The files of jaxrf and those of a folder of scripts, as they are when each is first read.

    Attributes:
        package: the folder of jaxrf.
        folder: the scripts; modules ``_*`` beside them can be imported by their bare names.
    """

    def __init__(self, folder: Path, package: Path = PACKAGE) -> None:
        self.package = package
        self.folder = folder
        self._trees: dict[str, ast.Module] = {}
        self._codes: dict[str, Code] = {}
        self._texts: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        self._passed: dict[str, dict[str, str]] = {}
        self._targets: dict[str, tuple[str, ...]] = {}

    def file(self, module: str) -> Path | None:
        """The file of a module; None where there is none."""
        top, *parts = module.split(".")
        if top != ROOT:
            beside = self.folder / f"{module}.py"
            return beside if not parts and beside.is_file() else None
        path = self.package.joinpath(*parts)
        files = (
            (path / "__init__.py", path.with_suffix(".py")) if parts else (path / "__init__.py",)
        )
        return next((file for file in files if file.is_file()), None)

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """All modules of jaxrf."""
        files = sorted(self.package.rglob("*.py"))
        paths = [file.relative_to(self.package).with_suffix("").parts for file in files]
        return tuple(".".join((ROOT, *(p[:-1] if p[-1] == "__init__" else p))) for p in paths)

    def tree(self, module: str) -> ast.Module:
        """The syntax of a module."""
        if module not in self._trees:
            file = self.file(module)
            self._trees[module] = ast.parse(file.read_bytes() if file else b"")
        return self._trees[module]

    def forget_syntax(self) -> None:
        """Free the syntax trees, which are large; what was derived from them is kept."""
        self._trees.clear()

    def resolve(self, name: str) -> tuple[str, str] | None:
        """The module that a dotted name leads to and the rest of it; None for other packages.

        What a module only passes on leads to where it is defined.
        """
        for _ in range(LONGEST):  # a circle of modules that pass on a name to each other ends too
            module, *parts = name.split(".")
            if not self._own(module):
                return None
            passed = None
            while parts and passed is None:
                below = f"{module}.{parts[0]}"
                passed = self._passed_on(module).get(parts[0])
                if passed is not None and passed.startswith(f"{below}."):
                    if len(parts) == 1:  # a function that is named as its module
                        return below, passed.removeprefix(f"{below}.")
                    passed = None
                if passed is None:
                    if self.file(below) is None:
                        break
                    module, parts = below, parts[1:]
            if passed is None:
                break
            name = ".".join((passed, *parts[1:]))
        return module, ".".join(parts)

    def _own(self, top: str) -> bool:
        """Whether the first part of a dotted name is jaxrf, or a module beside the scripts."""
        return top == ROOT or (top.startswith("_") and self.file(top) is not None)

    def _passed_on(self, module: str) -> dict[str, str]:
        """Names that a module has from others of these -> the dotted names there."""
        if module not in self._passed:
            if module == ROOT:
                found = {name: f"{ROOT}.{home}.{name}" for name, home in self._homes.items()}
            else:
                found = {
                    alias.asname or alias.name: f"{node.module}.{alias.name}"
                    for node in self.tree(module).body
                    if isinstance(node, ast.ImportFrom) and node.module
                    for alias in node.names
                    if self._own(node.module.partition(".")[0])
                }
            self._passed[module] = found
        return self._passed[module]

    @cached_property
    def _homes(self) -> dict[str, str]:
        """Public name -> the module that defines it, of the table at the top of the package."""
        for node in self.tree(ROOT).body:
            match node:
                case ast.Assign(targets=[ast.Name(id="HOME")], value=ast.Dict() as table):
                    homes: dict[str, str] = ast.literal_eval(table)
                    return homes
        return {}

    def targets(self, module: str) -> tuple[str, ...]:
        """The modules that one may import, and the packages that these lie in."""
        if module not in self._targets:
            found = dict.fromkeys(
                part
                for name in dict.fromkeys(imported_names(self.tree(module)))
                if (resolved := self.resolve(name))
                for part in (*_inside(name, self), *_inside(resolved[0], self))
            )
            beside = self._named(module) if module.partition(".")[0] != ROOT else []
            found |= dict.fromkeys(file.stem for file in beside if file.suffix == ".py")
            self._targets[module] = tuple(found)
        return self._targets[module]

    def _named(self, module: str) -> list[Path]:
        """The files ``_*`` beside a script that its strings name."""
        words = set(re.findall(r"\w+", " ".join(texts(self.tree(module)))))
        return [file for file in sorted(self.folder.glob("_*.*")) if file.stem in words]

    def own(self, script: str) -> list[str]:
        """A script and the modules beside it that it uses."""
        return [script, *sorted(m for m in self.reachable([script]) if m.partition(".")[0] != ROOT)]

    def data(self, script: str) -> list[Path]:
        """The files beside a script, modules aside, that it or one of its own modules names."""
        named = {file for module in self.own(script) for file in self._named(module)}
        return sorted(file for file in named if file.suffix != ".py")

    def reachable(self, modules: Iterable[str]) -> set[str]:
        """The modules that decide numbers and that some others may import, through each other too.

        Args:
            modules: where to begin; they are not among the result unless they are reached.
        """
        return self._reached(modules, decides)

    def _reached(self, modules: Iterable[str], counts: Callable[[str], bool]) -> set[str]:
        """The modules that imports reach through modules that count."""
        found: set[str] = set()
        waiting = [target for module in modules for target in self.targets(module)]
        while waiting:
            module = waiting.pop()
            if module not in found and counts(module):
                found.add(module)
                waiting += self.targets(module)
        return found

    def imported(self, script: str, loaded: Set[str], late: Set[str]) -> set[str]:
        """The modules that decide numbers, that a run imported, and that no import statement names.

        A module that was loaded before the work began may be there for drawing alone: it does not
        count where import statements of what is loaded lead to it.

        Args:
            script: what was run.
            loaded: names of all modules of the process.
            late: those that were loaded while the work was done.
        """
        expected = self.reachable([script])
        other = {m for m in loaded if m.split(".")[0] == ROOT and decides(m)} - expected
        if other - late:
            explained = self._reached([script], lambda m: m in loaded or m.startswith("_"))
            other -= explained - late
        other = {m for m in other if self.file(m)}
        return (other | self.reachable(other)) - expected

    def digest(self, module: str) -> str:
        """Digest of what a module does, which depends on no name of a file."""
        if module not in self._digests:
            text = filled(self._code(module), self._used)
            self._digests[module] = digest_of(text)
        return self._digests[module]

    def digests(self, modules: Iterable[str]) -> set[str]:
        """Digests of some modules, without those that only import."""
        return {self.digest(m) for m in modules if not self._code(m).is_empty}

    @cached_property
    def present(self) -> frozenset[str]:
        """Digests of all modules that decide numbers."""
        return frozenset(self.digests(filter(decides, self.modules)))

    @cached_property
    def presentation(self) -> str:
        """Digest of what writes and draws, apart from what it draws."""
        texts = (self._text(m) for m in self.modules if presents(m) and not self._code(m).is_empty)
        return digest_of(digest_of(text) for text in texts)

    def _used(self, module: str) -> str:
        """The text of a module for the digest of one that uses it, if it may decide a number."""
        return digest_of(self._text(module)) if decides(module) else ""

    def _code(self, module: str) -> Code:
        if module not in self._codes:
            self._codes[module] = read(self.tree(module), self.resolve)
        return self._codes[module]

    def _text(self, module: str) -> str:
        """The text of a module, whatever other modules it uses."""
        if module not in self._texts:
            self._texts[module] = filled(self._code(module), lambda _: "module")
        return self._texts[module]


def _inside(name: str, sources: Sources) -> Iterator[str]:
    """A module and the packages that it lies in, but for the top one."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        if module != ROOT and sources.file(module) is not None:
            yield module
