"""The slice of a program that the energy of one end-point needs, and how long its values live."""

from __future__ import annotations

from dataclasses import dataclass

from jaxrf.measure.energy.product_regions import ProductRegion, product_regions
from jaxrf.program import slices
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["EndpointSlice", "endpoint_slice"]


@dataclass(frozen=True, eq=False)
class EndpointSlice:
    """The part of a program that one value is computed by.

    Attributes:
        equations: in order of execution.
        last: per equation, the values that no later equation reads.
        regions: value number of a product of two values of the input -> the region that it ends.
        inside: values that are read inside regions only, and whose energy is not needed.
    """

    equations: tuple[Equation, ...]
    last: tuple[tuple[int, ...], ...]
    regions: dict[int, ProductRegion]
    inside: frozenset[int]


def endpoint_slice(program: Program, target: int) -> EndpointSlice:
    """The slice of a program for the value ``target``."""
    equations = slices.backward_slice(program.equations, [target])
    found, inside = product_regions(equations, program.dependent)

    def inner(eq: Equation) -> tuple[int, ...]:
        region = found.get(eq.outputs[0])
        return region.values if region else ()

    last = slices.last_uses(equations, [target], also=inner)
    return EndpointSlice(tuple(equations), tuple(last), found, inside)
