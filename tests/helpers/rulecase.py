"""One tiny function per rule, and the check that theory and oracle agree on every output of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from jaxrf.program.trace import trace
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.intervals import solve_intervals
from jaxrf.theory.solve.support import solve_support
from tests.helpers.oracle import gradient_pattern, perturbation_pattern

__all__ = ["Case", "Excess", "check", "each", "params"]


@dataclass(frozen=True)
class Case:
    """A function whose dependencies are known by experiment.

    Attributes:
        name: of the test.
        f: the function; without ``perturb`` it must be positive and smooth.
        shape: of its input.
        covers: primitives that it is there for.
        perturb: whether elements are perturbed one at a time, where gradients do not speak.
        over: reason why theory only bounds the dependencies, "" where it must be exact.
        loose: reason why the positive linearisation only bounds them, likewise.
        unknown: whether some primitive has no rule, though its bound happens to be exact.
        tolerance: with ``perturb``, share of the largest output that is rounding.
    """

    name: str
    f: Callable
    shape: tuple[int, ...]
    covers: str
    perturb: bool = False
    over: str = ""
    loose: str = ""
    unknown: bool = False
    tolerance: float = 0

    def pattern(self) -> np.ndarray:
        """Which output depends on which input, [*output, *input]."""
        if self.perturb:
            return perturbation_pattern(self.f, self.shape, tolerance=self.tolerance)
        return gradient_pattern(self.f, self.shape)


class Excess(AssertionError):
    """Theory has more than there is, and misses nothing."""


def params(cases: list[Case], prefix: str = "") -> list:
    """Cases as parameters of a test; those that theory only bounds must have an excess."""
    names = [c.name for c in cases]
    assert len(set(names)) == len(names)
    return [
        pytest.param(
            c,
            id=prefix + c.name,
            marks=pytest.mark.xfail(strict=True, raises=Excess, reason=c.over) if c.over else (),
        )
        for c in cases
    ]


def each(cases: list[Case]):
    """Parametrise a test over cases."""
    return pytest.mark.parametrize("case", params(cases))


def check(case: Case) -> None:
    """The supports of every output, set for set, and the interval hull around each.

    Raises:
        Excess: all that is wrong is that theory has too much.
    """
    traced = trace(case.f, case.shape)
    assert set(case.covers.split()) <= {equation.name for equation in traced.program.equations}
    assert case.over or bool(graph_of(traced).unknown) == case.unknown
    graph = graph_of(traced).graph
    node = graph_of(traced).node_of[traced.endpoints[traced.output]]
    pattern = case.pattern()
    output = graph.nodes[node].shape
    assert pattern.shape == output + case.shape
    solutions = [solve_intervals(graph, axis) for axis in range(len(case.shape))]
    excess = []
    for at in np.ndindex(output):
        mask = np.zeros(output, bool)
        mask[at] = True
        support = solve_support(graph, node, mask)
        assert not (pattern[at] & ~support).any(), f"output {at}: missed"
        if (support != pattern[at]).any():
            excess.append(at)
        for axis, touched in enumerate(np.nonzero(pattern[at])):
            low, high = _hull(solutions[axis].fields[node].exact, at)
            if len(touched):
                assert low <= touched.min(), f"output {at}, axis {axis}"
                assert touched.max() <= high, f"output {at}, axis {axis}"
    if excess:
        raise Excess(f"more than there is at outputs {excess}")


def _hull(spans: np.ndarray, at: tuple[int, ...]) -> tuple[int, int]:
    """The interval of one element; spans are [low, -high], length 1 where they do not vary."""
    index = tuple(i if n > 1 else 0 for i, n in zip(at, spans.shape[1:], strict=True))
    low, minus_high = spans[(slice(None), *index)]
    return int(low), -int(minus_high)
