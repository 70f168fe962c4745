"""Report the cost of a measurement before it starts."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from jaxrf.cli.erf_everywhere import EverywhereOptions
from jaxrf.cli.options.model import ModelOptions
from jaxrf.console.heartbeat import in_words
from jaxrf.console.results import say

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["announce_samples", "passes_of"]

SPEED = 50e9  # operations per second of one CPU core
LONG = 30.0  # seconds from which it is worth a line
BACKWARD = 2  # operations of a gradient, in those of the value
GRADIENT = 1 + BACKWARD  # a sample of one gradient
CELLS = 1024  # of --perturb, at most


def announce_samples(
    options: ModelOptions,
    analysis: Analysis,
    samples: int,
    *,
    passes: int = GRADIENT,
    at_most: bool = False,
) -> None:
    """Report how much there is to compute, if one core needs longer than half a minute for it.

    Args:
        options: of the command.
        analysis: of the model.
        samples: the number of samples that are drawn.
        passes: cost of a sample, in evaluations of the end-point.
        at_most: whether sampling may stop before this number.
    """
    each = passes * analysis.flops(analysis.find(options.endpoint))
    total = each * samples
    if total / SPEED < LONG:
        return
    say(
        f"jaxrf {options.command}: {'at most ' if at_most else ''}{samples} samples of "
        f"{_in_units(each)} each, {_in_units(total)} in all: about {in_words(total / SPEED)} at "
        f"{SPEED / 1e9:.0f} GFLOP/s (a CPU core), once it is compiled"
    )


def passes_of(options: EverywhereOptions, analysis: Analysis, name: str) -> int:
    """Cost of a sample of ``jaxrf erf``, in evaluations of the end-point."""
    axes = analysis.output_grid(name)
    lengths = [n for d, n in enumerate(axes.shape) if d in axes.dims]
    if options.perturb is not None:
        return 1 + min(prod(analysis.shape[a] for a in analysis.spatial_axes), CELLS)
    if options.everywhere:
        step = options.step or 1
        return 1 + BACKWARD * prod(len(range(0, n, step)) for n in lengths)
    if options.cotangent == "exact":
        channels = options.channels
        return 1 + BACKWARD * (len(channels) if channels else prod(axes.shape) // prod(lengths))
    return GRADIENT


def _in_units(count: float) -> str:
    """A number of floating-point operations."""
    for unit, size in (("PFLOP", 1e15), ("TFLOP", 1e12), ("GFLOP", 1e9)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e6:.3g} MFLOP"
