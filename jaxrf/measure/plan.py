"""``Plan``: the networks, inputs and samples of a measurement, and checks of given inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from jaxrf.arguments.integers import whole
from jaxrf.errors import InvalidInput
from jaxrf.measure.sampling_options import Sampling
from jaxrf.theory.analysis import Analysis

__all__ = ["Cell", "Plan", "checked_inputs", "distinct", "planned", "unused"]

MOST_SAMPLES = 10_000_000  # each of which takes memory in the plan


class Cell(NamedTuple):
    """Samples of the same network, input, or both, whose mean is one entry of the running sums.

    Attributes:
        units: one number per factor (:attr:`Plan.factors`); cells with a number in common are not
            independent of each other.
        network: number of the network.
        samples: numbers of the samples.
    """

    units: tuple[int, ...]
    network: int
    samples: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The number of samples, networks and inputs, and which of them are independent.

    A *unit* is independent of the others: a distinct network with all of its samples where networks
    are drawn, or a distinct input with all of its samples where inputs are used in turn. Standard
    errors are taken over units. Where each network has several inputs and each input several
    networks, samples are cells of a table whose rows and columns are both units.

    Attributes:
        samples: backward passes.
        weight_seeds: networks drawn; 0 where the weights are given.
        seed: of everything that is drawn.
        input_seeds: random inputs drawn, used in turn; 0 where every sample has its own, or where
            they are given.
        given: inputs given, used in turn; 0 where they are drawn.
    """

    samples: int
    weight_seeds: int
    seed: int
    input_seeds: int = 0
    given: int = 0

    @property
    def inputs(self) -> int:
        """Distinct inputs."""
        return min(self.given or self.input_seeds or self.samples, self.samples)

    @property
    def factors(self) -> tuple[str, ...]:
        """The kinds of units: "network", "input", both, or "sample" (of signs alone)."""
        again = 1 < self.inputs < self.samples
        if self.weight_seeds > 1:
            if not again:
                return ("network",)
            # with a network of its own for every sample, those of an input are its samples
            return ("input",) if self.weight_seeds == self.samples else ("network", "input")
        return ("sample",) if self.inputs == 1 else ("input",)

    @property
    def units(self) -> int:
        """Independent units; the fewer of the two where networks and inputs both are."""
        counts = {"network": self.weight_seeds, "input": self.inputs, "sample": self.samples}
        return min(counts[factor] for factor in self.factors)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All samples, in the order in which they are drawn."""
        return tuple(self._cells())

    def _cells(self) -> Iterator[Cell]:
        several = self.weight_seeds > 1
        if self.factors == ("input",):
            for k in range(self.inputs):
                samples = range(k, self.samples, self.inputs)
                if not several:
                    yield Cell((k,), 0, tuple(samples))
                    continue
                # fresh weights for each sample: no two share a compiled pass or a cell
                yield from (Cell((k,), i, (i,)) for i in samples)
        elif not several:
            yield from (Cell((i,), 0, (i,)) for i in range(self.samples))
        else:
            for j in range(self.weight_seeds):
                yield from self._of_network(j)

    def _of_network(self, j: int) -> Iterator[Cell]:
        samples = self.of_network(j)
        if self.factors == ("network",):
            yield Cell((j,), j, tuple(samples))
            return
        for k in sorted({i % self.inputs for i in samples}):
            yield Cell((j, k), j, tuple(i for i in samples if i % self.inputs == k))

    def of_network(self, index: int) -> range:
        """The samples of a network, where several are drawn."""
        bounds = (index * self.samples, (index + 1) * self.samples)
        return range(*(b // self.weight_seeds for b in bounds))

    def cut(self, cells: int) -> Plan:
        """The plan of the first ``cells`` cells, where sampling ended after them."""
        if cells == len(self.cells):
            return self
        drawn = self.cells[:cells]
        samples = sum(len(cell.samples) for cell in drawn)
        inputs = len({cell.units[-1] for cell in drawn})
        by_input = self.factors[-1] == "input"
        return replace(
            self,
            samples=samples,
            weight_seeds=len({cell.network for cell in drawn})
            if self.weight_seeds > 1
            else self.weight_seeds,
            input_seeds=inputs if self.input_seeds and by_input else self.input_seeds,
            given=inputs if self.given and by_input else self.given,
        )


def planned(chosen: Sampling, *, random_weights: bool, given: int) -> Plan:
    """The plan for the options of a measurement.

    Args:
        chosen: the options, the number of samples among them.
        random_weights: whether weights are drawn.
        given: inputs given; 0 where they are drawn.

    Raises:
        InvalidInput: no samples, more seeds than samples, or seeds of weights or inputs that are
            given.
    """
    samples = whole("samples", chosen.samples)
    if samples < 1:
        raise InvalidInput(f"samples: got {samples}, need at least 1")
    if samples > MOST_SAMPLES:
        raise InvalidInput(f"samples: got {samples}, need at most {MOST_SAMPLES}")
    networks = _weight_seeds(chosen.weight_seeds, samples, random_weights)
    inputs = _input_seeds(chosen.input_seeds, samples, not given)
    return Plan(samples, networks, chosen.seed, inputs, given)


def _input_seeds(asked: int | None, samples: int, random_inputs: bool) -> int:
    """Random inputs to draw; 0 where every sample has its own, or they are given."""
    if asked is None:
        return 0
    asked = whole("input seeds", asked)
    if not random_inputs:
        raise InvalidInput(
            f"input seeds: got {asked}, but the inputs are given; leave it out, or give fewer"
        )
    if not 1 <= asked <= samples:
        raise InvalidInput(f"input seeds: got {asked}, need 1 to the number of samples {samples}")
    return asked


def _weight_seeds(asked: int | None, samples: int, random_weights: bool) -> int:
    """Networks to draw; 0 where the weights are given."""
    asked = asked if asked is None else whole("weight seeds", asked)
    if not random_weights:
        if asked:
            raise InvalidInput(
                f"weight seeds: got {asked}, but the weights of this model are given; leave it "
                "out, or draw them anew (--reinit, jaxrf.reinit(model))"
            )
        return 0
    if asked is not None and not 1 <= asked <= samples:
        raise InvalidInput(f"weight seeds: got {asked}, need 1 to the number of samples {samples}")
    return samples if asked is None else asked


def checked_inputs(inputs: np.ndarray | None, analysis: Analysis) -> np.ndarray | None:
    """Given inputs as float32 [N, *shape without the batch axis]; None where they are drawn.

    Raises:
        InvalidInput: another shape, no images, values that are not finite or no real numbers.
    """
    if inputs is None:
        return None
    shape, batch = analysis.shape, analysis.batch_axis
    inputs = np.asarray(inputs)
    if inputs.dtype.kind not in "fiub" and inputs.dtype.name != "bfloat16":
        raise InvalidInput(f"inputs: got an array of {inputs.dtype}, need real numbers")
    inputs = inputs.astype(np.float32)
    one = tuple(n for axis, n in enumerate(shape) if axis != batch)
    if inputs.shape[1:] != one or (batch is not None and shape[batch] != 1):
        raise InvalidInput(
            f"inputs: got an array of shape {inputs.shape}, need (N, {', '.join(map(str, one))})"
            f"{'' if batch is None else ' and a model shape with a batch of 1'}"
            f"{_moved(inputs.shape, one)}"
        )
    if not len(inputs) or not np.isfinite(inputs).all():
        got = "values that are not finite" if len(inputs) else "no images"
        raise InvalidInput(f"inputs: got {got}, need at least one image of finite values")
    return inputs


def _moved(got: tuple[int, ...], one: tuple[int, ...]) -> str:
    """A hint how to get the right shape from a wrong one, where that is clear."""
    if got == one:
        return "; x[None] is one input"
    if len(got) == len(one) + 1 and len(one) > 1:
        for source, target in ((-1, 1), (1, -1)):
            moved = list(got)
            moved.insert(target % len(got), moved.pop(source))
            if tuple(moved[1:]) == one:
                return f"; np.moveaxis(x, {source}, {target}) has it"
    return ""


def distinct(inputs: np.ndarray) -> np.ndarray:
    """Inputs [N, ...] without repetitions, since an input that is given twice is one unit."""
    first = {row.tobytes(): n for n, row in reversed(list(enumerate(inputs)))}
    return inputs if len(first) == len(inputs) else inputs[sorted(first.values())]


def unused(plan: Plan, cells: int, given: int) -> Iterator[str]:
    """Notes on given inputs that were not used.

    Args:
        plan: of the samples.
        cells: number of cells that were drawn.
        given: number of inputs, repetitions included.
    """
    if given > plan.given:
        yield f"inputs: got {given}, of which {plan.given} are distinct; each counts once"
    used = plan.cut(cells).inputs
    if plan.given > used:
        yield f"inputs: got {plan.given}, used the first {used}: as many as were sampled"
