"""The energy prediction; importing this package registers the rules of all primitives."""

from jaxrf.measure.energy import (  # noqa: F401
    contractions,
    convolution,
    elementwise,
    moving,
    ordering,
    reductions,
    scattering,
    selecting,
    windows,
)
from jaxrf.measure.energy.prediction import EnergyPrediction

__all__ = ["EnergyPrediction"]
