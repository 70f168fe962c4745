"""Names in figures, as they are."""

from __future__ import annotations

from jaxrf.text.printable import printable

__all__ = ["verbatim"]


def verbatim(name: str) -> str:
    r"""A name for a figure: matplotlib sets nothing of it as mathematics, and it stays one line.

    >>> print(verbatim("cost in $ or $x^2"))
    cost in \$ or \$x^2
    """
    return printable(name).replace("$", r"\$")
