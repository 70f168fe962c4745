"""Rules, one file a family of primitives; importing this package registers all of them."""

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
from jaxrf.theory.rules.registry import RULES

__all__ = ["RULES"]
