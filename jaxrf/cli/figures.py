"""``jaxrf figures``: the scripts of ``experiments/``, and what there is of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jaxrf.cli.options.cache import CacheOptions, add_cache
from jaxrf.cli.options.output import FormatOptions, add_format
from jaxrf.cli.output import CommandResult, exit_code, text_of
from jaxrf.console.results import emit
from jaxrf.errors import InvalidInput

__all__ = ["FiguresOptions", "register", "run"]


class FiguresOptions(FormatOptions, CacheOptions):
    """Options of ``jaxrf figures``.

    Attributes:
        names: of the experiments to run; all of them if empty.
        list: only list the experiments and their state.
        check: compute again elsewhere and compare; write nothing.
        quick: a smaller version of each.
        out: folder of the results.
        fresh: run complete experiments too, from the beginning.
        resume: go on where a run stopped, as it does anyway.
    """

    names: list[str]
    list: bool
    check: bool
    quick: bool
    out: str | None
    fresh: bool
    resume: bool


def register(commands: Any) -> None:
    """Add the command and its options."""
    help = "run the scripts of experiments/: the figures and tables of the repository"
    command = commands.add_parser("figures", help=help, description=help)
    command.add_argument("names", nargs="*", metavar="NAME", help="which of them (all)")
    command.add_argument(
        "--list", action="store_true", help="only say what there is, and what is complete"
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="compute again elsewhere and compare with what there is; nothing is written",
    )
    command.add_argument("--quick", action="store_true", help="a smaller version of each")
    command.add_argument(
        "--out", metavar="FOLDER", help="where results go (figures/ beside experiments/)"
    )
    command.add_argument(
        "--fresh", action="store_true", help="run what is complete too, from the beginning"
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on where a run stopped, as it does anyway",
    )
    add_cache(command)
    add_format(command)
    command.set_defaults(run=run)


def run(options: FiguresOptions) -> int:
    """Run the scripts, list them, or check what they have written."""
    from jaxrf.experiments.runner import find_folder, run_scripts, scripts, summary

    if options.fresh and options.resume:
        raise InvalidInput("--fresh: got --resume too, need one of the two; leave one out")
    if options.check and options.quick:
        raise InvalidInput(
            "--quick: got --check too, which computes every result as it was made, quick or not; "
            "leave one out"
        )
    folder = find_folder(Path.cwd())
    found = scripts(folder, options.names)
    out = folder.parent / "figures" if options.out is None else Path(options.out)
    if options.list:
        return _list(options, found, out)
    if options.check:
        return _check(options, found, out)
    outcomes = run_scripts(found, out, quick=options.quick, fresh=options.fresh)
    outcome = CommandResult({o.name: o.to_dict() for o in outcomes}, [summary(outcomes)])
    emit(text_of(outcome, options.format or "table"))
    failed = [f"{o.name}: expected exit code 0, got {o.code}" for o in outcomes if o.code]
    return exit_code("figures", failed)


def _list(options: FiguresOptions, found: Sequence[Path], out: Path) -> int:
    """List every script with the state of its result; nothing is run."""
    from jaxrf.experiments.provenance import first_line
    from jaxrf.experiments.record import state
    from jaxrf.experiments.sources import Sources
    from jaxrf.text.table import TextTable

    sources = Sources(found[0].parent)
    states = {p.stem: {"state": state(p, out, sources), "about": first_line(p)} for p in found}
    rows = tuple((name, entry["state"], entry["about"]) for name, entry in states.items())
    title = f"experiments of {found[0].parent.parent.name}"
    listed = TextTable(title, ("name", "result", "what"), rows, words=3)
    emit(text_of(CommandResult(states, [listed]), options.format or "table"))
    return 0


def _check(options: FiguresOptions, found: Sequence[Path], out: Path) -> int:
    """Compute results again and compare them; the folder of results is not written to."""
    from jaxrf.experiments.check import check_scripts, tables

    checked = check_scripts(found, out, fresh=options.fresh)
    outcome = CommandResult({c.name: c.to_dict() for c in checked}, tables(checked))
    emit(text_of(outcome, options.format or "table"))
    return exit_code("figures", [c.failure for c in checked if c.failure])
