"""``ByName``: a mapping whose names may be shortened to their last parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from jaxrf.arguments.names import find_name
from jaxrf.errors import InvalidInput

__all__ = ["ByName"]

V = TypeVar("V")


class ByName(Mapping[str, V]):
    """A mapping from end-points; ``find`` says which one a name stands for.

    Two of them are equal only if they are the same object.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Of all end-points, the output last."""
        raise NotImplementedError

    def find(self, name: str | None) -> str:
        """The full name of an end-point, from its last parts; None is the output.

        Raises:
            InvalidInput: no end-point, or several, match.
        """
        return self.names[-1] if name is None else find_name(name, self.names, "end-point")

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and bool(self.find(name))
        except InvalidInput:
            return False

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, or the default where none or several match."""
        return self[name] if name in self else default

    __eq__ = object.__eq__
    __hash__ = object.__hash__
