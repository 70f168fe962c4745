"""What a program depends on, by experiment: it runs the program and shares no code with jaxrf.

One input element at a time is changed, by a little, by much, to its negative and to zero, from base
points of three magnitudes with weights drawn anew for each. An output that is not equal to what it
was (NaN equals NaN) depends on that input. This never errs when it says "depends", save where
something overflows on the way: see :mod:`soundness.excuse`. Where a program goes back from
frequencies, what rounding leaves of the largest value does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import lax
from soundness.draw import Program
from soundness.weights import drawn, given, specs, stacked

__all__ = ["Truth", "experiment"]

_SCALES = (1.0, 0.1, 10.0, 1.0, 3.0)


@dataclass(frozen=True, eq=False)
class Truth:
    """The outcome of all changes of one program.

    Attributes:
        inputs: base points and, behind each, its changed versions: [bases, 1 + runs, *shape].
        weights: number -> the weights of every base point.
        changed: the input element that a run changes, [runs].
        differs: bool [bases, runs, outputs].
        output: shape of the output.
    """

    inputs: np.ndarray
    weights: dict[int, np.ndarray]
    changed: np.ndarray
    differs: np.ndarray
    output: tuple[int, ...]

    @property
    def pattern(self) -> np.ndarray:
        """Which output was seen to depend on which input, bool [outputs, inputs]."""
        found = self.differs.any(0)
        size = int(self.changed.max()) + 1
        return np.stack([found[self.changed == i].any(0) for i in range(size)], 1)


def experiment(program: Program) -> Truth:
    """Change every input of a program in several ways, at several base points."""
    found = specs(program)
    bases, changed = [], np.zeros(0)
    for seed, scale in enumerate(_SCALES):
        rng = np.random.default_rng([seed, 1])
        base = rng.normal(size=program.shape) * scale
        moved, changed = _moved(base.ravel(), scale, rng)
        bases.append(np.stack([base.ravel(), *moved]).reshape(-1, *program.shape))
    inputs = np.asarray(bases, np.float32)
    weights = stacked([drawn(found, seed) for seed in range(len(_SCALES))])

    @jax.jit
    def run(inputs: Any, weights: Any) -> Any:
        return lax.map(lambda b: lax.map(program.build(given(b[1])), b[0]), (inputs, weights))

    outputs = np.asarray(run(inputs, weights))
    flat = outputs.reshape(*inputs.shape[:2], -1)
    before, after = flat[:, :1], flat[:, 1:]
    differs = (before != after) & ~((before != before) & (after != after))
    if "fft.i" in program.source:
        differs &= _beyond_rounding(before, after, inputs)
    return Truth(inputs, weights, changed, differs, outputs.shape[2:])


def _beyond_rounding(before: np.ndarray, after: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Where outputs differ by more than what is left of the largest one in a Fourier transform."""
    largest = np.abs(inputs).reshape(*inputs.shape[:2], -1).max(-1)[:, 1:, None]
    for values in (before, after):
        largest = np.maximum(
            largest, np.nan_to_num(np.abs(values), posinf=0).max(-1, keepdims=True)
        )
    with np.errstate(invalid="ignore"):
        same = np.abs(after - before) <= 64 * np.finfo(np.float32).eps * largest
    return ~same


def _moved(base: np.ndarray, scale: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """(changed versions of a base point, which element each of them changes)."""
    versions, changed = [], []
    for i, value in enumerate(base):
        step = scale * rng.normal(size=2)
        for new in (value + step[0], value + 30 * step[1], -value, 0.0, value * 1.01 + 0.001):
            versions.append(np.where(np.arange(len(base)) == i, new, base))
            changed.append(i)
    return np.array(versions), np.array(changed)
