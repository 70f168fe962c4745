"""``jaxrf field``: what is said of one model, or of several side by side."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jaxrf.cli.file_inputs import complete
from jaxrf.cli.output import Told, deliver, writable
from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.text.paths import told_target

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["several", "told_field"]


def told_field(options: argparse.Namespace, analysis: Analysis) -> Told:
    """Everything about one model.

    Raises:
        InvalidInput: a rate that cannot be used.
    """
    from jaxrf.geometry.collection import Fields
    from jaxrf.report.storage import save
    from jaxrf.text.readable import LONG

    only, rate = options.endpoint, options.rate
    whole = analysis.table(only=only, rate=rate)
    most = None if options.all else LONG
    document = analysis.to_dict(only=only, target=told_target(options.target))
    names = analysis.names if only is None else (analysis.find(only),)
    fields = Fields(tuple(analysis[name] for name in names), whole, document)
    return Told(
        document,
        [whole],
        brief=[analysis.table(only=only, most=most, rate=rate)],
        save=lambda file: save(fields, file, numbers=document),
        shown=analysis,
    )


def several(options: argparse.Namespace, *, analyzed: Callable[..., Analysis]) -> list[str]:
    """Several models at one shape, a row each; returns what does not hold, a line each.

    Args:
        options: of the command line.
        analyzed: theory of the target of options, its warnings printed.

    Raises:
        InvalidInput: free lengths, a rate, a model given twice, or a model that cannot be used.
    """
    from jaxrf.compare.models import side_by_side
    from jaxrf.expect.checks import held_to
    from jaxrf.report.storage import save

    targets = [options.target, *options.others]
    if any(None in lengths for lengths, _ in options.shape or ()):
        raise InvalidInput("--shape: got free lengths and several models, need a whole shape")
    if options.baseline is not None:
        raise InvalidInput("--baseline: got several models too, need one; leave it out")
    if options.rate is not None:
        raise InvalidInput("--rate: got several models too, need one; leave it out")
    if twice := [t for t in dict.fromkeys(targets) if targets.count(t) > 1]:
        raise InvalidInput(f"target: got {twice[0]} twice, need different models; leave one out")
    files = writable(options)
    models: dict[str, Analysis] = {}
    shapes, names = options.shape, getattr(options, "shape_names", [])
    for target in targets:
        name = told_target(target)
        options.target, options.shape, options.shape_names = target, shapes, names
        name = target if name in models else name
        with _named(target):
            complete(options)
            models[name] = analyzed(options, all_endpoints=options.all, strict=options.strict)
    found = side_by_side(models, endpoint=options.endpoint)
    told = Told(
        found.to_dict(),
        [found.table()],
        save=lambda file: save(found, file),
        shown=found,
    )
    deliver(options, told, files)
    return [
        f"{name}: {line}"
        for name, analysis in models.items()
        for line in held_to(analysis, options.expect, endpoint=options.endpoint)
    ]


@contextmanager
def _named(target: str) -> Iterator[None]:
    """Errors say which of several models they are about."""
    try:
        yield
    except JaxrfError as error:
        if target not in str(error):
            error.args = (f"{target}: {error}",)
        raise
