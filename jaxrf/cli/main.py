"""The command line: arguments in, exit code out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any, NoReturn

from jaxrf.cli.job import broken
from jaxrf.cli.parser import Parser
from jaxrf.console.compilation_cache import compilations_kept, nothing_kept
from jaxrf.console.ending import run_to_exit_code
from jaxrf.console.heartbeat import reports
from jaxrf.console.interrupts import INTERRUPTED, interrupts_deferred
from jaxrf.console.results import results_on_stdout
from jaxrf.version import __version__

__all__ = ["COMMANDS", "main", "make_parser", "run"]

COMMANDS = (  # one module each, in the order of ``jaxrf --help``
    "field",
    "support",
    "erf",
    "predict",
    "compare",
    "figures",
    "zoo",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 fine, 1 failed check, 2 usage, 3 not exact)."""
    return _answered(_parsed(arguments))


def run() -> NoReturn:
    """The installed command: :func:`main`, ended at once after an interrupt.

    The interpreter would take apart what XLA's threads are still compiling with, and wait for
    processes of a job that are gone.
    """
    code = _answered(_parsed(None), for_good=True)
    if code == INTERRUPTED or broken():
        os._exit(code)
    sys.exit(code)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, and the words that they were made of."""
    options = make_parser().parse_args(arguments)
    options.words = tuple(sys.argv[1:] if arguments is None else arguments)
    return options


def make_parser() -> Parser:
    """The parser of the whole command line; nothing heavy is imported for it.

    >>> make_parser().parse_args(["field", "zoo:vgg_16"]).target
    'zoo:vgg_16'
    >>> "--expect" in make_parser().commands["field"].option_names
    True
    """
    parser = Parser(
        prog="jaxrf",
        description="Which inputs does an output look at, and how hard? Receptive fields of any "
        "network that JAX can run: derived, measured, and each checked against the other.",
    )
    parser.add_argument("--version", action="version", version=f"jaxrf {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"jaxrf.cli.{name}").register(commands)
    debug: dict[str, Any] = {"action": "store_true", "help": "with an error, show the traceback"}
    parser.add_argument("--debug", **debug)
    for command in commands.choices.values():  # and after the command, without undoing the first
        command.add_argument("--debug", **debug, default=argparse.SUPPRESS)
    return parser


def _answered(options: argparse.Namespace, *, for_good: bool = False) -> int:
    def command() -> int:
        with results_on_stdout(for_good=for_good), reports(options.command):
            with interrupts_deferred():  # compiled code, which a signal must not break into
                import numpy  # noqa: F401

                if "target" in options:
                    import jax  # noqa: F401
            with nothing_kept() if getattr(options, "no_cache", False) else _kept(options):
                code: int = options.run(options)
            return code

    return run_to_exit_code(command, options.command, debug=options.debug)


def _kept(options: argparse.Namespace) -> AbstractContextManager[None]:
    """Compiled programs are kept where a command itself runs a model."""
    if "target" not in options:
        return nullcontext()
    return compilations_kept(f"jaxrf {options.command}")


if __name__ == "__main__":
    run()
