"""``jaxrf field A B``: several models side by side, in one table and one figure."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.options.checks import CheckOptions
from jaxrf.cli.options.derivation import DerivationOptions
from jaxrf.cli.options.model import ModelOptions
from jaxrf.cli.options.output import OutputOptions, checked_outputs
from jaxrf.cli.output import command_result, deliver
from jaxrf.cli.request import request_of
from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.text.paths import portable_target

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["SeveralOptions", "add_others", "several"]


class SeveralOptions(ModelOptions, DerivationOptions, CheckOptions, OutputOptions):
    """Options of ``jaxrf field`` with several models.

    Attributes:
        others: the targets after the first one.
        rate: refused, as the models need not share a unit.
    """

    others: list[str]
    rate: float | None


def add_others(command: argparse.ArgumentParser) -> None:
    """Every TARGET after the first one."""
    command.add_argument(
        "others",
        nargs="*",
        default=[],  # else argparse says that it is required
        metavar="MORE",
        help="further models, in one table and one figure",
    )


def several(options: SeveralOptions) -> list[str]:
    """Several models at one shape, a row each; returns a line for every check that failed.

    Raises:
        InvalidInput: free lengths, a rate, a model given twice, or a model that cannot be used.
    """
    from jaxrf.comparison.models import side_by_side
    from jaxrf.expect.checks import expectation_failures

    targets = [options.target, *options.others]
    if any(None in shape.lengths for shape in options.shape or ()):
        raise InvalidInput("--shape: got free lengths and several models, need a whole shape")
    if options.baseline is not None:
        raise InvalidInput("--baseline: got several models too, need one; leave it out")
    if options.rate is not None:
        raise InvalidInput("--rate: got several models too, need one; leave it out")
    if twice := [t for t in dict.fromkeys(targets) if targets.count(t) > 1]:
        raise InvalidInput(f"target: got {twice[0]} twice, need different models; leave one out")
    files = checked_outputs(options)
    models: dict[str, Analysis] = {}
    for target in targets:
        name = portable_target(target)
        name = target if name in models else name
        with _named(target):
            request = request_of(options, target)
            models[name] = analyze_model(
                options, request, all_endpoints=options.all, strict=options.strict
            )
    found = side_by_side(models, endpoint=options.endpoint)
    deliver(options, command_result(found, found.to_dict(), [found.table()]), files)
    return [
        f"{name}: {line}"
        for name, analysis in models.items()
        for line in expectation_failures(analysis, options.expect, endpoint=options.endpoint)
    ]


@contextmanager
def _named(target: str) -> Iterator[None]:
    """Name the model in its errors, where there are several."""
    try:
        yield
    except JaxrfError as error:
        if target not in str(error):
            error.args = (f"{target}: {error}",)
        raise
