"""One step of the forward pass, from whose values gates and scales are taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from scipy.special import ndtri

from jaxrf.errors import ModelError
from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.evaluate import evaluate
from jaxrf.program.primitives import weighted

__all__ = ["as_numpy", "forward"]


def forward(eq: Equation, operands: Sequence[Any], *, normal: bool) -> list[Any]:
    """The results of an equation as numpy arrays; keys of random numbers stay JAX's.

    Args:
        eq: the equation.
        operands: their values.
        normal: take the results of weights as standard normal, whatever they are computed from.
    """
    if normal and eq.name in weighted():
        return [_normal(eq.out_shapes[0], eq.outputs[0])]
    with compat.float32():
        found = evaluate(eq, operands)
        if found is not None:
            return found
        try:
            with jax.ensure_compile_time_eval():
                results = compat.bind(eq, *operands)
        except Exception as error:
            raise ModelError(
                f"forward pass: got an error from {eq.name} at {eq.source}, need values to "
                "calibrate with; measure instead (measure_erf)"
            ) from error
    return list(as_numpy(dict(enumerate(results))).values())


def as_numpy(values: Mapping[int, Any]) -> dict[int, Any]:
    """Values as numpy arrays; keys of random numbers, which numpy cannot hold, as they are."""
    return {i: np.asarray(v) if _plain(v) else v for i, v in values.items()}


def _plain(value: Any) -> bool:
    return not jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended)


def _normal(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """The quantiles of a standard normal distribution in random order: rates of gates are exact."""
    size = int(np.prod(shape))
    line = ndtri((np.arange(size) + 0.5) / size).astype(np.float32)
    return np.random.default_rng(seed).permutation(line).reshape(shape)
