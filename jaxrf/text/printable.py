"""Printable text: no character of a name is a command to a terminal.

Names of layers, messages of models and paths of files hold whatever their authors put there:
colours and cursor movements (ANSI escapes), line ends, marks that turn the direction of writing.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata

__all__ = ["encodable", "printable"]

# What terminals and figures act upon: control and format characters, line and paragraph
# separators, and halves of surrogate pairs, which no encoding has.
_COMMANDS = ("Cc", "Cf", "Cs", "Zl", "Zp")
_PLAIN = {
    **{"─": "-", "━": "-", "│": "|", "–": "-", "—": "-", "…": "...", "→": "->", "’": "'"},
    **{"σ": "sigma", "²": "^2", "√": "sqrt", "×": "x", "±": "+-", "≥": ">=", "≤": "<=", "∞": "inf"},
}


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with every character that is a command written out.

    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'

    Args:
        text: of any origin.
        keep: characters to leave as they are, e.g. line ends.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode()
        if unicodedata.category(c) in _COMMANDS and c not in keep
        else c
        for c in text
    )


def encodable(text: str, encoding: str | None = None) -> str:
    r"""The text in characters that an encoding has, by default that of standard output.

    >>> encodable("σ² ± 1 ü", "ascii")
    'sigma^2 +- 1 \\xfc'
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        return text.encode(encoding, "jaxrf.plain").decode(encoding)
    except LookupError:  # no encoding that Python knows
        return text.encode("ascii", "jaxrf.plain").decode("ascii")


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replacement of characters that cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    some = error.object[error.start : error.end]
    plain = "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in some)
    return plain, error.end


codecs.register_error("jaxrf.plain", _plain)
