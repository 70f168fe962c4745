"""``jaxrf figures``: the scripts of ``experiments/``, or what each of them is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaxrf.cli.options.output import FormatOptions, add_format
from jaxrf.cli.output import Told, exit_code, text_of
from jaxrf.console.results import emit
from jaxrf.errors import InvalidInput

__all__ = ["FiguresOptions", "register", "run"]


class FiguresOptions(FormatOptions):
    """What ``jaxrf figures`` is given.

    Attributes:
        names: of experiments; none is all of them.
        list: only say what there is.
        quick: a smaller version of each.
        out: folder of the results.
        fresh: run what is complete too, from the beginning.
        resume: go on where a run stopped, as it does anyway.
    """

    names: list[str]
    list: bool
    quick: bool
    out: str | None
    fresh: bool
    resume: bool


def register(commands: Any) -> None:
    """Add the command and its options."""
    help = "run the scripts of experiments/: the figures and tables of the repository"
    command = commands.add_parser("figures", help=help, description=help)
    command.add_argument("names", nargs="*", metavar="NAME", help="which of them (all)")
    command.add_argument("--list", action="store_true", help="only say what there is")
    command.add_argument("--quick", action="store_true", help="a smaller version of each")
    command.add_argument("--out", metavar="FOLDER", help="figures/ beside experiments/")
    command.add_argument(
        "--fresh", action="store_true", help="run what is complete too, from the beginning"
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on where a run stopped, as it does anyway",
    )
    add_format(command)
    command.set_defaults(run=run)


def run(options: FiguresOptions) -> int:
    """Run the scripts, or list them."""
    from jaxrf.experiments.provenance import first_line
    from jaxrf.experiments.runner import find_folder, run_scripts, scripts, summary
    from jaxrf.text.table import TextTable

    if options.fresh and options.resume:
        raise InvalidInput("--fresh: got --resume too, need one of the two; leave one out")
    folder = find_folder(Path.cwd())
    found = scripts(folder, options.names)
    if options.list:
        rows = tuple((path.stem, first_line(path)) for path in found)
        listed = TextTable(f"experiments of {folder.parent.name}", ("name", "what"), rows, words=2)
        emit(text_of(Told(dict(rows), [listed]), options.format or "table"))
        return 0
    out = folder.parent / "figures" if options.out is None else Path(options.out)
    outcomes = run_scripts(found, out, quick=options.quick, fresh=options.fresh)
    told = Told({o.name: o.to_dict() for o in outcomes}, [summary(outcomes)])
    emit(text_of(told, options.format or "table"))
    failed = [f"{o.name}: expected exit code 0, got {o.code}" for o in outcomes if o.code]
    return exit_code("figures", failed)
