"""Tables that the documentation shows are those that the experiments wrote."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILL = runpy.run_path(str(ROOT / "scripts" / "fill_tables"))
PAGES = FILL["PAGES"]
NUMBER = re.compile(r"\d+\.\d+|\d{3,}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_marked_table_is_that_of_its_figures(page):
    text = page.read_text()
    assert FILL["filled"](text) == text, "run scripts/fill_tables"
    for mark in re.findall(r"(?<!`)<!--(.*?)-->", text, re.DOTALL):  # none is overlooked
        assert "figures/" not in mark or f"<!--{mark}-->" in "".join(marks(text)), mark


def marks(text):
    return [found[0].split("\n")[0] for found in FILL["BLOCK"].finditer(text)]


def test_there_are_marked_tables():
    marked = {page.name: len(marks(page.read_text())) for page in PAGES}
    assert marked["README.md"] == 1
    assert marked["prediction.md"] == 2


def rows(text):
    """The numbers of every row of every table, by its first cell."""
    for line in text.splitlines():
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if line.startswith("|") and cells:
            yield cells[0].lower(), frozenset(NUMBER.findall(" ".join(cells[1:]).replace(",", "")))


def unmarked(text):
    return FILL["BLOCK"].sub("", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_table_is_copied_by_hand(page):
    """A row that shares its name and three numbers with one of a figure is a copy of it."""
    made = {}
    for file in (ROOT / "figures").glob("*.md"):
        for name, numbers in rows(file.read_text()):
            made.setdefault(name, []).append((file.name, numbers))
    for name, numbers in rows(unmarked(page.read_text())):
        copied = [file for file, there in made.get(name, ()) if len(numbers & there) >= 3]
        assert not copied, (name, copied)


FIGURE = (
    "# t\n\n| net | r | σ |\n| --- | --: | --: |\n| a | 1 | 2.5 |\n| a | 3 | 3.5 |\n| b | 3 | 4 |\n"
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "one.md").write_text(FIGURE)
    (tmp_path / "figures" / "two.md").write_text(
        FIGURE.replace("σ", "P").replace("| b | 3 | 4", "| b | 5 | 6")
    )
    return tmp_path


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ("figures/one.md", FIGURE.split("\n\n")[1]),
        (
            'figures/one.md columns="net, σ as sigma" rows="b, a"',
            "| net | sigma |\n| --- | --: |\n| b | 4 |\n| a | 3.5 |\n",
        ),
        ('figures/one.md r="1" columns="net, σ"', "| net | σ |\n| --- | --: |\n| a | 2.5 |\n"),
        (
            'figures/one.md r="3" columns="net, σ" figures/two.md columns="P"',
            "| net | σ | P |\n| --- | --: | --: |\n| a | 3.5 | 3.5 |\n| b | 4 | 6 |\n",
        ),
    ],
)
def test_a_mark_is_filled(mark, shown, root):
    before = f"Text.\n\n<!-- {mark} -->\n| old |\n|---|\n\nMore.\n"
    after = f"Text.\n\n<!-- {mark} -->\n{shown}\nMore.\n"
    assert FILL["filled"](before, root) == after
    assert FILL["filled"](after, root) == after
    assert FILL["filled"](f"<!-- {mark} -->\n", root) == f"<!-- {mark} -->\n{shown}"


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ('figures/one.md columns="kurtosis"', "no column 'kurtosis', has net, r, σ"),
        ('figures/one.md rows="c"', "no row c, has a, b"),
        ('figures/one.md figures/two.md r="5"', "no row a, a in all figures"),
    ],
)
def test_what_a_figure_does_not_have_is_told(mark, words, root):
    with pytest.raises(SystemExit, match=re.escape(words)):
        FILL["table"](mark, root)


def test_the_pdfs_that_are_committed_are_those_of_the_readme():
    shown = set(re.findall(r"!\[[^]]*\]\(figures/(\w+)\.png\)", (ROOT / "README.md").read_text()))
    kept = re.findall(r"^!figures/(\w+)\.pdf$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
    assert set(kept) == shown
    assert len(kept) > 5
