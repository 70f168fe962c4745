"""Errors of jaxrf: one class per kind, one line per message."""

from jaxrf.text.printable import printable


class JaxrfError(Exception):
    """Base of every error that jaxrf raises on purpose.

    Attributes:
        exit_code: what the command line returns for it (see ``contract``: 2 usage, 3 strict).
    """

    exit_code = 2

    def __str__(self) -> str:
        """The message, with control characters in names written out."""
        return printable(Exception.__str__(self), keep="\n")  # not as a KeyError quotes it


class InvalidLayer(JaxrfError, ValueError):
    """A layer with an impossible kernel, stride, padding or dilation."""


class InvalidGraph(JaxrfError, ValueError):
    """A graph that cannot be solved: unknown operand, duplicate name, no path."""


class InvalidInput(JaxrfError, ValueError):
    """A shape, axis, position or option that does not fit the model."""


class UnknownName(InvalidInput, KeyError):
    """A name, of an end-point or an input, that matches no known name, or several."""


class TargetError(JaxrfError):
    """A TARGET of the command line that cannot be found or imported."""


class ModelError(JaxrfError):
    """The model itself failed while it was traced or run."""


class ProcessLost(JaxrfError):
    """Another process of the same job failed or is gone; what was sampled until then is kept.

    Attributes:
        gone: whether it cannot be reached any more.
    """

    gone = False


class NotExact(JaxrfError):
    """Raised under ``strict=True`` where the field can only be bounded, not derived."""

    exit_code = 3
