"""``ByName``: a mapping whose names may be shortened to their last parts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from jaxrf.arguments.names import find_name
from jaxrf.errors import InvalidInput

__all__ = ["ByName"]

V = TypeVar("V")


class ByName(Mapping[str, V]):
    """A mapping from names, each of which may be given by its last parts where they are unique.

    ``mapping[name]`` works wherever ``name in mapping`` is true, and raises a ``KeyError``
    elsewhere (an :class:`~jaxrf.errors.UnknownName`, which says what there is); iteration, ``keys``
    and ``items`` have the full names. Two mappings are equal only if they are the same object.

    Attributes:
        NAMES_OF: what the names stand for, for messages.
    """

    NAMES_OF: ClassVar[str] = "end-point"

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Full names, the output (or the last one that was given) last."""

    @abstractmethod
    def _value(self, name: str) -> V:
        """The value of a full name."""

    def find(self, name: str | None) -> str:
        """The full name that a name stands for; None is the last one, the output.

        Raises:
            UnknownName: none, or several, match.
        """
        return self.names[-1] if name is None else find_name(name, self.names, self.NAMES_OF)

    def __getitem__(self, name: str) -> V:
        if not isinstance(name, str):
            find_name(name, self.names, self.NAMES_OF)  # type: ignore[unreachable]  # says what is needed
        return self._value(self.find(name))

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
        return self[name] if name in self else default  # noqa: SIM401  # this is what get() is

    __eq__ = object.__eq__
    __hash__ = object.__hash__
