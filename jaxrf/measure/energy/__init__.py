"""The energy shadow; importing this package registers the rules of all primitives."""

from jaxrf.measure.energy import (  # noqa: F401
    contractions,
    convolution,
    elementwise,
    moving,
    ordering,
    placing,
    reductions,
    selecting,
    windows,
)
from jaxrf.measure.energy.run import Shadow

__all__ = ["Shadow"]
