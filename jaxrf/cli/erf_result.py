"""A measured field in every format of ``jaxrf erf``, its running sums beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jaxrf.cli.options.resume import RunState
from jaxrf.cli.output import CommandResult, command_result
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.result import ERF

__all__ = ["erf_result"]


def erf_result(
    measured: ERF, numbers: Mapping[str, Any], tables: Sequence[TextTable], state: RunState
) -> CommandResult:
    """The field, the fields of channels where there are any, and what a longer run begins with.

    Args:
        measured: the field.
        numbers: of the JSON.
        tables: for texts.
        state: of the run, whose file is complete.
    """
    from jaxrf.measure.extension import kept_run
    from jaxrf.report.channels import channel_table

    channels = {} if measured.channels is None else measured.channels.arrays()
    more = [] if measured.channels is None else [channel_table(measured)]
    return command_result(
        measured,
        numbers,
        [*tables, *more],
        arrays=lambda: {**channels, **kept_run(state.file, measured.replicates.sums)},
    )
