"""One table: primitive name -> what it does to spectra; what is not in it sees their averages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import jax

from jaxrf.measure.linearization.spectra import Spectrum, lowered_along
from jaxrf.measure.observed import Observed
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["ON_SPECTRA", "Result", "Site", "Value", "alike", "on_spectra"]

Value = jax.Array | Spectrum | None


@dataclass(frozen=True, eq=False)
class Site:
    """One equation of which an operand is a spectrum, or which makes one.

    Attributes:
        program: that it stands in.
        eq: the equation.
        operands: as in every rule, some of them spectra.
        fold: as in every rule.
        weigh: position of an operand -> the same linearisation of it with everything that is not
            known, weights and inputs, in place of the input; None where it is known.
    """

    program: Program
    eq: Equation
    operands: Sequence[Value]
    fold: Observed
    weigh: Callable[[int], Value]

    def spectrum(self, n: int, dims: Collection[int] | None = None) -> Spectrum | None:
        """What ``weigh`` says where it is a spectrum: of frequencies along ``dims`` alone."""
        found = self.weigh(n)
        if not isinstance(found, Spectrum):
            return None
        with jax.ensure_compile_time_eval():
            left = found if dims is None else lowered_along(found, found.bins.keys() - set(dims))
        return left if isinstance(left, Spectrum) else None

    @property
    def first(self) -> Spectrum | None:
        """The first operand, where it is a spectrum."""
        return x if isinstance(x := self.operands[0], Spectrum) else None

    def first_without(self, dims: Collection[int]) -> Spectrum | None:
        """The same, its frequencies along ``dims`` no more to be told apart."""
        if (x := self.first) is None:
            return None
        return y if isinstance(y := lowered_along(x, dims), Spectrum) else None


def alike(operands: Sequence[Value]) -> list[Spectrum] | None:
    """The operands that are spectra, where there are some and all are of the same transforms."""
    found = [x for x in operands if isinstance(x, Spectrum)]
    return found if found and all(x.bins == found[0].bins for x in found) else None


Result = list[Value] | None  # None: not said of spectra; their averages are used
ON_SPECTRA: dict[str, Callable[[Site], Result]] = {}


def on_spectra(*primitives: str):
    """Register what primitives do where an operand is a spectrum, or a transform makes one."""

    def register(function: Callable[[Site], Result]):
        ON_SPECTRA.update(dict.fromkeys(primitives, function))
        return function

    return register
