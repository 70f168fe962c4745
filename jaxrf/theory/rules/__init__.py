"""Rules of theory, one file per family of primitives; importing this package registers them."""

from jaxrf.theory.rules import (  # noqa: F401
    contractions,
    elementwise,
    fourier,
    gathering,
    indexing,
    kernel_arithmetic,
    reductions,
    scattering,
    shapes,
    spectral_movement,
    spectral_products,
    windows,
)
from jaxrf.theory.rules.site import THEORY

__all__ = ["THEORY"]
