"""The gain of normalisations for a random change of the input, measured at one draw.

The scale that a normalisation takes from its input depends on the weights before it: the fewer
they are, the less it is independent of what they pass on. The gain is therefore measured, as the
change before and behind each normalisation that a random change of the input makes, with the
weights and values of the calibrating pass (forward mode, one pass for all normalisations).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.replay import replayed

__all__ = ["Tangents"]

Values = dict[int, np.ndarray]


class Tangents:
    """Mean squared change of the operands and results of some equations, along every axis.

    Args:
        program: the network.
        equations: that the end-point needs, in order of execution.
        source: value number of the input.
        measured: the equations whose operands and results are measured.
    """

    def __init__(
        self,
        program: Program,
        equations: Sequence[Equation],
        source: int,
        measured: Sequence[Equation],
    ):
        self._program, self._equations, self._source = program, equations, source
        self._wanted = sorted({i for eq in measured for i in (*eq.inputs, eq.outputs[0])})
        self._compiled = compile_once(self._changes)

    def __call__(self, drawn: Values, seed: int) -> dict[int, list[np.ndarray]]:
        """The changes for random signs as a change of the input.

        Args:
            drawn: weights and inputs of the network.
            seed: of the signs.

        Returns:
            Value number -> per axis, the mean squared change at each index. Values that do not
            change are left out.
        """
        with compat.float32():
            x = jnp.asarray(drawn[self._source])
            signs = jax.random.rademacher(jax.random.key(seed), x.shape, x.dtype)
            found = self._compiled({i: v for i, v in drawn.items() if i != self._source}, x, signs)
        return {
            i: [np.asarray(line, np.float64) for line in lines]
            for i, lines in found.items()
            if all(np.isfinite(line).all() and line.any() for line in lines)
        }

    def _changes(self, given: Values, x: jax.Array, signs: jax.Array) -> dict[int, list[jax.Array]]:
        tangents = jax.jvp(partial(self._values, given), (x,), (signs,))[1]
        return {
            i: [
                jnp.mean(jnp.square(t), [a for a in range(t.ndim) if a != d]) for d in range(t.ndim)
            ]
            for i, t in tangents.items()
            if t.dtype != jax.dtypes.float0
        }

    def _values(self, given: Values, x: jax.Array) -> Values:
        values = {**self._program.constants, **given, self._source: x}
        values = replayed(self._equations, values)
        return {i: values[i] for i in self._wanted}
