"""Load the model of a command and derive its theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.cli.options.model import ModelOptions
from jaxrf.cli.options.shape import inputs_of
from jaxrf.cli.options.target import arguments_of
from jaxrf.cli.request import Request
from jaxrf.cli.targets import load_target
from jaxrf.console.heartbeat import doing
from jaxrf.console.results import say

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["analyze_model", "load_model"]


def load_model(options: ModelOptions, request: Request) -> tuple[Any, Any]:
    """The model and the shapes of its inputs, as :func:`jaxrf.analyze` takes them."""
    from jaxrf.frameworks.reinit import reinit

    if request.file is not None:
        model, inputs = request.file
        return (reinit(model) if options.reinit else model), inputs
    doing(f"loading {request.target}")
    model = load_target(
        request.target,
        factory=options.factory,
        width=options.width,
        arguments=arguments_of(options),
    )
    model = reinit(model) if options.reinit else model
    return model, inputs_of(request.shapes)


def analyze_model(options: ModelOptions, request: Request, **more: Any) -> Analysis:
    """Derive the theory of the model; warn of what is only bounded."""
    from jaxrf.report.remarks import capped
    from jaxrf.theory.analyze import analyze
    from jaxrf.theory.notes import several_outputs, warnings

    model, shape = load_model(options, request)
    more |= {"variables": options.variables, "call": options.call}
    doing("deriving the field")
    analysis = analyze(model, shape, spatial_axes=options.axes, wrt=options.wrt, **more)
    doing("drawing weights, compiling")  # until something else is said
    said = capped(warnings(analysis), 8, "operations without a rule, see jaxrf field -f json")
    if options.command != "field" and options.endpoint is None and len(analysis.outputs) > 1:
        said.append(f"{several_outputs(analysis)}; choose with --endpoint")
    for warning in said:
        say(f"jaxrf {options.command}: warning: {warning}")
    return analysis
