"""``Readable``: a result that is read as a table, in a terminal, a failing test and a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jaxrf.text.table import TextTable

__all__ = ["BRIEF", "Readable"]

BRIEF = 20  # rows of a ``repr``, which is what a failing test and a debugger show
LONG = 100  # rows of what is printed, and of a notebook's table


class Readable:
    """A result with a table: printed whole, brief where it is only looked at, HTML in notebooks.

    Dataclasses that inherit from it pass ``repr=False``.
    """

    def table(self) -> TextTable:
        """The result as a table; see :class:`jaxrf.text.table.TextTable` for its forms."""
        raise NotImplementedError

    def _at_most(self, rows: int) -> TextTable:
        """The table in so many rows."""
        return self.table().at_most(rows)

    def __str__(self) -> str:
        from jaxrf.text.table import plain_text

        return plain_text(self._at_most(LONG))

    def __repr__(self) -> str:
        from jaxrf.text.table import plain_text

        return plain_text(self._at_most(BRIEF))

    def save(self, file: str | Path) -> None:
        """Write the result, for :func:`jaxrf.load` to give it back.

        Args:
            file: a path ending in ``.npz``.

        Raises:
            InvalidInput: another suffix, or a result that no file can hold.
        """
        from jaxrf.report.storage import save

        save(self, file)

    def plot(self, ax: Axes | None = None) -> Any:
        """Draw the result; see :func:`jaxrf.plot.draw`.

        Args:
            ax: axes to draw into; those of a new figure by default.
        """
        from jaxrf.plot import draw

        return draw(self, ax=ax)

    def _repr_html_(self) -> str:
        """The form that notebooks show."""
        return self._at_most(LONG).html()
