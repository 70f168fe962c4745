"""``Result``: the base class of results, which are displayed as tables wherever they are printed.

A result is data. How it is written is defined in the rooms above it: in one module of
``jaxrf.report`` per kind of result, with the functions ``table`` and ``to_dict``; in
``jaxrf.report.storage``; in ``jaxrf.plot``. They are imported by name here, when a result is looked
at, and nowhere else below them.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from jaxrf.text.table import TextTable

__all__ = ["BRIEF", "LONG", "Result", "SentenceResult"]

BRIEF = 20  # rows of a ``repr``, which is what a failing test and a debugger show
LONG = 100  # rows of what is printed, and of a notebook's table


class Result:
    """A result with a table: whole in ``str``, brief in ``repr``, HTML in notebooks.

    Dataclasses that inherit from it pass ``repr=False``.

    Attributes:
        REPORT: the module of ``jaxrf.report`` that writes results of this kind.
    """

    REPORT: ClassVar[str]

    @classmethod
    def _report(cls) -> ModuleType:
        """The module that writes results of this kind, with ``table`` and ``to_dict``."""
        return import_module(f"jaxrf.report.{cls.REPORT}")

    def table(self) -> TextTable:
        """The result as a table; see :class:`jaxrf.text.table.TextTable` for its forms."""
        table: TextTable = self._report().table(self)
        return table

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON has it: numbers, texts, lists and dicts, under their names."""
        document: dict[str, Any] = self._report().to_dict(self)
        return document

    def _at_most(self, rows: int) -> TextTable:
        """The table with at most so many rows."""
        return self.table().at_most(rows)

    def __str__(self) -> str:
        from jaxrf.text.table import plain_text

        return plain_text(self._at_most(LONG))

    def __repr__(self) -> str:
        from jaxrf.text.table import plain_text

        return plain_text(self._at_most(BRIEF))

    def _repr_html_(self) -> str:
        """The form that notebooks show."""
        return self._at_most(LONG).html()

    def save(self, file: str | Path) -> None:
        """Write the result, for :func:`jaxrf.load` to give it back.

        Args:
            file: a path ending in ``.npz``.

        Raises:
            InvalidInput: another suffix, or a result that no file can hold.
        """
        import_module("jaxrf.report.storage").save(self, file)

    def plot(self, ax: Any = None) -> Any:
        """Draw the result; see :func:`jaxrf.plot.draw`.

        Args:
            ax: matplotlib axes to draw into; those of a new figure by default.
        """
        return import_module("jaxrf.plot").draw(self, ax=ax)


class SentenceResult(Result):
    """A small result: a sentence in ``repr``, a table in ``str``."""

    @property
    def sentence(self) -> str:
        """The result in a sentence."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.sentence
