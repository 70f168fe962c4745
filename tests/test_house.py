"""The house: every module stands in a room, and imports run downward, without a circle."""

import pytest

import jaxrf
from tests.helpers import house
from tests.helpers.house import PACKAGE, PAGES, ROOMS, ROOT

LONGEST = 400  # lines of a file: a second concept is a second file


def test_every_module_stands_in_a_room_and_every_room_says_what_it_is_for():
    known = house.modules()
    assert {house.room(name) for name in known} == set(ROOMS)
    for name in ROOMS:
        assert house.purpose(name).endswith((".", ":")), name
    loose = {file.stem for file in PACKAGE.glob("*.py")}
    assert loose == {"__init__", "__main__", "version", "errors", "files", "testing"}


def test_no_room_takes_the_place_of_a_public_name():
    """Importing a package sets its name on ``jaxrf``, over a function of that name."""
    assert set(ROOMS).isdisjoint(jaxrf.HOME)


def test_imports_run_downward():
    floor = {name: n for n, name in enumerate(ROOMS)}
    upward = [
        f"{module} -> {other}"
        for module, others in house.arrows().items()
        for other in sorted(others)
        if floor[house.room(other)] > floor[house.room(module)]
    ]
    assert not upward


def test_no_module_is_in_a_circle():
    assert house.circles(house.arrows()) == []


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert house.circles(graph) == [["b", "c"]]


def test_imports_are_read_wherever_they_stand(tmp_path):
    file = tmp_path / "m.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "import numpy\n"
        "if TYPE_CHECKING:\n    from jaxrf.theory.analysis import Analysis\n"
        "def f():\n    from jaxrf import errors\n    import jaxrf.plot.style\n"
    )
    known = house.modules()
    inside = PACKAGE / "m.py"
    tree = house.ast.parse(file.read_text())
    assert {n for n in house._imported(tree) if n.startswith("jaxrf")} == {
        "jaxrf.theory.analysis.Analysis",
        "jaxrf.errors",
        "jaxrf.plot.style",
    }
    assert not inside.exists()
    assert {"theory.analysis", "errors", "plot.style"} <= known.keys()


def test_no_file_is_longer_than_one_idea():
    long = {n: len(f.read_text().splitlines()) for n, f in house.modules().items()}
    assert {n: count for n, count in long.items() if count >= LONGEST} == {}


@pytest.mark.parametrize("page", PAGES)
def test_the_drawing_in_the_docs_is_that_of_the_code(page):
    """``python -m tests.helpers.house`` draws it anew."""
    text = (ROOT / page).read_text("utf-8")
    assert "<!-- house: " in text
    assert house.filled(text) == text
