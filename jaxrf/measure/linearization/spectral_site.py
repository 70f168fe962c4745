"""The site of a rule for spectra; without such a rule, spectra are averaged over frequencies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import jax

from jaxrf.measure.linearization.site import LINEAR, Site
from jaxrf.measure.linearization.spectra import Spectrum, averaged, averaged_along
from jaxrf.program.reading import Reading

__all__ = ["SPECTRA", "Result", "SpectralSite", "Value", "alike"]

Value = jax.Array | Spectrum | None


@dataclass(eq=False)
class SpectralSite(Site):
    """One equation that has a spectrum among its operands, or makes one.

    Attributes:
        nonzero_pattern: position of an operand -> where it may differ from zero
            (:class:`.apply.NonzeroPatterns`); None where it is known.
    """

    nonzero_pattern: Callable[[int], Value] = field(kw_only=True)

    def averaged(self) -> Site:
        """The site with spectra averaged over frequencies, for rules of arrays."""
        operands = [averaged(x) for x in self.operands]
        return Site(self.equation, operands, observer=self.observer)

    def spectrum(self, n: int, dims: Collection[int] | None = None) -> Spectrum | None:
        """The nonzero pattern of operand ``n``, if it is a spectrum.

        Args:
            n: position of the operand.
            dims: dimensions that keep frequencies; all of them by default.
        """
        found = self.nonzero_pattern(n)
        if not isinstance(found, Spectrum):
            return None
        with jax.ensure_compile_time_eval():
            left = found if dims is None else averaged_along(found, found.bins.keys() - set(dims))
        return left if isinstance(left, Spectrum) else None

    @property
    def first(self) -> Spectrum | None:
        """The first operand, where it is a spectrum."""
        return x if isinstance(x := self.operands[0], Spectrum) else None

    def first_without(self, dims: Collection[int]) -> Spectrum | None:
        """The first operand, where it is a spectrum after averaging over ``dims``."""
        if (x := self.first) is None:
            return None
        return y if isinstance(y := averaged_along(x, dims), Spectrum) else None


def alike(operands: Sequence[Value]) -> list[Spectrum] | None:
    """The operands that are spectra, if there are some and all have the same bins."""
    found = [x for x in operands if isinstance(x, Spectrum)]
    return found if found and all(x.bins == found[0].bins for x in found) else None


Result = Sequence[Value] | None  # None: no result for spectra; their averages are used
SPECTRA: Reading[SpectralSite, Sequence[Value]] = Reading(
    "spectra of the linearization", default=lambda site: LINEAR(site.averaged())
)
