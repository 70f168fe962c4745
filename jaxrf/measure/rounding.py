"""The size of gradients that may be rounding, relative to the largest of a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxrf.program.program import Program
from jaxrf.program.slices import reading

__all__ = ["is_transformed", "rounding"]

_UNITS = 64


def rounding(dtype: Any) -> float:
    """The share of the largest magnitude below which a gradient of ``dtype`` may be rounding."""
    return _UNITS * float(np.finfo(dtype).eps)


def is_transformed(program: Program) -> bool:
    """Whether a Fourier transform may lie on the way, which rounds all of its results a little."""
    return any(eq.name == "fft" for eq in reading(program.equations, program.dependent))
