"""From an inverse transform back to the signals in time that it comes from.

A walk goes from value to value, through every linear step that leaves the frequencies apart, and
notes what each of them is in time. What the steps are stands in :mod:`jaxrf.theory.rules.filtering`
and :mod:`jaxrf.theory.rules.carrying`, one file per family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.reading import Reading, Site
from jaxrf.theory.rules.circular import circular_steps
from jaxrf.theory.rules.filters import Kernel, kernel
from jaxrf.theory.rules.site import Step
from jaxrf.theory.rules.spectra import Pending, timed

__all__ = ["WALKS", "Path", "TooMany", "Walk", "WalkSite"]

_MOST = 64  # ways back


class TooMany(Exception):
    """More ways back than are worth telling apart."""


@dataclass(frozen=True, eq=False)
class Path:
    """A way back from a spectrum.

    Attributes:
        number: of the value that it ends at.
        steps: from there, in time.
        followed: whether some transform was undone on the way; else a spectrum is read whole.
    """

    number: int
    steps: tuple[Step, ...] = ()
    followed: bool = True


class Walk:
    """Back from an inverse transform.

    Attributes:
        real: whether it starts from half a spectrum, of a real signal.
        through: equations that were followed.
        vanishes: whether a filter on the way has fewer taps than are counted.
    """

    def __init__(self, program: Program, *, real: bool):
        self.program = program
        self.real = real
        self.through: list[Equation] = []
        self.vanishes = False

    def paths(self, number: int, pending: Pending, depth: int) -> list[Path]:
        """All ways from the inverse transform of a value back to what it depends on."""
        if number not in self.program.dependent:
            return []
        if not any(pending):
            return [Path(number)]
        eq = self.program.made.get(number)
        found = None
        if eq is not None and depth:
            found = WALKS(WalkSite(eq, walk=self, pending=pending, depth=depth - 1))
        # Where nothing was undone it is read as late as can be: with the zeros of its masks.
        if found is None or eq is None or (found and not any(p.followed for p in found)):
            return [_whole(number, self.program.shapes[number], pending)]
        self.through.append(eq)
        if len(found) > _MOST:
            raise TooMany
        return found

    def operand(
        self, eq: Equation, n: int, pending: Pending, depth: int, steps: Sequence[Step] = ()
    ) -> list[Path]:
        """The paths of operand ``n``, carried on by steps."""
        paths = self.paths(eq.inputs[n], pending, depth)
        return [replace(path, steps=(*path.steps, *steps)) for path in paths]

    def kernel(self, number: int, pending: Pending) -> Kernel:
        """The other factor of a product."""
        found = kernel(self.program, number, pending)
        self.vanishes |= found.vanishes
        return found

    def convolved(
        self, number: int, pending: Pending, other: Kernel, places: dict[int, int]
    ) -> list[Step] | None:
        """The steps of a value through its convolution with another one; None: it reads nothing.

        Args:
            number: of the value.
            pending: of its dimensions.
            other: the kernel.
            places: pending dimension of the value -> dimension of the kernel.
        """
        shape = timed(self.program.shapes[number], pending)
        steps: list[Step] = []
        if not all(other.lines[k].any() for k in places.values()):
            return None
        lines = kernel(self.program, number, pending).lines
        for d, k in places.items():
            steps += circular_steps(shape, d, other.lines[k], lines[d])
        return steps


def _whole(number: int, shape: tuple[int, ...], pending: Pending) -> Path:
    """A spectrum that is not followed: all to all over what is pending."""
    dims = tuple(None if bins else (d, IDENTITY) for d, bins in enumerate(pending))
    return Path(number, ((Read(dims), timed(shape, pending)),), followed=False)


@dataclass(eq=False)
class WalkSite(Site):
    """One equation that a walk goes back through.

    Attributes:
        walk: where it has come from.
        pending: the transforms that the result of the equation is to be inverted by.
        depth: equations that may still be followed.
    """

    walk: Walk = field(kw_only=True)
    pending: Pending = field(kw_only=True)
    depth: int = field(kw_only=True)

    def reached(self, n: int) -> bool:
        """Whether the input can influence operand ``n``."""
        return self.equation.inputs[n] in self.walk.program.dependent

    def back(self, n: int, pending: Pending, steps: Sequence[Step] = ()) -> list[Path]:
        """All ways on from operand ``n``, and then through ``steps``."""
        return self.walk.operand(self.equation, n, pending, self.depth, steps)


# None where the frequencies do not stay apart.
WALKS: Reading[WalkSite, list[Path] | None] = Reading("walks of theory", default=lambda site: None)
