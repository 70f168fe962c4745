"""Operators, one file per family; importing this package registers all of them."""

from jaxrf.frameworks.onnx.operators import (  # noqa: F401
    control,
    convolution,
    elementwise,
    fourier,
    indexing,
    linear,
    microsoft,
    normalization,
    padding,
    pooling,
    quantization,
    recurrent,
    reductions,
    resizing,
    scattering,
    shapes,
)
from jaxrf.frameworks.onnx.registry import OPERATORS

__all__ = ["OPERATORS"]
