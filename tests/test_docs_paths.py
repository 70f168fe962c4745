"""Every file and module that the documents, docstrings and comments name exists."""

import re
from pathlib import Path

import pytest

import jaxrf

ROOT = Path(__file__).parent.parent
TOPS = "benchmarks|docs|examples|experiments|jaxrf|scripts|tests"
PATH = re.compile(rf"(?<![\w/.*-])(?:{TOPS})/[\w./*-]*\w")
QUOTED = re.compile(r"`([\w./*-]*\w\.py)`")
MODULE = re.compile(r"(?<![\"'])\bjaxrf(?:\.[a-z_]\w*)+\b(?![/(])")
ELSEWHERE = {  # files of a reader's own project, or of somebody else's
    "docs/ContribOperators.md",
    "jaxrf/cli/image.py",
    "jaxrf/zoo/tiny.py",
    "tests/rf.json",
}
NOT_MODULES = re.compile(r"jaxrf\.(readthedocs|dev|git)\b")
# The changelog tells of files as they were, and tests make up some of their own.
PAGES = sorted(
    page
    for folder in ("", "docs", "experiments")
    for page in (ROOT / folder).glob("*.md")
    if page.name != "CHANGELOG.md"
)
SOURCES = sorted(
    file
    for folder in ("benchmarks", "examples", "experiments", "jaxrf")
    for file in (ROOT / folder).rglob("*.py")
)


def _names(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _exists(path: str, base: Path) -> bool:
    """Whether a path leads somewhere from the checkout, the package or the folder of its file.

    What a reader is to put a name for (``NAME.py``) stands for any file there.
    """
    path = re.sub("NAME|FAMILY", "*", path)
    return any(any(start.glob(path)) for start in (ROOT, ROOT / "jaxrf", base))


def _is_there(name: str) -> bool:
    """Whether a dotted name is a module of jaxrf, or begins with one and goes on with its names."""
    here, parts = ROOT, name.split(".")
    for n, part in enumerate(parts):
        if (here / part).is_dir():
            here = here / part
            continue
        file = here / f"{part}.py"
        if not file.is_file():
            file, n = here / "__init__.py", n - 1
        rest = parts[n + 1 :]
        public = here == ROOT / "jaxrf" and rest and rest[0] in jaxrf.__all__
        return not rest or bool(public) or bool(re.search(rf"\b{rest[0]}\b", file.read_text()))
    return True


def stale(text: str, base: Path) -> list[str]:
    """The paths and modules that a text names and that do not exist."""
    paths = {*PATH.findall(text), *QUOTED.findall(text)} - ELSEWHERE
    modules = {name for name in MODULE.findall(text) if not NOT_MODULES.match(name)}
    return sorted(
        [path for path in paths if not _exists(path, base)]
        + [name for name in modules if not _is_there(name)]
    )


@pytest.mark.parametrize("file", [*PAGES, *SOURCES], ids=_names)
def test_what_is_named_exists(file):
    assert stale(file.read_text("utf-8"), file.parent) == []


def test_what_does_not_exist_is_found():
    text = "`trace/known.py`, jaxrf/nowhere/x.py, ``jaxrf.theory.analysis``, :mod:`jaxrf.serialize`"
    assert stale(text, ROOT) == ["jaxrf.serialize", "jaxrf/nowhere/x.py", "trace/known.py"]
    assert stale("`docs/theory.md` and jaxrf.theory.rules.fourier, jaxrf.analyze", ROOT) == []
