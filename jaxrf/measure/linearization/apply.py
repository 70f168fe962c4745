"""One equation of the linearisation: what it does to spectra, or the rule of its primitive."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.on_spectra import ON_SPECTRA, Site, Value
from jaxrf.measure.linearization.registry import RULES, everything
from jaxrf.measure.linearization.spectra import Spectrum, lowered
from jaxrf.measure.observed import Observed, Observer
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["Weighed", "apply"]

# Primitive -> its operands that end up in the result: known ones are not zero where they are not.
_ADDS = {
    **dict.fromkeys(("add", "sub", "add_any", "max", "min", "pad", "dynamic_update_slice"), (0, 1)),
    **dict.fromkeys(("scatter", "scatter-add"), (0, 2)),
    "select_n": (1, 2),
}


def apply(
    observer: Observer, eq: Equation, operands: Sequence[Value], weighed: Weighed
) -> Sequence[Value]:
    """The results of an equation of which the input influences some operand."""
    fold, program = Observed(observer, eq), observer.program
    if eq.states:
        return everything(eq, [lowered(x) for x in operands], fold)
    spectral = eq.name == "fft" or any(isinstance(x, Spectrum) for x in operands)
    if spectral or (eq.name in ("mul", "dot_general") and _is_complex(program, eq.outputs[0])):
        on_spectra = ON_SPECTRA.get(eq.name)
        if on_spectra is not None:
            site = Site(program, eq, operands, fold, lambda n: weighed(eq.inputs[n]))
            results = on_spectra(site)
            if results is not None:
                return results
    return RULES.get(eq.name, everything)(eq, [lowered(x) for x in operands], fold)


def _is_complex(program: Program, number: int) -> bool:
    """Whether one factor may be a spectrum that the input cannot influence."""
    dtype = program.dtype(number)
    return dtype is not None and jax.dtypes.issubdtype(dtype, np.complexfloating)


class Weighed:
    """Values with everything that is not known, weights and inputs, in place of the input.

    Positive exactly where a value may differ from zero; worked out when they are asked for, while
    the linearisation of a program is traced.
    """

    def __init__(self, observer: Observer):
        self.observer, self.program = observer, observer.program
        self._found: dict[int, Value] = {}

    def __call__(self, number: int) -> Value:
        """The value; None where it is known."""
        with jax.ensure_compile_time_eval():
            pending = [number]
            while pending:
                last = pending[-1]
                if last in self._found:
                    pending.pop()
                    continue
                eq = self.program.made.get(last)
                known = self.program.fold(last) is not None
                inputs = () if eq is None or known else eq.inputs
                missing = [i for i in inputs if i not in self._found]
                if missing:
                    pending += missing
                elif known:
                    self._found[last] = None
                elif eq is None or all(self._found[i] is None for i in inputs):
                    self._found[last] = jnp.ones(self.program.shapes[last])
                else:
                    self._found.update(zip(eq.outputs, self._run(eq), strict=True))
        return self._found[number]

    def _run(self, eq: Equation) -> Sequence[Value]:
        operands = [self._found[i] for i in eq.inputs]
        kept = range(len(operands)) if eq.name == "concatenate" else _ADDS.get(eq.name, ())
        for n in kept:
            if n < len(operands) and operands[n] is None:
                known = self.program.fold(eq.inputs[n])
                if known is not None and known.any():
                    operands[n] = jnp.asarray(known != 0, float)
        return apply(self.observer, eq, operands, self)
