"""``Perturbation``: the influence of a pixel, by noise of finite size instead of a gradient.

The map is the mean squared change of one output feature, all channels, when noise d of standard
deviation a is added to one pixel (all of its channels), over the noise, inputs and weights:

    m(p) = E sum_c (f_c(x + d_p) - f_c(x))^2 / a^2

For a -> 0 it is E g^2, the map of :func:`jaxrf.measure_erf`, in the same unit; inputs and weights
of sample i are those of its sample i. For a finite a it is the real change, which a derivative does
not give. A *cell* of several pixels is perturbed as a whole, and its change spread evenly over
them: for a -> 0 that is the mean of E g^2 over the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from jaxrf.arguments.annotations import check_fields
from jaxrf.errors import InvalidInput

__all__ = ["Perturbation"]


@dataclass(frozen=True)
class Perturbation:
    """Normal noise on one cell at a time, in the place of a gradient.

    Attributes:
        amplitude: standard deviation of the noise on every channel, in the unit of the input.
        cell: side of a perturbed cell, input pixels; None: the smallest that leaves at most 1024
            cells.

    Raises:
        InvalidInput: an amplitude or a cell that is not positive.
    """

    amplitude: float = 1.0
    cell: int | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if not (isfinite(self.amplitude) and self.amplitude > 0):
            raise InvalidInput(
                f"amplitude: got {self.amplitude}, need a positive number: the standard deviation "
                "of the noise in the unit of the input"
            )
        if self.cell is not None and self.cell < 1:
            raise InvalidInput(f"cell: got {self.cell}, need a side of at least 1 pixel")

    cotangent = "every channel"  # which random signs give in expectation; none are drawn
    positions = 1
    normalize = False
    exact = False
    signed = False
    channels = None

    @property
    def map_name(self) -> str:
        """The name of the mapped quantity in tables and files."""
        return f"(f(x+d)-f(x))^2/a^2 at a = {self.amplitude:g}"

    def shown(self, mean: np.ndarray) -> np.ndarray:
        """The mean map itself."""
        return mean
