"""``jaxrf zoo``: the networks that zoo:NAME stands for."""

from __future__ import annotations

from typing import Any

from jaxrf.cli.options.output import OutputOptions, add_files, add_format, checked_outputs
from jaxrf.cli.output import CommandResult, deliver

__all__ = ["ZooOptions", "register", "run"]


class ZooOptions(OutputOptions):
    """Options of ``jaxrf zoo``."""


def register(commands: Any) -> None:
    """Add the command and its options."""
    help = "list the networks that zoo:NAME stands for"
    command = commands.add_parser("zoo", help=help, description=help)
    add_files(command, ".json, .csv, .md, .tex or .txt")
    add_format(command)
    command.set_defaults(run=run)


def run(options: ZooOptions) -> int:
    """List the networks."""
    from jaxrf import zoo
    from jaxrf.text.table import TextTable

    files = checked_outputs(options, arrays=False, figure=False)
    rows = tuple((f"zoo:{name}", zoo.describe(name)) for name in zoo.names())
    table = TextTable("networks of jaxrf.zoo", ("target", "what it is"), rows, words=2)
    deliver(
        options, CommandResult({name: zoo.describe(name) for name in zoo.names()}, [table]), files
    )
    return 0
