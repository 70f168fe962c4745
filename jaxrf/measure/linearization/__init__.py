"""Rules of the positive linearisation; importing this package registers all of them."""

from jaxrf.measure.linearization import (  # noqa: F401
    algebra,
    carrying,
    contractions,
    elementwise,
    filtering,
    fourier,
    gathering,
    moving,
    scattering,
    sequences,
    slicing,
    windows,
)
from jaxrf.measure.linearization.registry import RULES, Operand, everything

__all__ = ["RULES", "Operand", "everything"]
