"""Shared weights: a loop that runs one layer several times, branches with the same layer.

Two uses of one weight are not independent: where both paths meet, they add up before they are
squared, and the gates behind one use depend on those behind the other. Different slices of one
array count as different weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaxrf.program.equation import Equation
from jaxrf.program.primitives import weighted
from jaxrf.program.program import Program
from jaxrf.program.slices import reads

__all__ = ["SHARED_WEIGHTS", "SHARED_WEIGHTS_SIZE", "layers_sharing_weights"]

SHARED_WEIGHTS = "uses weights that other layers use too, and counts them as others"
SHARED_WEIGHTS_SIZE = (
    12.0  # at width 16, recurrent networks and shared branches are -5 to +10 % off
)
_CUTS = ("slice", "dynamic_slice", "split", "gather", "squeeze")

Label = tuple  # of a weight: the value number of its argument, and the slices taken of it


@dataclass(frozen=True)
class _Cut:
    """The part of an array that a slice takes."""

    what: str


def layers_sharing_weights(program: Program, equations: Sequence[Equation]) -> list[Equation]:
    """The layers whose weights an earlier layer has used, in order of execution.

    Args:
        program: the network.
        equations: what the end-point needs, in order of execution.
    """
    labels: dict[int, frozenset[Label]] = {
        i: frozenset({(i,)}) for i in program.arguments if i not in program.inputs
    }
    used: set[Label] = set()
    again: list[Equation] = []
    for eq in equations:
        read = [labels.get(i, frozenset()) for i in eq.inputs if i not in program.dependent]
        mine = frozenset(label for found in read for label in found)
        if reads(eq, program.dependent):
            if eq.name in weighted() and mine:
                if mine & used:
                    again.append(eq)
                used |= mine
            continue
        for n, i in enumerate(eq.outputs):
            cut = (_Cut(_taken(program, eq, n)),) if eq.name in _CUTS else ()
            labels[i] = frozenset(label + cut for label in mine) if mine else frozenset()
    return again


def _taken(program: Program, eq: Equation, n: int) -> str:
    """The part that a slice takes, as a text that differs where parts differ."""
    starts = [
        str(program.fold(i)) if program.fold(i) is not None else f"value {i}" for i in eq.inputs[1:]
    ]
    params = {k: v for k, v in eq.params.items() if "indices" in k or k in ("sizes", "dimensions")}
    return f"{eq.name} {n} {starts} {params}"
