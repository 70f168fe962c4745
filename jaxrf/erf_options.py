"""What ``jaxrf erf`` was asked to average: a gradient, or the change by noise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation

__all__ = ["GRADIENTS", "INFLUENCES", "estimator_of"]

GRADIENTS = 256  # samples by default
INFLUENCES = 64  # each is as many passes as pixels can matter


def estimator_of(options: argparse.Namespace) -> Estimator | Perturbation:
    """The estimator that the options of the command make.

    Raises:
        InvalidInput: a value that cannot be, or options that do not go together.
    """
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation

    asked = (options.cotangent, options.map, options.normalize, options.positions, options.channels)
    estimator = Estimator(*asked)
    if options.perturb is None:
        if options.cell is not None:
            raise InvalidInput(f"--cell: got {options.cell} without --perturb, need both")
        return estimator
    if estimator != Estimator() or options.recipe is not None:
        raise InvalidInput(
            f"--perturb {options.perturb:g}: got options of a gradient too; leave out --cotangent, "
            "--map, --normalize, --positions, --channels and --recipe"
        )
    return Perturbation(options.perturb, options.cell)
