"""The tests mirror the package: whoever changes a module knows where its tests stand.

``jaxrf/room/name.py`` is tested in ``tests/room/test_name.py``, or a test module names it. It then
does so in the last paragraph of its docstring, as a list of dotted names without ``jaxrf.`` behind
"Covers: "; ``room.folder.*`` are all modules of a folder.

Every test in a room is that of a module, covers some, or is listed below.
"""

import ast
import fnmatch
import re
from pathlib import Path

import pytest

from tests.helpers import house
from tests.helpers.house import PACKAGE, ROOT

TESTS = ROOT / "tests"
LONGEST = 400  # lines of a file, as in the package

# What several tests use, and an experiment that is a test as well; all else mirrors the package.
SHARED = {
    "helpers": "models, oracles and random networks",
    "cases": "tables of tiny functions, for the theory and for the linearisation",
    "soundness": "drawn programs, which experiments/soundness.py runs as well",
}

# Tests of something larger than a module, and why each stands in its room.
LARGER = {
    "cli/test_bad_input": "mistakes in models and inputs, in every command",
    "cli/test_bad_options": "mistakes in options, in every command",
    "cli/test_erf_channels": "the exact sum over channels as a command",
    "cli/test_erf_perturb": "influence as a command",
    "cli/test_field_zoo": "published networks as targets",
    "cli/test_mistakes": "a table of mistakes, in every command",
    "cli/test_predict_paths": "energy by path as a command",
    "cli/test_streams": "encodings and pipes of real processes",
    "experiments/test_article": "the scripts on the article's table",
    "experiments/test_estimators": "the scripts on estimators",
    "experiments/test_influence": "the scripts on perturbation and on path length",
    "experiments/test_modern": "the script on today's networks",
    "experiments/test_scripts": "the cheap scripts as a user runs them",
    "experiments/test_stacks": "the scripts on stacks of convolutions",
    "experiments/test_trained": "the scripts on trained networks",
    "frameworks/onnx/test_by_hand": "operators that onnx's reference leaves out",
    "frameworks/onnx/test_fields": "the theory of operators",
    "frameworks/onnx/test_layout": "which axes of a file are spatial",
    "frameworks/onnx/test_light": "networks in onnx's wheel",
    "frameworks/onnx/test_ocr": "networks of other wheels",
    "frameworks/onnx/test_shipped": "exported models in onnx's wheel",
    "frameworks/test_collections": "whole collections of networks",
    "frameworks/test_docs": "the page of the documentation",
    "frameworks/torch/test_fields": "fields of whole networks",
    "measure/test_centroid": "metrics of shifted fields",
    "measure/test_erf_places": "metrics at borders and of global networks",
    "measure/test_recipes_torch": "recipes, recomputed in PyTorch",
    "theory/rules/test_registry": "every rule has a case",
    "theory/sizes/test_zoo_sizes": "published networks of every length",
    "theory/solve/test_new_words": "every solver, on words of its own",
    "theory/test_summaries": "summaries against exact sets, on any network",
    "zoo/test_endpoints": "names and shapes as TF-Slim has them",
    "zoo/test_parameters": "numbers of parameters as published",
    "zoo/test_support": "measured supports, a network per family",
}

# Tables of cases that stand in a test module, and are used by the tests of two readings.
TABLES = "tests.theory.rules"

FILES = sorted(
    file for file in TESTS.rglob("*.py") if file.relative_to(TESTS).parts[0] not in SHARED
)
MODULES = {name: file for name, file in house.modules().items() if file.stem != "__init__"}


def place(file: Path) -> str:
    return file.relative_to(TESTS).with_suffix("").as_posix()


def mirrored(file: Path) -> str | None:
    """The module that stands where a test does, by its dotted name."""
    *rooms, name = place(file).split("/")
    module = ".".join([*rooms, name.removeprefix("test_")])
    return module if module in MODULES else None


def covered(text: str) -> list[str]:
    """What a test module says that it covers."""
    doc = ast.get_docstring(ast.parse(text)) or ""
    last = doc.rpartition("\n\n")[2]
    return (
        re.split(r",\s+", last.removeprefix("Covers: ").rstrip(".")) if "Covers: " in last else []
    )


def said() -> dict[str, list[str]]:
    """Test -> what it says that it covers, for those that do."""
    found = {place(file): covered(file.read_text("utf-8")) for file in FILES}
    return {name: patterns for name, patterns in found.items() if patterns}


def imported(file: Path) -> set[str]:
    """Modules of tests that a test imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(level=level, module=module):
                found.add("." * level + (module or ""))
    local = {path.stem for path in TESTS.iterdir()} | {"tests"}
    return {name for name in found if name.startswith(".") or name.split(".")[0] in local}


def test_what_a_test_says_is_read():
    text = '"""Title.\n\nCovers: a.b, c.d.*,\ne.f.\n"""\n'
    assert covered(text) == ["a.b", "c.d.*", "e.f"]
    assert covered('"""Covers nothing."""') == []


def test_every_module_has_a_test_or_is_named_by_one():
    own = {module for file in FILES if (module := mirrored(file))}
    patterns = [pattern for some in said().values() for pattern in some]
    alone = [
        name
        for name in MODULES
        if name not in own and not any(fnmatch.fnmatchcase(name, p) for p in patterns)
    ]
    assert not alone, "add tests/ROOM/test_NAME.py, or name them behind 'Covers: ' in a docstring"


def test_what_tests_cover_exists():
    stale = [
        f"{test}: {pattern}"
        for test, patterns in said().items()
        for pattern in patterns
        if not fnmatch.filter(MODULES, pattern)
    ]
    assert not stale


def test_folders_mirror_rooms():
    folders = {file.parent for file in FILES} - {TESTS}
    strange = [
        folder.relative_to(TESTS).as_posix()
        for folder in sorted(folders)
        if not (PACKAGE / folder.relative_to(TESTS) / "__init__.py").is_file()
        or not (folder / "__init__.py").is_file()
    ]
    assert not strange
    assert set(SHARED) == {f.name for f in TESTS.iterdir() if f.is_dir()} & set(SHARED)


def test_every_test_in_a_room_is_of_a_module_or_says_what_it_is_of():
    told = said()
    larger = {
        place(file)
        for file in FILES
        if file.name.startswith("test_")
        and file.parent != TESTS
        and mirrored(file) is None
        and place(file) not in told
    }
    assert larger == set(LARGER)
    assert all(LARGER.values())


def test_what_tests_share_stands_in_helpers():
    """Tables of cases may stand beside the test that walks over them."""
    named = re.compile(r"test_\w+|cases\w*|conftest|__init__")
    assert not [place(file) for file in FILES if not named.fullmatch(file.stem)]


@pytest.mark.parametrize("folder", ["", *SHARED])
def test_there_is_one_way_to_import_it(folder):
    files = [*FILES] if not folder else sorted((TESTS / folder).rglob("*.py"))
    for file in files:
        for name in sorted(imported(file)):
            beside = ".".join(("tests", *file.parent.relative_to(TESTS).parts, "cases"))
            allowed = ("tests.helpers", "tests.cases", TABLES, beside)
            if folder == "soundness":  # an experiment imports it too, with tests/ on its path
                allowed += ("soundness",)
            assert name.startswith(allowed), f"{place(file)} imports {name}"


def test_no_file_is_longer_than_one_idea():
    long = {place(f): len(f.read_text("utf-8").splitlines()) for f in TESTS.rglob("*.py")}
    assert {name: count for name, count in long.items() if count >= LONGEST} == {}
