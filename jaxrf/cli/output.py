"""Write the result of a command to files and standard output, the same way in every command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jaxrf.cli.options.output import FIGURES, FORMATS, SUFFIXES, OutputOptions
from jaxrf.console.results import emit, say
from jaxrf.files import whole
from jaxrf.text.table import TextTable, plain_text

__all__ = ["CommandResult", "command_result", "deliver", "exit_code", "formatted", "text_of"]


@dataclass(frozen=True)
class CommandResult:
    """The result of a command in every format that may be asked for.

    Attributes:
        numbers: the content of the JSON.
        tables: with all rows, for the text formats.
        brief: the tables for a terminal, cut where they are long; ``tables`` by default.
        csv: one table of single values; the first of ``tables`` by default.
        save: writes the arrays to an open file; None where there are none.
        shown: the result whose figure is drawn; None where there is none.
    """

    numbers: Mapping[str, Any]
    tables: Sequence[TextTable]
    brief: Sequence[TextTable] = ()
    csv: TextTable | None = None
    save: Callable[[IO[bytes]], None] | None = None
    shown: Any = None


def command_result(
    result: Any,
    numbers: Mapping[str, Any],
    tables: Sequence[TextTable],
    *,
    arrays: Callable[[], Mapping[str, Any]] = dict,
    **more: Any,
) -> CommandResult:
    """A command's result that can be saved and drawn.

    Args:
        result: of a measurement or a derivation.
        numbers: of the JSON, which ``.npz`` holds too.
        tables: for texts.
        arrays: what ``.npz`` holds besides the result, collected when it is written.
        more: further fields of :class:`CommandResult`.
    """
    from jaxrf.report.storage import save

    def write(file: IO[bytes]) -> None:
        save(result, file, numbers=numbers, further=arrays())

    return CommandResult(numbers, tables, **{"save": write, "shown": result, **more})


def deliver(options: OutputOptions, outcome: CommandResult, files: Sequence[Path]) -> None:
    """Write every file in the form of its suffix, and the result to standard output.

    Nothing is printed where a file already has the format that ``-f`` asks for. A
    figure has its numbers beside it, as JSON.

    Args:
        options: of the command; ``format`` is that of standard output, None for a table.
        outcome: the result of the command.
        files: from :func:`writable`.
    """
    asked = options.format
    for file in written_for(files):
        with whole(file) as to:
            _write(to, file, outcome, asked)
    if files:
        names = ", ".join(map(str, written_for(files)))
        say(f"jaxrf {options.command}: wrote {names}")
    if asked is None or asked not in (_form(file, asked) for file in files):
        emit(text_of(outcome, asked or "table", brief=True))


def written_for(files: Sequence[Path]) -> list[Path]:
    """The files to write, and one JSON file of numbers per figure."""
    numbers = [f.with_suffix(".json") for f in files if f.suffix in FIGURES]
    return list(dict.fromkeys([*files, *numbers]))


def _form(file: Path, asked: str | None) -> str | None:
    """Format of a text file by its suffix; the format that is asked for where it tells none."""
    if file.suffix == ".txt" or file.suffix not in SUFFIXES:
        return asked or "table"
    return FORMATS.get(file.suffix)


def _write(to: IO[bytes], file: Path, outcome: CommandResult, asked: str | None) -> None:
    form = _form(file, asked)
    if form is not None:
        to.write(text_of(outcome, form).encode("utf-8", "backslashreplace"))
    elif file.suffix == ".npz" and outcome.save is not None:
        outcome.save(to)
    elif outcome.shown is not None:
        from jaxrf.plot import draw, figure_of
        from jaxrf.plot.style import write

        write(figure_of(draw(outcome.shown)), to, file.suffix)


def text_of(outcome: CommandResult, form: str, *, brief: bool = False) -> str:
    """The result as "json", "csv", "markdown", "latex", or for a terminal."""
    from jaxrf.report.json import to_json

    if form == "json":
        return to_json(outcome.numbers) + "\n"
    if form == "csv":
        return (outcome.csv or outcome.tables[0]).csv()
    tables = outcome.brief if brief and form == "table" and outcome.brief else outcome.tables
    return "\n".join(formatted(table, form) for table in tables)


def formatted(table: TextTable, form: str) -> str:
    """The table as "csv", "markdown", "latex", or for a terminal."""
    if form in ("csv", "markdown", "latex"):
        text: str = getattr(table, form)()
        return text
    return plain_text(table) + "\n"


def exit_code(command: str, failures: Sequence[str]) -> int:
    """Exit code 1, after one line per failed check; 0 where none failed."""
    for line in failures:
        say(f"jaxrf {command}: failed: {line}")
    return 1 if failures else 0
