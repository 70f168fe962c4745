"""Whole-number arguments: a fraction is refused, never truncated."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["is_whole", "whole", "wholes"]


def is_whole(value: Any) -> bool:
    """Whether a value is of an integer type; neither 4.0 nor True is."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole(name: str, value: Any) -> int:
    """Convert a value to an int, refusing fractions.

    >>> whole("samples", 4)
    4

    Args:
        name: of the argument, for messages.
        value: what was given.

    Raises:
        InvalidInput: it is no whole number.
    """
    if is_whole(value):
        return int(value)
    raise InvalidInput(f"{name}: got {value!r}, need a whole number")


def wholes(name: str, values: Any) -> tuple[int, ...]:
    """Convert one number or several to a tuple of ints, refusing fractions.

    >>> wholes("at", 3), wholes("at", [1, 2])
    ((3,), (1, 2))

    Args:
        name: of the argument, for messages.
        values: what was given.

    Raises:
        InvalidInput: one of them is no whole number.
    """
    if isinstance(values, Iterable) and not isinstance(values, (str, bytes)):
        return tuple(whole(name, value) for value in values)
    return (whole(name, values),)
