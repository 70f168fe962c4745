"""Lengths one at a time: ``analyze`` at several of them, which have to agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import lcm
from typing import Any

from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.analyze import analyze
from jaxrf.theory.sizes.free_shapes import FreeShapes
from jaxrf.theory.sizes.result import AxisAnswer, Residue

__all__ = ["Answers", "Probe", "agreed", "answers_of", "total_strides"]

# Lengths that models are usually made for; powers of two first, where U-Nets and TCNs trace.
USUAL = (256, 224, 64, 512, 299, 32, 128, 384, 1024, 28, 4096, 16384)

# Of messages about what no other length would cure.
INCURABLE = ("depend", "axes", "call: got", " missing", "no such file")

Answers = dict[str, tuple[AxisAnswer, ...]]


@dataclass
class Probe:
    """A model, looked at one size at a time; every size is traced once.

    Attributes:
        model: as for ``analyze``.
        inputs: its inputs.
        options: further arguments of ``analyze``.
        seen: answers, or the error, by lengths.
    """

    model: Any
    inputs: FreeShapes
    options: dict[str, Any]
    seen: dict[tuple[int, ...], Answers | JaxrfError] = field(default_factory=dict)

    @property
    def tracing(self) -> dict[str, Any]:
        """The options that a trace takes."""
        names = ("all_endpoints", "variables", "call")
        return {name: self.options[name] for name in names if name in self.options}

    def analyze(self, lengths: Sequence[int]) -> Analysis:
        """The analysis at one size.

        Raises:
            JaxrfError: the model does not take it.
        """
        return analyze(self.model, list(self.inputs.at(lengths)), **self.options)

    def at(self, lengths: Sequence[int]) -> Answers | JaxrfError:
        """Per end-point and axis what is known at one size, or the error."""
        key = tuple(lengths)
        if key not in self.seen:
            try:
                self.seen[key] = answers_of(self.analyze(key))
            except JaxrfError as error:
                self.seen[key] = error
        return self.seen[key]

    def takes(self, lengths: Sequence[int]) -> bool:
        """Whether the model can be traced at this size."""
        return not isinstance(self.at(lengths), JaxrfError)

    def base(
        self, start: int | None, declared: tuple[int, ...] | None = None
    ) -> tuple[tuple[int, ...], Analysis]:
        """The first size that the model takes.

        Args:
            start: a length that it is said to take; by default usual ones are tried.
            declared: those that its file declares, which come first.

        Raises:
            ModelError: it takes none of those tried.
        """
        count = self.inputs.count
        tried = [(n,) * count for n in (USUAL if start is None else (start,))]
        if declared is not None and start is None:
            tried.insert(0, declared)
        first: JaxrfError | None = None
        for lengths in tried:
            try:
                return lengths, self.analyze(lengths)
            except InvalidInput as error:
                if any(word in str(error) for word in INCURABLE):
                    raise
                first = first or error
            except JaxrfError as error:
                first = first or error
        texts = ["x".join(map(str, dict.fromkeys(lengths))) for lengths in tried]
        raise ModelError(
            f"shape: the model takes none of the lengths {', '.join(texts)}; need one that it does "
            f"(start=, --start); at {texts[0]}: {first}"
        ) from first


def answers_of(analysis: Analysis) -> Answers:
    """The answers of an analysis that do not depend on the size."""
    return {name: tuple(map(AxisAnswer.of, f.axes)) for name, f in analysis.items()}


def total_strides(analysis: Analysis) -> tuple[int, ...]:
    """Per spatial axis, the length after which every field map of the network repeats.

    Every window of stride s over a map of stride S asks only for the length of that map modulo s,
    so for n modulo s S: the least common multiple over all maps, named or not, decides.
    """
    strides = []
    for solution in analysis.solutions:
        laws = (law for seen in solution.fields if seen is not None for law in seen.laws)
        shifts = {abs(law.shift) for law in laws if law is not None and law.shift}
        strides.append(lcm(*shifts))
    return tuple(strides)


def agreed(residue: int, lengths: Sequence[int], found: Sequence[AxisAnswer | str]) -> Residue:
    """One residue from what was found at each of several lengths, a text where nothing was."""
    answers = [a for a in found if isinstance(a, AxisAnswer)]
    problems = [a for a in found if isinstance(a, str)]
    if not answers:
        return Residue(residue, None, "refused", tuple(lengths), problems[0])
    if problems:
        good = [n for n, a in zip(lengths, found, strict=True) if isinstance(a, AxisAnswer)]
        text = f"the model takes length {good[0]}, but: {problems[0]}"
        return Residue(residue, None, "varies", tuple(lengths), text)
    if any(a != answers[0] for a in answers[1:]):
        return Residue(residue, None, "varies", tuple(lengths), _difference(lengths, answers))
    return Residue(residue, answers[-1], "checked", tuple(lengths))  # what has a bound shows late


def _difference(lengths: Sequence[int], answers: Sequence[AxisAnswer]) -> str:
    """The first number in which two lengths differ, in words."""
    names = {"size": "r", "stride": "S", "padding": "P", "aligned": "aligned", "causal": "causal",
             "phases": "phases"}  # fmt: skip
    for attribute, name in names.items():
        values = [getattr(a, attribute) for a in answers]
        if any(v != values[0] for v in values):
            shown = ", ".join(f"{v} at {n}" for n, v in zip(lengths, values, strict=True))
            return f"{name} depends on the length itself: {shown}"
    return "the field depends on the length itself"
