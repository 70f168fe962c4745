"""Which numbers and texts agree, and which are told to differ."""

import json

import pytest

from jaxrf.experiments.agreement import ABSOLUTE, RELATIVE, count_numbers, differences

TABLE = "# numbers\n\n| network | σ | claim |\n| --- | --: | --: |\n| {} | {} | {} |\n\nnote {}\n"


def told(tmp_path, got, expected):
    """Names of what differs between two results, each (numbers, tables by name)."""
    folders = [tmp_path / "got", tmp_path / "expected"]
    for folder, (numbers, tables) in zip(folders, (got, expected), strict=True):
        folder.mkdir()
        (folder / "net.json").write_text(json.dumps({"numbers": numbers}))
        (folder / "net_more.json").write_text(json.dumps({"numbers": 1}))
        for name, text in tables.items():
            (folder / name).write_text(text)
    return [d.name for d in differences("net", *folders)]


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (2.0 * (1 + 0.9 * RELATIVE), 2.0),
        (0.9 * ABSOLUTE, 0.0),
        (3.0, 3),
        (None, None),
        ("a", "a"),
        ("σ = 27.61 ± 0.12", "σ = 27.62 ± 0.13"),  # rounded otherwise
        ("p = 1.2e-05", "p = 1.3e-05"),
        ("38,025.5", "38,025.6"),
        ("0.0 and -0.0", "-0.0 and 0.0"),
        ("mean at nets.py:12", "mean at new/nets.py:31"),
    ],
)
def test_these_agree(got, expected, tmp_path):
    assert told(tmp_path, ({"x": [got]}, {}), ({"x": [expected]}, {})) == []


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (2.0 * (1 + 1.1 * RELATIVE), 2.0),
        (1.1 * ABSOLUTE, 0.0),
        (4, 3),
        (1, True),
        (0.0, None),
        ("holds", "undecided"),
        ("σ = 27.60", "σ = 27.62"),
        ("8 networks", "9 networks"),
        ("38,025", "38,026"),
        ("σ = 27.62 ±", "σ = 27.62 ± 0.12"),
        ("1", 1),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_these_differ(got, expected, tmp_path):
    found = told(tmp_path, ({"x": [got]}, {}), ({"x": [expected]}, {}))
    assert found
    assert all(name.startswith("net.json: x[0]") for name in found)


def test_a_difference_is_named_by_its_cell(tmp_path):
    one = {"net.md": TABLE.format("vgg", "1.50", "holds", "a"), "net_more.md": "another's"}
    other = {"net.md": TABLE.format("vgg", "1.60", "fails", "b"), "net_gone.md": TABLE}
    found = told(tmp_path, ({}, one), ({}, other))
    assert found == [
        "net.md: text[3]",
        "net.md: row 1, vgg: σ",
        "net.md: row 1, vgg: claim",
        "net_gone.md",
    ]


def test_numbers_are_counted(tmp_path):
    (tmp_path / "net.json").write_text(json.dumps({"numbers": {"a": [1, 2.5], "b": [True, "3"]}}))
    assert count_numbers(tmp_path / "net.json") == 2
