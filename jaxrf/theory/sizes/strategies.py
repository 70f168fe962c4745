"""Strategies that find the fields of all end-points, residue by residue: the first that holds.

All axes take a residue in one go, as a field along one axis does not look at the other axes: in a
trace for all lengths each axis has a length of its own, and a padding that mixed two of them would
not come out as an integer. Where a model refuses a residue, its axes are tried one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jaxrf.errors import JaxrfError
from jaxrf.theory.operation_names import label
from jaxrf.theory.sizes.concrete import Answers, Probe, agreed
from jaxrf.theory.sizes.propagate import AxisState
from jaxrf.theory.sizes.result import AxisAnswer, Residue
from jaxrf.theory.sizes.symbolic import SymbolicTrace, trace_any_length, trace_residues

__all__ = ["Plan", "Strategies"]

LEAST_CHECKED = 32  # pixels, so that a net without a local field is looked at in earnest

Found = dict[tuple[str, int], Residue]


@dataclass(frozen=True)
class Plan:
    """The task: a model, one size that it takes, and its total strides.

    Attributes:
        probe: the model.
        base: a size that it takes, one per free length, and the answers there.
        answers: the answers at that size.
        strides: total stride, one per free length.
        source: number of the input.
        axes: its spatial axes.
        given: their lengths where they are not free, else None.
        numbers: which free length each of them has, else None.
        largest: the largest r of all end-points, input pixels.
    """

    probe: Probe
    base: tuple[int, ...]
    answers: Answers
    strides: tuple[int, ...]
    source: int
    axes: tuple[int, ...]
    given: tuple[int | None, ...]
    numbers: tuple[int | None, ...]
    largest: int

    @property
    def leasts(self) -> tuple[int, ...]:
        """Lengths from which on a symbolic trace is tried; the first may leave a map empty."""
        stride = max(self.strides)
        return tuple(sorted({stride, max(self.largest, stride), self.largest + stride}))

    def lengths(self, residues: Sequence[int], *, other: bool = False) -> tuple[int, ...]:
        """A size of these residues whose features see the whole of their field.

        The other one is about twice as large, with another parity in units of the stride: what
        grows with the length, or repeats after twice the stride, differs between the two.
        """
        lengths = []
        for stride, residue in zip(self.strides, residues, strict=True):
            count = -(-max(self.largest + stride, LEAST_CHECKED) // stride)
            if other:
                count = 2 * count + (count + 1) % 2
            lengths.append(count * stride + residue)
        return tuple(lengths)


@dataclass
class Strategies:
    """The strategies that are still open for a model.

    Attributes:
        plan: the task.
        any_length: the trace for all lengths, None without one.
        by_residue: whether traces for one residue are worth while.
        why: reasons why a symbolic trace could not be used.
    """

    plan: Plan
    any_length: tuple[SymbolicTrace, int] | None = None
    by_residue: bool = True
    why: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Try for the trace for all lengths."""
        plan = self.plan
        everything = range(max(plan.strides))
        for least in plan.leasts:
            trace, why = trace_any_length(
                plan.probe.model, plan.probe.inputs, least, **plan.probe.tracing
            )
            if trace is None:
                self.why.append(why)  # a larger least length may decide what this one left open
            elif all(
                trace.regular(plan.strides, self.residues(t)) for t in everything
            ) and self._agrees(trace, least, self.residues_of_base()):
                self.any_length = (trace, least)
                return

    def residues(self, turn: int) -> tuple[int, ...]:
        """One residue per free length; the turns below the largest stride meet all of each."""
        return tuple(turn % s for s in self.plan.strides)

    def residues_of_base(self) -> tuple[int, ...]:
        """Those of the size that the model is known to take."""
        pairs = zip(self.plan.base, self.plan.strides, strict=True)
        return tuple(n % s for n, s in pairs)

    def settle(self, residues: tuple[int, ...]) -> Found:
        """(end-point, number of the axis) -> what is known at these residues."""
        plan, found = self.plan, self._proved(residues)
        wanted = [(name, k) for name in plan.answers for k in range(len(plan.axes))]
        missing = [key for key in wanted if key not in found]
        if not missing:
            return found
        sizes = [plan.lengths(residues, other=other) for other in (False, True)]
        results = [plan.probe.at(size) for size in sizes]
        if all(isinstance(r, JaxrfError) for r in results) and len(sizes[0]) > 1:
            return {**self._one_by_one(residues, missing, sizes), **found}
        found.update((key, self._checked(key, residues, sizes, results)) for key in missing)
        return found

    def _proved(self, residues: tuple[int, ...]) -> Found:
        """The answers of a symbolic trace, none where there is no trace."""
        plan, probe = self.plan, self.plan.probe
        if self.any_length is not None:
            return self._read(*self.any_length, residues)
        if not self.by_residue:
            return {}
        for least in plan.leasts:
            trace, why = trace_residues(
                probe.model, probe.inputs, least, plan.strides, residues, **probe.tracing
            )
            if trace is None:
                self.why.append(why)
            elif trace.regular(plan.strides, residues) and self._agrees(trace, least, residues):
                return self._read(trace, least, residues)
        if residues == self.residues_of_base():
            self.by_residue = False  # it fails where the model itself does not
        return {}

    def _read(self, trace: SymbolicTrace, least: int, residues: tuple[int, ...]) -> Found:
        plan = self.plan
        found: Found = {}
        for k, axis in enumerate(plan.axes):
            states = trace.states(plan.source, axis, plan.strides, residues)
            for name in plan.answers:
                state = states.get(name)
                if state is None or state.lost or state.mixed:
                    self.why.append(_lost(name, state))
                    continue
                via = None if state.via is None else label(trace.traced.program, state.via)
                if state.field is None:
                    answer = AxisAnswer(
                        *(None, None, None, state.aligned, True, (), None, via),
                        causal=plan.answers[name][k].causal,  # no place, or everything
                    )
                else:
                    line = state.field.axis_field(axis, aligned=state.aligned)
                    answer = AxisAnswer.of(replace(line, global_via=via))
                number, given = plan.numbers[k], plan.given[k]
                residue = 0 if number is None else residues[number]
                first = least if given is None else given
                found[name, k] = Residue(residue, answer, "proved", (first,))
        return found

    def _agrees(self, trace: SymbolicTrace, least: int, residues: tuple[int, ...]) -> bool:
        """Whether the trace says what ``analyze`` says at one size of the base's residues.

        What a rule can only bound on symbolic lengths (masks made of them) shows here.
        """
        plan = self.plan
        if residues != self.residues_of_base():
            return True
        size, answers = plan.base, plan.answers
        if min(size) < least:
            size = plan.lengths(residues)
            found = plan.probe.at(size)
            if isinstance(found, JaxrfError):
                self.why.append(str(found))
                return False
            answers = found
        read = self._read(trace, least, residues)
        differ = [key for key, r in read.items() if r.answer != answers[key[0]][key[1]]]
        if differ:
            size_text = "x".join(map(str, size))
            self.why.append(f"{differ[0][0]}: only bounded on symbolic lengths, unlike {size_text}")
        return not differ

    def _checked(
        self,
        key: tuple[str, int],
        residues: tuple[int, ...],
        sizes: Sequence[tuple[int, ...]],
        results: Sequence[Any],
    ) -> Residue:
        """One axis of one end-point, from what was found at several sizes."""
        name, k = key
        number = self.plan.numbers[k]
        lengths = [self.plan.given[k] if number is None else size[number] for size in sizes]
        residue = 0 if number is None else residues[number]
        found = [_pick(result, name, k) for result in results]
        return agreed(residue, lengths, found)  # type: ignore[arg-type]  # fixed ones are given

    def _one_by_one(
        self,
        residues: tuple[int, ...],
        missing: Sequence[tuple[str, int]],
        sizes: Sequence[tuple[int, ...]],
    ) -> Found:
        """Only one free length at a time leaves the size that the model is known to take."""
        plan = self.plan
        found: Found = {}
        for number in {plan.numbers[k] for _, k in missing}:
            moved = [
                tuple(size[n] if n == number else b for n, b in enumerate(plan.base))
                for size in sizes
            ]
            results = [plan.probe.at(size) for size in moved]
            keys = [key for key in missing if plan.numbers[key[1]] == number]
            found.update((key, self._checked(key, residues, moved, results)) for key in keys)
        return found


def _lost(name: str, state: AxisState | None) -> str:
    """Why a symbolic trace says nothing about an end-point."""
    if state is None:
        return f"{name} is not an end-point of the symbolic trace"
    return f"{name}: {state.lost or 'the axis is mixed with others'}"


def _pick(result: Answers | JaxrfError, name: str, k: int) -> AxisAnswer | str:
    """One answer, or why there is none."""
    if isinstance(result, JaxrfError):
        return str(result)
    return result[name][k] if name in result else f"the model has no end-point {name} there"
