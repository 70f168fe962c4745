"""What a plot function refuses: a result that it is not for."""

from __future__ import annotations

from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["check_result"]


def check_result(what: str, result: Any, needed: str, *attributes: str) -> None:
    """Refuse what lacks an attribute of the result that a function draws.

    Args:
        what: name of the function.
        result: that it was given.
        needed: what it draws.
        attributes: that all of those have.

    Raises:
        InvalidInput: it is something else.
    """
    if not all(hasattr(result, name) for name in attributes):
        raise InvalidInput(
            f"plot.{what}: got {type(result).__name__}, need {needed}; "
            "jaxrf.plot.draw takes any result"
        )
