"""``jaxrf field``: size, stride, padding and alignment of every end-point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.field_several import SeveralOptions, add_others, several
from jaxrf.cli.field_sizes import SizesOptions, add_start, field_sizes
from jaxrf.cli.options.checks import add_checks, check_baseline_option, failed_checks
from jaxrf.cli.options.derivation import add_derivation
from jaxrf.cli.options.model import add_model
from jaxrf.cli.options.output import add_files, add_format, checked_outputs
from jaxrf.cli.output import CommandResult, command_result, deliver, exit_code
from jaxrf.cli.request import request_of
from jaxrf.errors import InvalidInput
from jaxrf.text.paths import portable_target

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["FieldOptions", "register", "run"]


class FieldOptions(SeveralOptions, SizesOptions):
    """Options of ``jaxrf field``.

    Attributes:
        rate: input samples per second, for fields in milliseconds too.
    """

    rate: float | None


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_model(commands, "field", "derive size, stride, padding and alignment")
    add_others(command)
    command.add_argument(
        "--endpoint", "--at", dest="endpoint", metavar="NAME", help="only this end-point"
    )
    add_start(command)
    add_derivation(command)
    add_checks(command)
    command.add_argument(
        "--rate", type=float, metavar="HZ", help="input samples per second, for r and S in ms too"
    )
    add_files(command)
    add_format(command)
    command.set_defaults(run=run)


def run(options: FieldOptions) -> int:
    """The theory of every end-point."""
    if options.others:  # each of several models has shapes of its own
        check_baseline_option(options)
        return exit_code("field", several(options))
    request = request_of(options)
    check_baseline_option(options)
    if request.free:
        return exit_code("field", field_sizes(options, request))
    files = checked_outputs(options)
    if options.start is not None:
        raise InvalidInput("--start: got no free length in --shape, need one, e.g. 1,None,None,3")
    analysis = analyze_model(options, request, all_endpoints=options.all, strict=options.strict)
    failures = failed_checks(options, analysis)
    deliver(options, _result(options, analysis), files)
    return exit_code("field", failures)


def _result(options: FieldOptions, analysis: Analysis) -> CommandResult:
    """The result of the command for one model.

    Raises:
        InvalidInput: a rate that cannot be used.
    """
    from jaxrf.geometry.collection import Fields
    from jaxrf.text.result import LONG

    only, rate = options.endpoint, options.rate
    whole = analysis.table(only=only, rate=rate)
    most = None if options.all else LONG
    document = analysis.to_dict(only=only, target=portable_target(options.target))
    names = analysis.names if only is None else (analysis.find(only),)
    fields = Fields(tuple(analysis[name] for name in names), whole, document)
    brief = [analysis.table(only=only, most=most, rate=rate)]
    return command_result(fields, document, [whole], brief=brief, shown=analysis)
