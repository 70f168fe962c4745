"""Every command with arguments that it runs with: what several tests walk over."""

import inspect
import typing
from importlib import import_module

__all__ = ["ADDED", "EXAMPLES", "options_read"]

ADDED = {"debug", "run", "_given"}  # options that the command line itself adds

_NET = "net.py:net --shape 1,8,1"  # any model of a row of numbers

# Command -> words after it; those that it cannot do without come first.
EXAMPLES = {
    "field": _NET,
    "support": _NET,
    "erf": f"{_NET} --samples 2",
    "predict": _NET,
    "compare": f"{_NET} --samples 2 -o x.png",
    "figures": "--list",
    "zoo": "",
}


def options_read(command):
    """Name -> annotation of the options that a command's function reads."""
    run = import_module(f"jaxrf.cli.{command}").run
    options = typing.get_type_hints(run)["options"]
    return {
        name: hint
        for kind in reversed(options.__mro__)
        for name, hint in inspect.get_annotations(kind).items()
    }
