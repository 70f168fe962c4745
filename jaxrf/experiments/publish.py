"""The files of a result: numbers, tables and figures.

Those of an experiment called NAME, the same bytes on every run:

* ``NAME.json``: its numbers;
* ``NAME.npz``: its arrays, where it has any;
* ``NAME.csv`` and ``NAME.md``: its table;
* ``NAME.png`` and ``NAME.pdf``: its figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxrf.console.results import emit
from jaxrf.experiments.sources import digest_of
from jaxrf.experiments.store import json_text, with_summaries, without_arrays
from jaxrf.files import write_whole
from jaxrf.text.table import TextTable, plain_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["publish"]


def publish(
    name: str,
    about: str,
    numbers: Any,
    figure: Callable[[Any], Figure | Mapping[str, Figure]] | None,
    table: Callable[[Any], TextTable | Mapping[str, TextTable]] | None,
    out: Path,
) -> dict[str, str]:
    """Write the files of a result, each of which appears whole.

    Args:
        name: of the experiment.
        about: one line that says what the result is.
        numbers: what is published and drawn.
        figure: of the numbers, the figure, or {"suffix": figure} for several.
        table: the same for tables.
        out: folder of the files.

    Returns:
        Name -> digest of every file.
    """
    from jaxrf.plot import save

    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, bytes | str] = {}
    for stem, drawn in _named(name, figure(numbers) if figure else {}):
        for suffix in (".pdf", ".png"):
            files[stem + suffix] = save(drawn, out / (stem + suffix)).read_bytes()
    for stem, rows in _named(name, table(numbers) if table else {}):
        files |= {f"{stem}.csv": rows.csv(), f"{stem}.md": f"# {rows.title}\n\n{rows.markdown()}"}
        emit(plain_text(rows) + "\n")
    tree, arrays = without_arrays(numbers)
    tree = with_summaries(tree, arrays)
    if arrays is not None:
        files[f"{name}.npz"] = arrays
    text = json_text({"about": about, "experiment": name, "numbers": tree})
    files[f"{name}.json"] = text
    for file, content in files.items():
        if not file.endswith((".pdf", ".png")):
            write_whole(out / file, content)
    if table is None:
        emit(text)
    return {file: digest_of(content) for file, content in sorted(files.items())}


def _named(name: str, made: Any) -> list[tuple[str, Any]]:
    """(stem, thing) of one thing, or of several by suffix."""
    if isinstance(made, Mapping):
        return [(f"{name}_{suffix}", thing) for suffix, thing in made.items()]
    return [(name, made)]
