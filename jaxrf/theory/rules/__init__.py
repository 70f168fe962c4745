"""Rules of theory, one file per family of primitives; importing this package registers them."""

from jaxrf.theory.rules import (  # noqa: F401
    carrying,
    combining,
    contractions,
    elementwise,
    filtering,
    fourier,
    gathering,
    indexing,
    reductions,
    scattering,
    shapes,
    windows,
)
from jaxrf.theory.rules.site import THEORY

__all__ = ["THEORY"]
