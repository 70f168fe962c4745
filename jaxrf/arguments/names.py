"""Find names that users give in full or by their last parts, and suggest corrections."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from jaxrf.errors import UnknownName
from jaxrf.text.printable import printable

__all__ = ["find_name", "some", "suggestion"]

FEW = 8  # names in an error line


def find_name(name: str, names: Sequence[str], what: str) -> str:
    """Return the one of ``names`` that a user means, given in full or by its last parts.

    >>> find_name("conv", ["stem", "block1/conv"], "end-point")
    'block1/conv'
    >>> find_name("block", ["stem", "block1", "block2"], "end-point")
    Traceback (most recent call last):
    jaxrf.errors.UnknownName: end-point: got 'block', none matches; need one of stem, block1, \
block2; did you mean block1 or block2?

    Args:
        name: as the user has it.
        names: all known names; slashes or dots separate their parts.
        what: the kind of thing that is named, for the error message.

    Raises:
        UnknownName: none matches (with the closest ones), or several do.
    """
    if not isinstance(name, str):
        raise UnknownName(f"{what}: got {name!r}, need a name: one of {some(names)}")
    if name in names:
        return name
    if same := [n for n in names if printable(n) == name]:
        return same[0]  # as tables and messages have it
    matches = [n for n in names if n.endswith((f"/{name}", f".{name}"))] if name else []
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UnknownName(f"{what}: got {name!r}, several match; need one of {some(matches)}")
    raise UnknownName(
        f"{what}: got {name!r}, none matches; need one of {some(names)}{suggestion(name, names)}"
    )


def some(names: Iterable[str], most: int = FEW) -> str:
    """The first few names, and how many there are.

    >>> some("abcde", 3)
    'a, b, c, ... (5 in all)'
    """
    names = list(names)
    return ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def suggestion(name: str, names: Iterable[str], most: int = 3) -> str:
    """The end of an error line: "; did you mean ...?", or "" where nothing is close.

    A name is close if it contains what was given, in upper or lower case, or differs
    from it by a few letters, as a whole or in its last part.
    """
    names, wanted = list(names), name.lower()
    close = [n for n in names if wanted and wanted in n.lower()]
    if not close:
        whole = {n.lower(): n for n in reversed(names)}
        last = {n.replace(".", "/").rpartition("/")[2].lower(): n for n in reversed(names)}
        known = {**last, **whole}
        close = [known[n] for n in difflib.get_close_matches(wanted, known, most, 0.7)]
    close = list(dict.fromkeys(close))[:most]
    return f"; did you mean {' or '.join(close)}?" if close else ""
