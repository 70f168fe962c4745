"""Kernels of factors of a product of spectra: which taps a filter may have in time.

A spectrum that is the transform of a padded kernel has the taps of that kernel, a number that is
the same for all frequencies is a single tap, and any other factor counts as a filter of all taps.
What equations do to them stands in :mod:`jaxrf.theory.rules.kernel_arithmetic`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import numpy as np

from jaxrf.program.primitives import keeping_real
from jaxrf.program.program import Program
from jaxrf.program.reading import Reading, Site
from jaxrf.program.scales import is_scale
from jaxrf.program.zeros import Lines, everywhere, full_constant, may_differ
from jaxrf.theory.rules.spectra import Pending, timed

__all__ = ["FILTERS", "FilterSite", "Kernel", "Look", "kernel"]

_DEPTH = 100  # equations followed back; beyond them nothing is known


@dataclass(frozen=True, eq=False)
class Kernel:
    """The inverse transform of a value, as far as the program's text decides it.

    Attributes:
        lines: per dimension, where some element may differ from zero.
        real: whether it is real for certain.
        vanishes: whether taps are counted that a filter known in full does not have.
        zero: whether it is known to be zero.
    """

    lines: Lines
    real: bool
    vanishes: bool = False
    zero: bool = False


Look = Callable[[int, Pending], Kernel]


@dataclass(eq=False)
class FilterSite(Site):
    """One equation, of which the inverse transform is asked for.

    Attributes:
        pending: the transforms that its result is to be inverted by.
        look: function that answers the same question about another value.
    """

    pending: Pending = field(kw_only=True)
    look: Look = field(kw_only=True)

    def operand(self, n: int, pending: Pending) -> Kernel:
        """The answer about operand ``n``."""
        return self.look(self.equation.inputs[n], pending)


# Where a rule cannot tell, the filter has every tap.
FILTERS: Reading[FilterSite, Kernel | None] = Reading(
    "filters of theory", default=lambda site: None
)


def kernel(program: Program, number: int, pending: Pending) -> Kernel:
    """The inverse transform of a value over its pending dimensions."""
    memo: dict[tuple[int, Pending], Kernel] = {}

    def look(number: int, pending: Pending, depth: int) -> Kernel:
        key = number, pending
        if key not in memo:
            deeper: Look = lambda n, p: look(n, p, depth - 1)  # noqa: E731
            memo[key] = _found(program, number, pending, deeper, depth)
        return memo[key]

    return look(number, pending, _DEPTH)


def _found(program: Program, number: int, pending: Pending, look: Look, depth: int) -> Kernel:
    shape = timed(program.shapes[number], pending)
    known = full_constant(program, number)
    if not any(pending):
        real = _real(program, number, known, look, depth)
        zero = known is not None and not known.any()
        return Kernel(may_differ(program, number), real, zero=zero)
    if known is not None:
        return _known(known, pending)
    eq = program.made.get(number)
    found = None
    if eq is not None and depth:
        found = FILTERS(FilterSite(eq, pending=pending, look=look))
    return found or Kernel(everywhere(shape), False)


def _real(program: Program, number: int, known, look: Look, depth: int) -> bool:
    """Whether a value in time is real, though its dtype may be complex."""
    dtype = program.dtype(number)
    if dtype is None:
        return False
    if not jax.dtypes.issubdtype(dtype, np.complexfloating):
        return True
    if known is not None:
        return not np.imag(known).any()
    if is_scale(program, number):
        return True
    eq = program.made.get(number)
    if eq is None or not depth or eq.name not in keeping_real():
        return False
    return all(look(n, (None,) * len(program.shapes[n])).real for n in eq.inputs)


def _known(known: np.ndarray, pending: Pending) -> Kernel:
    """A filter that the program itself contains: constant ones are a single tap."""
    lines, left = [], []
    for d, bins in enumerate(pending):
        constant = bins is not None and (known == known.take([0], d)).all()
        n = known.shape[d] if bins is None else bins.length
        lines.append(np.arange(n) == 0 if constant else np.ones(n, bool))
        if bins is not None and not constant:
            left.append(d)
    if not left:
        return Kernel(tuple(lines), not np.imag(known).any())
    return Kernel(tuple(lines), False, _vanishes(known, pending, left))


def _vanishes(known: np.ndarray, pending: Pending, dims: list[int]) -> bool:
    """Whether some taps of a known filter are nothing but rounding."""
    values = np.asarray(known, complex)
    for d in dims:
        bins = pending[d]
        if bins is not None and not bins.half:
            back = np.fft.ifft if bins.made_by == "FFT" else np.fft.fft
            values = back(values, axis=d)
    for d in dims:
        bins = pending[d]
        if bins is not None and bins.half:
            values = np.fft.irfft(values, bins.length, axis=d)
    size = np.abs(values).max(tuple(d for d in range(values.ndim) if d not in dims))
    return bool((size <= 1e-5 * size.max()).any())
