"""Rules of the positive linearisation; importing this package registers them."""

from jaxrf.measure.linearization import (  # noqa: F401
    contractions,
    elementwise,
    fourier,
    gathering,
    linear_algebra,
    moving,
    moving_spectra,
    reductions,
    scattering,
    slicing,
    spectral_products,
    windows,
)
from jaxrf.measure.linearization.site import LINEAR, Operand

__all__ = ["LINEAR", "Operand"]
