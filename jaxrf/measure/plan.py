"""What a measurement draws: how many networks, inputs and samples; and the inputs it was given."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jaxrf.errors import InvalidInput

__all__ = ["Plan", "checked_inputs", "planned"]


@dataclass(frozen=True)
class Plan:
    """How many samples, and what is drawn anew.

    A *unit* is what is independent of the others: a weight seed with all its inputs, or a single
    sample where the weights are fixed. Standard errors are taken over units.

    Attributes:
        samples: backward passes.
        weight_seeds: networks drawn; 0 where the weights are given.
        seed: of everything.
        input_seeds: random inputs drawn, used in turn; 0 where every sample has its own, or where
            they are given.
    """

    samples: int
    weight_seeds: int
    seed: int
    input_seeds: int = 0

    @property
    def units(self) -> int:
        """Independent units."""
        return self.weight_seeds if self.weight_seeds > 1 else self.samples

    def unit(self, index: int) -> range:
        """The samples of a unit."""
        return range(index * self.samples // self.units, (index + 1) * self.samples // self.units)

    def cut(self, units: int) -> Plan:
        """What was drawn of it where sampling ended after so many units."""
        if units == self.units:
            return self
        seeds = units if self.weight_seeds > 1 else self.weight_seeds
        return replace(self, samples=self.unit(units - 1).stop, weight_seeds=seeds)


def planned(
    samples: int,
    *,
    seed: int,
    weight_seeds: int | None,
    input_seeds: int | None,
    random_weights: bool,
    random_inputs: bool,
) -> Plan:
    """The plan that was asked for.

    Args:
        samples: backward passes.
        seed: of everything.
        weight_seeds: networks to draw; a fresh one for every sample by default.
        input_seeds: random inputs to draw; a fresh one for every sample by default.
        random_weights: whether weights are drawn at all.
        random_inputs: whether inputs are.

    Raises:
        InvalidInput: no samples, more of anything than samples, or seeds of what is given.
    """
    if samples < 1:
        raise InvalidInput(f"samples: got {samples}, need at least 1")
    networks = _weight_seeds(weight_seeds, samples, random_weights)
    return Plan(samples, networks, seed, _input_seeds(input_seeds, samples, random_inputs))


def _input_seeds(asked: int | None, samples: int, random_inputs: bool) -> int:
    """Random inputs to draw; 0 where every sample has its own, or they are given."""
    if asked is None:
        return 0
    if not random_inputs:
        raise InvalidInput(
            f"input seeds: got {asked}, but the inputs are given; leave it out, or give fewer"
        )
    if not 1 <= asked <= samples:
        raise InvalidInput(f"input seeds: got {asked}, need 1 to the number of samples {samples}")
    return asked


def _weight_seeds(asked: int | None, samples: int, random_weights: bool) -> int:
    """Networks to draw; 0 where the weights are given."""
    if not random_weights:
        if asked:
            raise InvalidInput(
                f"weight seeds: got {asked}, but the weights of this model are given; leave it out"
            )
        return 0
    if asked is not None and not 1 <= asked <= samples:
        raise InvalidInput(f"weight seeds: got {asked}, need 1 to the number of samples {samples}")
    return samples if asked is None else asked


def checked_inputs(inputs: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Given inputs as float32 [N, *shape without the batch axis]; None where they are drawn.

    Raises:
        InvalidInput: another shape, no images, values that are not finite.
    """
    if inputs is None:
        return None
    inputs = np.asarray(inputs, np.float32)
    needed = f"(N, {', '.join(map(str, shape[1:]))})"
    if shape[0] != 1 or inputs.ndim != len(shape) or inputs.shape[1:] != shape[1:]:
        raise InvalidInput(
            f"inputs: got an array of shape {inputs.shape}, need {needed} and a model shape "
            "with a batch of 1"
        )
    if not len(inputs) or not np.isfinite(inputs).all():
        got = "values that are not finite" if len(inputs) else "no images"
        raise InvalidInput(f"inputs: got {got}, need at least one image of finite values")
    return inputs
