"""Rules of the positive linearisation; importing this package registers them."""

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
from jaxrf.measure.linearization.site import LINEAR, Operand

__all__ = ["LINEAR", "Operand"]
