"""One equation of the linearisation, by the rule of its primitive for spectra or for arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.site import LINEAR
from jaxrf.measure.linearization.spectra import Spectrum
from jaxrf.measure.linearization.spectral_site import SPECTRA, SpectralSite, Value
from jaxrf.measure.linearization.thin import is_thin_rule, whole
from jaxrf.measure.observed import Observer
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.reading import resolve

__all__ = ["NonzeroPatterns", "apply"]

# Primitive -> its operands whose elements end up in the result, known ones among them.
_ADDS = {
    **dict.fromkeys(("add", "sub", "add_any", "max", "min", "pad", "dynamic_update_slice"), (0, 1)),
    **dict.fromkeys(("scatter", "scatter-add"), (0, 2)),
    "select_n": (1, 2),
}


def apply(
    observer: Observer, eq: Equation, operands: Sequence[Value], patterns: NonzeroPatterns
) -> Sequence[Value]:
    """The results of an equation at least one of whose operands the input influences."""
    spectral = eq.name == "fft" or any(isinstance(x, Spectrum) for x in operands)
    if eq.name in ("mul", "dot_general") and _is_complex(observer.program, eq.outputs[0]):
        spectral = True
    if spectral or eq.states or not is_thin_rule(LINEAR.rules.get(eq.name)):
        operands = [
            whole(x, shape) if isinstance(x, jax.Array) else x
            for x, shape in zip(operands, eq.in_shapes, strict=True)
        ]
    site = SpectralSite(
        eq, operands, observer=observer, nonzero_pattern=lambda n: patterns(eq.inputs[n])
    )
    return SPECTRA(site) if spectral else LINEAR(site.averaged())


def _is_complex(program: Program, number: int) -> bool:
    """Whether a value is complex, so that a factor of it may be a spectrum without the input."""
    dtype = program.dtype(number)
    return dtype is not None and jax.dtypes.issubdtype(dtype, np.complexfloating)


def _ones(value: Value) -> Value:
    """1 where a positive value is not zero."""
    if isinstance(value, Spectrum):
        return replace(value, signal=jnp.sign(value.signal))
    return None if value is None else jnp.sign(value)


class NonzeroPatterns:
    """The elements of values that may differ from zero, as positive numbers.

    The pattern of a value is its linearisation with all weights and inputs in place of the input.
    It is computed on demand, while the linearisation of a program is traced; nonzeros become 1
    after every equation, so that none underflows.
    """

    def __init__(self, observer: Observer):
        self.observer, self.program = observer, observer.program
        self._found: dict[int, Value] = {}

    def __call__(self, number: int) -> Value:
        """The pattern of a value; None where the value is known."""
        with jax.ensure_compile_time_eval():
            return resolve(number, self._found, self._needs, self._make)

    def _needs(self, number: int) -> tuple[int, ...]:
        eq = self.program.made.get(number)
        return () if eq is None or self._is_known(number) else eq.inputs

    def _is_known(self, number: int) -> bool:
        return self.program.fold(number) is not None

    def _make(self, number: int) -> None:
        eq = self.program.made.get(number)
        if self._is_known(number):
            self._found[number] = None
        elif eq is None or all(self._found[i] is None for i in eq.inputs):
            self._found[number] = jnp.ones((1,) * len(self.program.shapes[number]))
        else:
            results = (_ones(value) for value in self._run(eq))
            self._found.update(zip(eq.outputs, results, strict=True))

    def _run(self, eq: Equation) -> Sequence[Value]:
        operands = [self._found[i] for i in eq.inputs]
        kept = range(len(operands)) if eq.name == "concatenate" else _ADDS.get(eq.name, ())
        for n in kept:
            if n < len(operands) and operands[n] is None:
                known = self.program.fold(eq.inputs[n])
                if known is not None and known.any():
                    operands[n] = jnp.asarray(known != 0, float)
        return apply(self.observer, eq, operands, self)
