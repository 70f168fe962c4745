"""The parser of the command line and of each command: usage errors in one line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from jaxrf.cli.options.once import Once
from jaxrf.console.results import say

__all__ = ["Parser"]

NEGATIVE = ("--at", "--axes", "--shape")  # options whose value may start with a minus


class Parser(argparse.ArgumentParser):
    """An argument parser with usage errors in one line, and a warning for a value given twice.

    Options are given in full: a shorter one may mean another tomorrow.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})
        for name in (None, "store"):
            self.register("action", name, Once)

    @property
    def option_names(self) -> tuple[str, ...]:
        """All options of the parser, as they are typed."""
        return tuple(self._option_string_actions)

    @property
    def commands(self) -> Mapping[str, Parser]:
        """The parsers of its commands by name; empty for a command itself."""
        groups = [a for a in self._actions if isinstance(a, argparse._SubParsersAction)]
        return {name: parser for group in groups for name, parser in group.choices.items()}

    def parse_known_args(  # type: ignore[override]  # its two overloads say no more
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse arguments; a command reports its unknown options with a suggestion."""
        words = joined(sys.argv[1:] if args is None else args)
        found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            option = unknown[0].partition("=")[0]
            known = [o for o in self.option_names if o != option]
            longer = [o for o in known if o.startswith(option)]
            near = longer or get_close_matches(option, known, 1, 0.8)
            meant = f"; did you mean {' or '.join(near)}?" if near and len(option) > 2 else ""
            if "others" in found and not option.startswith("-"):
                meant = "; models stand together, before the options"
            self.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """One line on standard error, and exit code 2."""
        say(f"{self.prog}: error: {message}; see {self.prog} --help")
        raise SystemExit(2)


def joined(arguments: Sequence[str]) -> list[str]:
    """Join ``--at -1,3`` into ``--at=-1,3``: argparse takes such numbers for options.

    >>> joined(["--at", "-1,3"])
    ['--at=-1,3']
    """
    found: list[str] = []
    for argument in arguments:
        if found and found[-1] in NEGATIVE and re.match(r"-\d", argument):
            found[-1] += f"={argument}"
        else:
            found.append(argument)
    return found
