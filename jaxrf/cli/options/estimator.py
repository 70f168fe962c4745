"""The estimator options of ``jaxrf erf``: what is averaged, a gradient or the change by noise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from jaxrf.cli.options.parse import integers
from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation
    from jaxrf.measure.recipes import Recipe

__all__ = [
    "GRADIENT",
    "EstimatorOptions",
    "add_estimator",
    "add_perturbation",
    "changed",
    "estimator_of",
    "recipe_of",
]

MAPS = {"abs": "|g|", "relu": "relu(g)", "mean": "mean g"}  # without what a shell would take
GRADIENT = ("cotangent", "map", "normalize", "positions", "channels")  # options of a gradient
DEFAULTS = {"cotangent": "rademacher", "map": "g^2", "normalize": False, "positions": 1}


class EstimatorOptions(argparse.Namespace):
    """Options of the estimator: what a sample is, and when sampling stops.

    Attributes:
        cotangent: name of the cotangent over channels.
        channels: the channels that an exact cotangent measures; None stands for all.
        map: name of the quantity that is averaged.
        normalize: divide the map of every sample by its sum.
        positions: largest number of impulses in one pass.
        input_seeds: number of random inputs; None draws one per sample.
        recipe: name of a published recipe, which fixes the other options.
        precision: relative standard error of sigma at which sampling stops.
        perturb: standard deviation of noise in place of a gradient.
        cell: side of the square that one noise value changes, input pixels.
    """

    cotangent: str
    channels: tuple[int, ...] | None
    map: str
    normalize: bool
    positions: int
    input_seeds: int | None
    recipe: str | None
    precision: float | None
    perturb: float | None
    cell: int | None


def add_estimator(command: argparse.ArgumentParser) -> None:
    """Add the options from ``--cotangent`` to ``--precision``."""
    command.add_argument(
        "--cotangent",
        default="rademacher",
        metavar="NAME",
        help="over channels: rademacher, gaussian, hadamard, one-hot, ones, active or exact, which "
        "takes each in turn (rademacher)",
    )
    command.add_argument(
        "--channels",
        type=integers,
        metavar="3,17",
        help="with --cotangent exact: only these, and -o x.npz keeps the map of each",
    )
    command.add_argument(
        "--map",
        type=lambda name: MAPS.get(name, name),
        default="g^2",
        metavar="NAME",
        help="what is averaged: g^2, abs, relu or mean (g^2)",
    )
    command.add_argument(
        "--normalize", action="store_true", help="divide the map of every sample by its sum"
    )
    command.add_argument(
        "--positions", type=int, default=1, metavar="N", help="impulses in one pass, at most (1)"
    )
    command.add_argument(
        "--input-seeds", type=int, metavar="N", help="random inputs to draw (one for every sample)"
    )
    command.add_argument(
        "--recipe",
        metavar="NAME",
        help="as a published script has it, and done right beside it: luo2016, replknet, vmamba, "
        "mambair or openerf",
    )
    command.add_argument(
        "--precision",
        type=float,
        metavar="0.01",
        help="stop when the relative standard error of sigma is below it; --samples is the most",
    )


def add_perturbation(command: argparse.ArgumentParser) -> None:
    """``--perturb`` and ``--cell``: noise in the place of a gradient."""
    command.add_argument(
        "--perturb",
        type=float,
        metavar="AMPLITUDE",
        help="add noise of this standard deviation to one pixel at a time, and average the "
        "squared change of the feature over the variance of the noise",
    )
    command.add_argument(
        "--cell",
        type=int,
        metavar="N",
        help="side of what --perturb changes at once, input pixels (the smallest that leaves "
        "at most 1024 cells)",
    )


def changed(options: argparse.Namespace, *names: str) -> str:
    """The named options that differ from their defaults, as they are typed."""
    found = [name for name in names if getattr(options, name) != DEFAULTS.get(name)]
    return ", ".join(f"--{name.replace('_', '-')}" for name in found)


def estimator_of(options: EstimatorOptions) -> Estimator | Perturbation:
    """The estimator that the options make.

    Raises:
        InvalidInput: a value that cannot be, or options that do not go together.
    """
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation

    if options.perturb is None:
        if options.cell is not None:
            raise InvalidInput(f"--cell: got {options.cell} without --perturb, need both")
        return Estimator(*(getattr(options, name) for name in GRADIENT))
    if more := changed(options, *GRADIENT, "recipe"):
        raise InvalidInput(
            f"--perturb {options.perturb:g}: got {more} too, which needs a gradient; leave it out"
        )
    return Perturbation(options.perturb, options.cell)


def recipe_of(options: EstimatorOptions) -> Recipe | None:
    """The recipe that is asked for, if any.

    Raises:
        InvalidInput: there is no such recipe, or an option is given that it fixes.
    """
    from jaxrf.measure.reproduce import find_recipe

    if options.recipe is None:
        return None
    if more := changed(options, *GRADIENT, "weight_seeds", "input_seeds", "precision"):
        raise InvalidInput(
            f"--recipe {options.recipe}: got {more} too, which the recipe fixes; leave it out"
        )
    return find_recipe(options.recipe)
