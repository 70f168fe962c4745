"""Parse the texts of single options: numbers, and NAME=VALUE."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable
from typing import Any, TypeVar

from jaxrf.arguments.annotations import LAST_SEED

__all__ = ["assignment", "comma_separated", "integers", "named_numbers", "seed"]

T = TypeVar("T")
_WORDS = {"true": True, "false": False, "none": None, "null": None}


def integers(text: str) -> tuple[int, ...]:
    """Comma-separated integers.

    >>> integers("1,224,224,3")
    (1, 224, 224, 3)
    """
    return comma_separated(text, int, "3,3")


def comma_separated(text: str, part: Callable[[str], T], example: str) -> tuple[T, ...]:
    """The values of the parts between commas.

    Args:
        text: of the option.
        part: turns one part into an integer, or into what may stand for one.
        example: a right value, for the message about a wrong one.
    """
    try:
        return tuple(part(each) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, need integers separated by commas, e.g. {example}"
        ) from None


def assignment(text: str) -> tuple[str, Any]:
    """NAME=VALUE of an argument in Python: a literal, or any other text as it is.

    >>> assignment("train=false"), assignment("sizes=(2, 3)"), assignment("mode=same")
    (('train', False), ('sizes', (2, 3)), ('mode', 'same'))
    """
    name, value = _divided(text, text.find("="), "NAME=VALUE, e.g. depth=50", str.isidentifier)
    if value.lower() in _WORDS:
        return name, _WORDS[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name, value


def named_numbers(text: str) -> tuple[str, str]:
    """NAME=NUMBERS of an input of a file: its name may be anything, an equals sign included.

    >>> named_numbers("a=b=1,2")
    ('a=b', '1,2')
    """
    return _divided(text, text.rfind("="), "NAME=NUMBERS, e.g. sr=16000", bool)


def _divided(text: str, at: int, needed: str, named: Callable[[str], bool]) -> tuple[str, str]:
    """The name before the equals sign at an index (-1: there is none), and the value after it."""
    name, value = text[: max(at, 0)], text[at + 1 :]
    if at < 0 or not named(name) or not value:
        raise argparse.ArgumentTypeError(f"got {text!r}, need {needed}")
    return name, value


def seed(text: str) -> int:
    """The seed of a random key.

    >>> seed("3")
    3
    """
    if not text.isdecimal() or int(text) > LAST_SEED:
        raise argparse.ArgumentTypeError(f"got {text!r}, need an integer from 0 to {LAST_SEED}")
    return int(text)
