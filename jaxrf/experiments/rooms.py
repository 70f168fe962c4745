"""The modules of jaxrf that decide no number: those that write, draw and parse options.

This is the one place that names modules. A module that moves is renamed here too, in the same step
as in the imports; ``tests/experiments/test_sources.py`` finds a name that leads nowhere.
"""

from __future__ import annotations

__all__ = ["ROOT", "decides", "presents"]

ROOT = "jaxrf"
# The text and the pictures of a result come from these; a change of one draws it again.
PRESENTATION = (
    "jaxrf.plot",
    "jaxrf.experiments.claims",
    "jaxrf.experiments.evidence",
    "jaxrf.experiments.publish",
    "jaxrf.experiments.store",
    "jaxrf.report",
    "jaxrf.text",
)
# Nothing of a result comes from these.
ASIDE = (
    "jaxrf.experiments",
    "jaxrf.console",
    "jaxrf.cli",
    "jaxrf.version",
)


def decides(module: str) -> bool:
    """Whether a module of jaxrf may decide a number; the top of the package only names things."""
    return module != ROOT and not _within(module, (*PRESENTATION, *ASIDE))


def presents(module: str) -> bool:
    """Whether a module of jaxrf writes or draws results."""
    return _within(module, PRESENTATION)


def _within(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)
