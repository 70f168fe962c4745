"""Actions for options that are given more than once: a repetition is reported."""

from __future__ import annotations

import argparse
from typing import Any

from jaxrf.console.results import say

__all__ = ["Once", "OnceByName"]


class Once(argparse.Action):
    """Stores a value; of several the last one, as is usual, with a warning."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store the value, with a warning if there was one before."""
        given = namespace.__dict__.setdefault("_given", set())
        if option_string is not None and self.dest in given:
            before = getattr(namespace, self.dest)
            say(
                f"{parser.prog}: warning: {option_string}: got {before} and then {values}, "
                f"used {values}"
            )
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class OnceByName(argparse.Action):
    """Collects (name, value) pairs in a dict, and refuses a name that is given twice."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add a pair, refusing a repeated name."""
        name, value = values
        before = getattr(namespace, self.dest)
        if name in before:
            parser.error(f"{option_string}: got {name} twice, need it once")
        setattr(namespace, self.dest, {**before, name: value})
