"""Check that a plot function is given the kind of result that it draws."""

from __future__ import annotations

from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["check_result"]


def check_result(what: str, result: Any, needed: str, *attributes: str) -> None:
    """Refuse what lacks an attribute of the result that a function draws.

    Args:
        what: name of the plot function.
        result: the result that it was given.
        needed: description of what it draws.
        attributes: names of attributes that a right result has.

    Raises:
        InvalidInput: the result lacks one of them.
    """
    if not all(hasattr(result, name) for name in attributes):
        raise InvalidInput(
            f"plot.{what}: got {type(result).__name__}, need {needed}; "
            "jaxrf.plot.draw takes any result"
        )
