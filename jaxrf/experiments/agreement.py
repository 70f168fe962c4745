"""Compare two results: numbers within a tolerance, everything else exactly.

A number agrees with the expected one where they differ by at most :data:`RELATIVE` of that one, or
:data:`ABSOLUTE`; whole numbers have to be equal. A number in a text or in the cell of a table may
differ by one unit of its last decimal place too, since it is rounded. The text around numbers has
to be equal; a source line (``file.py:12``) may have another place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["ABSOLUTE", "RELATIVE", "Difference", "count_numbers", "differences", "tolerance"]

RELATIVE = 1e-4
ABSOLUTE = 1e-9
NUMBER = re.compile(r"([-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?)")
SOURCE_LINE = re.compile(r"[\w./-]+\.py:\d+")
NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """A number or a text of a result that has changed.

    Attributes:
        name: where it stands: file, and the keys or the row and the column in it.
        got: what was computed.
        expected: what is in the folder of the figures.
    """

    name: str
    got: str
    expected: str

    def to_dict(self) -> dict[str, str]:
        """The content as JSON has it."""
        return asdict(self)


def tolerance() -> str:
    """The tolerance in words."""
    return (
        f"numbers may differ by {RELATIVE:g} of themselves or by {ABSOLUTE:g}, whole numbers not "
        "at all, printed ones by one in their last decimal place"
    )


def differences(name: str, made: Path, kept: Path) -> list[Difference]:
    """All differences between the numbers and tables of two results.

    Args:
        name: of the experiment.
        made: folder of the files that were computed.
        kept: folder of the files that they are compared with.
    """
    got, expected = (json.loads((f / f"{name}.json").read_bytes()) for f in (made, kept))
    found = list(_compared(got["numbers"], expected["numbers"], f"{name}.json"))
    tables = {path.name for folder in (made, kept) for path in _tables(name, folder)}
    for table in sorted(tables):
        texts = [f.read_text("utf-8") if f.exists() else None for f in (made / table, kept / table)]
        found += _compared(_cells(texts[0]), _cells(texts[1]), table)
    return found


def count_numbers(file: Path) -> int:
    """The number of numbers in the JSON of a result, those in its texts aside."""

    def count(tree: Any) -> int:
        if isinstance(tree, dict | list):
            return sum(map(count, tree.values() if isinstance(tree, dict) else tree))
        return isinstance(tree, int | float) and not isinstance(tree, bool)

    return count(json.loads(file.read_bytes())["numbers"])


def _tables(name: str, folder: Path) -> Iterator[Path]:
    """The tables of an experiment: those of another one may begin with the same name."""
    others = {p.stem for p in folder.glob("*.json")} - {name}
    for path in folder.glob(f"{name}*.md"):
        owner = max((n for n in {name, *others} if path.stem.startswith(n)), key=len)
        if owner == name:
            yield path


def _cells(text: str | None) -> Any:
    """A Markdown table as {row: {column: cell}}, beside its other lines."""
    if text is None:
        return None
    lines = text.splitlines()
    rows = [[c.strip() for c in _split(line)] for line in lines if line.startswith("|")]
    found: dict[str, Any] = {"text": [line for line in lines if not line.startswith("|")]}
    if not rows:
        return found
    header, _, *body = rows
    found["columns"] = header
    for number, row in enumerate(body, start=1):
        cells = dict(zip(header[1:], row[1:], strict=False))
        key = f"row {number}, {row[0]}" if row else f"row {number}"
        found[key] = cells
    return found


def _split(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip())[1:-1]


def _compared(got: Any, expected: Any, place: str) -> Iterator[Difference]:
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in (*expected, *(key for key in got if key not in expected)):
            yield from _compared(got.get(key), expected.get(key), f"{place}: {key}")
    elif isinstance(got, list) and isinstance(expected, list):
        if len(got) != len(expected):
            yield Difference(f"{place}: length", str(len(got)), str(len(expected)))
        for number, pair in enumerate(zip(got, expected, strict=False)):
            yield from _compared(*pair, f"{place}[{number}]")
    elif not _agree(got, expected):
        yield Difference(place, _shown(got), _shown(expected))


def _agree(got: Any, expected: Any) -> bool:
    if isinstance(got, str) and isinstance(expected, str):
        return _texts_agree(got, expected)
    pair = (got, expected)
    if any(isinstance(n, float) for n in pair) and all(type(n) in (int, float) for n in pair):
        return bool(abs(got - expected) <= _allowed(expected))
    return type(got) is type(expected) and got == expected


def _texts_agree(got: str, expected: str) -> bool:
    """Whether the numbers of two texts agree, and all that is between them is the same."""
    if got == expected:
        return True
    parts = [NUMBER.split(SOURCE_LINE.sub("a source line", text)) for text in (got, expected)]
    if parts[0][::2] != parts[1][::2]:
        return False
    return all(map(_printed_agree, parts[0][1::2], parts[1][1::2]))


def _printed_agree(got: str, expected: str) -> bool:
    """Whether two printed numbers agree."""
    if got == expected:
        return True
    last = max(map(_last_place, (got, expected)))
    a, b = (float(text.replace(",", "").replace("\u2212", "-")) for text in (got, expected))
    return last > 0 and abs(a - b) <= last * (1 + 1e-9) + _allowed(b)


def _last_place(text: str) -> float:
    """The unit of the last decimal place; 0 for a whole number."""
    digits, _, exponent = text.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0.0


def _allowed(expected: float) -> float:
    return max(RELATIVE * abs(expected), ABSOLUTE)


def _shown(value: Any) -> str:
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
