"""Bounds inference: which box of every value a program needs for one box of some of them.

Backwards through the flat program, by the rules of :mod:`jaxrf.restriction.rules`. What comes of it
is a list of steps and the box in which every value is held. Two boxes whose steps agree in
everything but their tables are one compiled program.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.restriction.boxes import Box, hull, lengths, offsets, whole
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__ = ["Bounds", "Step", "infer"]


@dataclass(frozen=True, eq=False)
class Step:
    """One equation on boxes.

    Attributes:
        whole: the equation as the program has it.
        equation: with the parameters and shapes of the cut.
        cut: how it is computed.
        starts: per operand, where its part begins in what is held; None where it is not read.
        crops: per result, where the wanted part begins in what is computed, and its shape; None
            where all of it is wanted, or nothing is.
        wanted: the box of every result.
    """

    whole: Equation
    equation: Equation
    cut: Cut
    starts: tuple[tuple[int, ...] | None, ...]
    crops: tuple[tuple[tuple[int, ...], tuple[int, ...]] | None, ...]
    wanted: tuple[Box | None, ...]

    @cached_property
    def key(self) -> Hashable:
        """All that the compiled program depends on."""
        cut = self.cut
        params = tuple(sorted((name, repr(value)) for name, value in cut.params.items()))
        tables = tuple((np.shape(t), str(np.asarray(t).dtype)) for t in cut.tables)
        return (
            id(self.whole),
            cut.apply,
            cut.static,
            params,
            tables,
            self.starts,
            self.crops,
            self.equation.in_shapes,
            self.equation.out_shapes,
        )


@dataclass(frozen=True, eq=False)
class Leaf:
    """A value that no step makes.

    Attributes:
        number: of the value.
        box: that is held.
        known: its elements in the box, where the code alone decides them; None otherwise.
        part: whether that is not all of it.
    """

    number: int
    box: Box
    known: np.ndarray | None
    part: bool


@dataclass(frozen=True, eq=False)
class Bounds:
    """A program cut to what some boxes need.

    Attributes:
        program: the whole one.
        steps: in order of execution.
        held: value number -> the box in which it is held.
        leaves: what no step makes, given values apart.
        given: numbers of the values that are handed over, cut to their boxes.
        wanted: the numbers of the wanted values, each with its box.
    """

    program: Program
    steps: tuple[Step, ...]
    held: dict[int, Box]
    leaves: tuple[Leaf, ...]
    given: tuple[int, ...]
    wanted: tuple[tuple[int, Box], ...]

    @cached_property
    def key(self) -> Hashable:
        """What two boxes have in common that are one compiled program."""
        leaves = tuple((x.number, lengths(x.box), x.part, x.known is None) for x in self.leaves)
        given = tuple(lengths(self.held[n]) if n in self.held else None for n in self.given)
        wanted = tuple((n, offsets(box, self.held[n]), lengths(box)) for n, box in self.wanted)
        return tuple(step.key for step in self.steps), leaves, given, wanted

    @cached_property
    def tables(self) -> list[list[Any]]:
        """What differs between boxes of one compiled program: of leaves, then of steps."""
        return [
            *([_table(leaf)] for leaf in self.leaves),
            *(list(s.cut.tables) for s in self.steps),
        ]


def _table(leaf: Leaf) -> np.ndarray:
    """The elements of a known leaf in part; the place of the part of any other."""
    if leaf.known is not None and leaf.part:
        return leaf.known
    return np.array([span.low for span in leaf.box], np.int32)


def infer(
    program: Program,
    equations: Sequence[Equation],
    wanted: Sequence[tuple[int, Box]],
    given: Collection[int],
) -> Bounds:
    """The bounds of a program for the wanted boxes.

    Args:
        program: the whole program.
        equations: its equations, calls of functions with derivatives of their own as one.
        wanted: numbers of values, each with its box.
        given: numbers of values that are handed over.
    """
    held: dict[int, Box] = {}
    for number, box in wanted:
        _need(held, number, box)
    found: list[tuple[Equation, Cut, tuple[Box | None, ...]]] = []
    made: set[int] = set()
    for equation in reversed(equations):
        boxes = tuple(held.get(number) for number in equation.outputs)
        if all(box is None for box in boxes) or _is_known(program, equation, given):
            continue
        site = CutSite(equation, program=program, wanted=boxes)
        cut = RESTRICTION(site)
        found.append((equation, cut, boxes))
        made.update(equation.outputs)
        for number, need in zip(equation.inputs, cut.needs, strict=True):
            if need is not None:
                _need(held, number, need)
    steps = tuple(_step(*each, held) for each in reversed(found))
    leaves = tuple(
        _leaf(program, number, box)
        for number, box in held.items()
        if number not in made and number not in given
    )
    return Bounds(program, steps, held, leaves, tuple(given), tuple(wanted))


def _need(held: dict[int, Box], number: int, box: Box) -> None:
    """Hold a value in a box too."""
    joined = hull(held.get(number), box)
    assert joined is not None
    held[number] = joined


def _is_known(program: Program, equation: Equation, given: Collection[int]) -> bool:
    """Whether the code alone decides what an equation makes: it is a leaf, evaluated already."""
    numbers = equation.outputs
    if any(n in program.dependent or n in given for n in numbers):
        return False
    return all(program.fold(n) is not None for n in numbers)


def _leaf(program: Program, number: int, box: Box) -> Leaf:
    part = box != whole(program.shapes[number])
    known = None if number in program.constants else program.fold(number)
    if known is not None:
        known = np.asarray(known)[tuple(slice(*span) for span in box)]
    return Leaf(number, box, known, part)


def _step(
    equation: Equation, cut: Cut, wanted: tuple[Box | None, ...], held: Mapping[int, Box]
) -> Step:
    made = wanted if cut.made is None else tuple(cut.made)
    starts = tuple(
        None if need is None else offsets(need, held[number])
        for number, need in zip(equation.inputs, cut.needs, strict=True)
    )
    crops = tuple(
        None
        if box is None or computed is None or box == computed
        else (offsets(box, computed), lengths(box))
        for box, computed in zip(wanted, made, strict=True)
    )
    smaller = replace(
        equation,
        params={**equation.params, **cut.params},
        in_shapes=tuple(() if need is None else lengths(need) for need in cut.needs),
        out_shapes=tuple((0,) if box is None else lengths(box) for box in made),
    )
    return Step(equation, smaller, cut, starts, crops, wanted)
