"""What ``jaxrf erf`` was asked to average: a gradient, or the change by noise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation

__all__ = ["GRADIENT", "GRADIENTS", "INFLUENCES", "estimator_of", "given"]

GRADIENTS = 256  # samples by default
INFLUENCES = 64  # each is as many passes as pixels can matter
GRADIENT = ("cotangent", "map", "normalize", "positions", "channels")  # options of a gradient
DEFAULTS = {"cotangent": "rademacher", "map": "g^2", "normalize": False, "positions": 1}


def given(options: argparse.Namespace, *names: str) -> str:
    """Those of the named options that differ from their defaults, as they are typed."""
    found = [name for name in names if getattr(options, name) != DEFAULTS.get(name)]
    return ", ".join(f"--{name.replace('_', '-')}" for name in found)


def estimator_of(options: argparse.Namespace) -> Estimator | Perturbation:
    """The estimator that the options of the command make.

    Raises:
        InvalidInput: a value that cannot be, or options that do not go together.
    """
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation

    if options.perturb is None:
        if options.cell is not None:
            raise InvalidInput(f"--cell: got {options.cell} without --perturb, need both")
        return Estimator(*(getattr(options, name) for name in GRADIENT))
    if more := given(options, *GRADIENT, "recipe"):
        raise InvalidInput(
            f"--perturb {options.perturb:g}: got {more} too, which needs a gradient; leave it out"
        )
    return Perturbation(options.perturb, options.cell)
