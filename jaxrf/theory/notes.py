"""Notes on an analysis beside its numbers, one sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaxrf.arguments.names import some

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["independent_of", "setting_notes", "several_outputs", "warnings"]


def warnings(analysis: Analysis) -> list[str]:
    """One line for everything that was assumed or is only bounded."""
    return [*analysis.assumed] + [
        f"no rule for {what}: taken to depend on its whole input" for what in analysis.approximate
    ]


def several_outputs(analysis: Analysis) -> str:
    """The outputs of the model, and which of them is the default."""
    return f"outputs: {some(analysis.outputs)}; the output is {analysis.names[-1]}, the last one"


def independent_of(analysis: Analysis) -> str:
    """The outputs and marked values that the input cannot influence."""
    return f"does not depend on {analysis.input}: {some(analysis.independent)}"


def setting_notes(analysis: Analysis) -> list[str]:
    """The assumptions about the model; weights only where the user gave some."""
    setting = analysis.setting
    given = [setting.lines[0] + ": fields do not depend on them"]
    return [
        *(given if analysis.traced.network.user_weights is not None else []),
        *setting.calls,
    ]
