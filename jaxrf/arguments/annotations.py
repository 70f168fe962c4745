"""Check the arguments of public functions against their annotations: one line per error.

A range, a position or a shape is checked by the function that uses it.
"""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Any

from jaxrf.arguments.integers import is_whole
from jaxrf.errors import InvalidInput

__all__ = ["LAST_SEED", "check_arguments", "check_fields", "check_parent_folder"]

LAST_SEED = 2**32 - 1  # of what a random key and numpy's generators can both be made
CHECKED_ELSEWHERE = ("self", "model", "shape", "dtype")  # which may be more than they say


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")  # numpy's too


def _are_integers(value: Any) -> bool:
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    return all(map(is_whole, value)) if several else is_whole(value)


def _are_names(value: Any) -> bool:
    return isinstance(value, Iterable) and all(isinstance(v, str) for v in value)


_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "None": (lambda value: value is None, "None"),
    "int": (is_whole, "a whole number"),
    "float": (_is_number, "a number"),
    "bool": (_is_flag, "True or False"),
    "str": (lambda value: isinstance(value, str), "a text"),
    "Path": (lambda value: isinstance(value, os.PathLike), "a path"),
    "Sequence[int]": (_are_integers, "whole numbers"),
    "tuple[int, ...]": (
        lambda value: not is_whole(value) and _are_integers(value),
        "a tuple of whole numbers",
    ),
    "Sequence[str]": (_are_names, "texts"),
}
_CLASSES = (
    *("Analysis", "Checkpoint", "Comparison", "ERF", "Estimator", "FieldGrid", "Graph", "Layer"),
    *("Perturbation", "Sampling", "SizeFreeAnalysis"),
)


def check_arguments(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Check the arguments of a call: the first line of a public function's body.

    Args:
        function: the function that is called; its annotations are texts.
        given: its ``locals()``.

    Raises:
        InvalidInput: an argument is not of the kind that its annotation names.
    """
    for name, annotation in function.__annotations__.items():
        if name in given and name not in CHECKED_ELSEWHERE:
            _check(name, annotation, given[name])


def check_fields(record: Any) -> None:
    """Check the fields of a dataclass: the first line of its ``__post_init__``.

    Raises:
        InvalidInput: a field is not of the kind that its annotation names.
    """
    for field in fields(record):
        _check(field.name, field.type, getattr(record, field.name))


def _check(name: str, annotation: Any, value: Any) -> None:
    text = annotation.__name__ if isinstance(annotation, type) else annotation
    kinds = _kinds_of(text) if isinstance(text, str) else None
    if kinds is None:
        return
    if not any(holds(value) for holds, _ in kinds):
        needed = " or ".join(words for _, words in kinds)
        raise InvalidInput(f"{name}: got {reprlib.repr(value)}, need {needed}")
    if name == "seed" and value is not None and not 0 <= value <= LAST_SEED:
        raise InvalidInput(f"seed: got {value}, need 0 to {LAST_SEED}")
    if name == "checkpoint" and isinstance(value, str | os.PathLike):
        check_parent_folder(name, value)


def check_parent_folder(name: str, file: str | os.PathLike[str]) -> None:
    """Check that the folder of an output file exists.

    Args:
        name: of the argument, for the message.
        file: the file that will be written.

    Raises:
        InvalidInput: its folder does not exist, or the path is a folder.
    """
    if not Path(file).parent.is_dir() or Path(file).is_dir():
        raise InvalidInput(f"{name}: got {str(file)!r}, need a file in a folder that exists")


@cache
def _kinds_of(annotation: str) -> tuple[tuple[Callable[[Any], bool], str], ...] | None:
    """The kinds that an annotation allows; None where a part of it is not checked here."""
    kinds = [_kind(part) for part in re.split(r" \| (?![^\[]*\])", annotation)]
    return None if None in kinds else tuple(kind for kind in kinds if kind is not None)


def _kind(part: str) -> tuple[Callable[[Any], bool], str] | None:
    if part.startswith("Callable"):
        return callable, "a function"
    if part in _CLASSES:
        article = "an" if part[0] in "AE" else "a"
        return lambda value: _is_a(part, value), f"{article} {part}"
    return _KINDS.get(part)


def _is_a(name: str, value: Any) -> bool:
    """Whether a value is of a class of the package; it has been imported if it is."""
    return any(c.__name__ == name for c in type(value).__mro__)
