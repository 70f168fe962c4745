"""The rules of restriction, one file per family of primitives; imported for their registration."""

from jaxrf.restriction.rules import (  # noqa: F401
    contractions,
    custom_derivatives,
    elementwise,
    gathering,
    moving,
    reshaping,
    scattering,
    windows,
)
from jaxrf.restriction.site import RESTRICTION

__all__ = ["RESTRICTION"]
