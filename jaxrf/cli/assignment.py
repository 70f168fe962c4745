"""Options of the form NAME=VALUE."""

from __future__ import annotations

import argparse
import ast
from typing import Any

__all__ = ["assignment"]

_WORDS = {"true": True, "false": False, "none": None, "null": None}


def assignment(text: str) -> tuple[str, Any]:
    """name=value, the value as in Python; any other text is itself.

    >>> assignment("train=false"), assignment("sizes=(2, 3)"), assignment("mode=same")
    (('train', False), ('sizes', (2, 3)), ('mode', 'same'))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier() or not value:
        raise argparse.ArgumentTypeError(f"got {text!r}, need NAME=VALUE, e.g. depth=50")
    if value.lower() in _WORDS:
        return name, _WORDS[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name, value
