"""Fields for every input length at once: by residue of the total stride."""

from jaxrf.theory.sizes.analyze import analyze_sizes
from jaxrf.theory.sizes.result import (
    AxisAnswer,
    AxisSizes,
    EndpointSizes,
    Residue,
    SizeFreeAnalysis,
)

__all__ = [
    "AxisAnswer",
    "AxisSizes",
    "EndpointSizes",
    "Residue",
    "SizeFreeAnalysis",
    "analyze_sizes",
]
