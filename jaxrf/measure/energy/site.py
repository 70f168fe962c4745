"""The energy prediction: what its rules may ask and note, and what holds without a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.common import lifted, parted
from jaxrf.measure.energy.form import Form, Source, Term, identity, mean_scale, mixes, uniform
from jaxrf.measure.energy.settling import settled
from jaxrf.program.folded_operands import FoldedOperands
from jaxrf.program.reading import Reading

__all__ = [
    "ENERGY",
    "GIVEN",
    "MIXES_AGAIN",
    "MIXES_AGAIN_SIZE",
    "UNKNOWN",
    "Operand",
    "Site",
    "evenly",
]

Operand = Form | None  # None: no gradient arrives there
MIXES_AGAIN = "averages what was averaged before weights or a nonlinearity as independent values"
MIXES_AGAIN_SIZE = 20.0  # docs/prediction.md, pools in a row: 8 to 14 % for two, more for four
UNKNOWN = float("inf")
GIVEN = "has weights that are given: they count as independent, with their mean squares"


@dataclass(eq=False)
class Site(FoldedOperands):
    """One equation, with the forms that arrive at it as ``operands``.

    Attributes:
        values: of the operands, in the calibrating forward pass.
        fixed: per operand, whether neither the input nor a drawn weight decides it.
        keep: stores a form for the operand of a position, for later equations too.
        say: notes an assumption, and by how many per cent it may move sigma.
        gate: takes note of a source that a smooth gate is decided by.
        change: of an operand, or of the result (None): per axis, the mean squared change at each
            index, as measured for a random change of the input; None where it was not.
    """

    operands: list[Operand]
    values: list[np.ndarray] = field(kw_only=True)
    fixed: list[bool] = field(kw_only=True)
    keep: Callable[[int, Form], None] = field(kw_only=True)
    say: Callable[[str, float], None] = field(kw_only=True)
    change: Callable[[int | None], list[np.ndarray] | None] = field(kw_only=True)
    gate: Callable[[Source], None] = field(kw_only=True)

    @property
    def dependent(self) -> list[int]:
        """Positions of the operands that have a form."""
        return [n for n, form in enumerate(self.operands) if form]

    def form(self, n: int) -> Form:
        """The form of an operand that has one."""
        form = self.operands[n]
        assert form, "a rule asked for an operand that no gradient reaches"
        return form

    def energy(self, n: int) -> Source:
        """The operand as random weights see it: nothing behind them remembers what it came from.

        What else reads the operand still does: the gates along a skip connection are mostly open
        together, and their joint rate is far above the product of their rates.
        """
        return settled(self.form(n), self.in_shapes[n])

    def settle(self, n: int) -> Source:
        """The operand as a source, which everything that reads it later shares."""
        source = self.energy(n)
        self.operands[n] = identity(source)
        self.keep(n, identity(source))
        return source

    def scaled_evenly(self, n: int) -> Form:
        """The operand with numbers for scales: what moves elements cannot keep an array of them."""
        if any(not isinstance(t.scale, float) for t in self.form(n)):
            form = _evened(self.form(n), self.in_shapes[n])
            self.operands[n] = form
            self.keep(n, form)
        return self.form(n)

    def mix(self, form: Form, axis: int, matrix: np.ndarray) -> Form:
        """A known matrix along one axis of a value; scales are numbers."""
        if mixes(matrix) and any(t.source.mixed for t in form):
            self.say(MIXES_AGAIN, MIXES_AGAIN_SIZE)
        return tuple(_mixed(term, axis, matrix) for term in form)


def _evened(form: Form, shape: tuple[int, ...]) -> Form:
    """Numbers for scales: their mean where a known map is scaled, and what they differ by.

    What one element gives to several places keeps its sign through their gates; what is the same
    along a whole axis (:mod:`.common`) has the mean along that axis alone.
    """
    by_source: dict[Source, list[Term]] = {}
    for term in form:
        by_source.setdefault(term.source, []).append(term)
    common: Form = ()
    left: Form = ()
    for group in by_source.values():
        arrays = any(not isinstance(t.scale, float) for t in group)
        if arrays and all(_maps_everything(t, shape) for t in group) and _maps(group):
            even = tuple(replace(t, scale=mean_scale(t)) for t in group)
            even = tuple(t for t in even if t.scale)
            whole, same = settled(tuple(group), shape), settled(even, shape)
            rest = jnp.maximum(whole.energy - same.energy, 0.0)
            common += even + identity(replace(whole, energy=rest))
        else:
            left += tuple(group)
    parts = parted(left, shape, range(len(shape))) if left else []
    return common + tuple(term for part in parts for term in lifted(part))


def _maps_everything(term: Term, shape: tuple[int, ...]) -> bool:
    followed = all(d is not None for d, n in zip(term.layout, shape, strict=True) if n > 1)
    return term.along is None and followed


def _maps(group: list[Term]) -> bool:
    return any(m is not None for t in group for m in t.matrices)


def _mixed(term: Term, axis: int, matrix: np.ndarray) -> Term:
    follows = term.layout[axis]
    if follows is None:  # the same along the whole axis
        sums = matrix.sum(1)
        even = uniform(sums)
        if isinstance(even, float):
            return term.scaled(even)
        # borders differ: a source of one element there, spread by what they sum to
        source = settled((term,), (1,) * len(term.layout))
        line = sums.reshape([-1 if d == axis else 1 for d in range(len(term.layout))])
        return identity(Source(source.energy * line**2, source.energy.shape, True))[0]
    before = term.matrices[follows]
    if before is None:
        after = matrix
    elif len(before) == 1 and matrix.shape[1] > 1:
        after = matrix.sum(1, keepdims=True) * before
    else:
        after = matrix @ before
    return term.with_matrix(follows, after)


def evenly(site: Site) -> list[Operand]:
    """An operation without a rule: every output gets the mean energy of all that is read."""
    site.say("has no rule: its energy is passed evenly to all that it may reach", UNKNOWN)
    means = [jnp.mean(site.settle(n).energy) for n in site.dependent]
    energy = sum(means[1:], means[0])
    return [
        identity(Source(energy.reshape((1,) * len(shape)), shape, True))
        for shape in site.out_shapes
    ]


# A rule returns one form per output; some operand has a form.
ENERGY: Reading[Site, Sequence[Operand]] = Reading("energy", default=evenly)
