"""What options of the command line take, read from text: numbers, names with a value."""

from __future__ import annotations

import argparse

from jaxrf.arguments.annotated import LAST_SEED

__all__ = ["integers", "named", "seed"]


def integers(text: str) -> tuple[int, ...]:
    """Comma-separated integers."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, need integers separated by commas, e.g. 1,224,224,3"
        ) from None


def named(text: str) -> tuple[str, str]:
    """name=value, of any name."""
    name, equals, value = text.rpartition("=")
    if not name or not equals or not value:
        raise argparse.ArgumentTypeError(f"got {text!r}, need NAME=NUMBERS, e.g. sr=16000")
    return name, value


def seed(text: str) -> int:
    """What a random key can be made of."""
    if not text.isdecimal() or int(text) > LAST_SEED:
        raise argparse.ArgumentTypeError(f"got {text!r}, need an integer from 0 to {LAST_SEED}")
    return int(text)
