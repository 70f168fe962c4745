"""``EnergyPrediction``: the expected squared gradients of a network, as a linear program.

The flat program is interpreted once, with the value of every variable in a forward pass and its
linear combination of sources side by side. The forward pass decides the gates (the mean of f'(x)^2
of an activation), the scales of normalisations and the mean squares of weights, all from one draw
of the initialiser. The energies of the sources are linear in the energy of the input, so that
``jax.vjp`` propagates an impulse back to the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.measure.energy.endpoint_slice import EndpointSlice, endpoint_slice
from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.forward import as_numpy, forward
from jaxrf.measure.energy.linear_combination import LinearCombination, Source, identity
from jaxrf.measure.energy.normalization import APPLIES_SCALE, MAKES_SCALE
from jaxrf.measure.energy.product_regions import ProductRegion, product_parts
from jaxrf.measure.energy.shared_weights import (
    SHARED_WEIGHTS,
    SHARED_WEIGHTS_SIZE,
    layers_sharing_weights,
)
from jaxrf.measure.energy.site import AVERAGES_AGAIN, ENERGY, UNKNOWN, Site
from jaxrf.measure.energy.tangents import Tangents
from jaxrf.measure.energy.uncorrelated_parts import as_combination, parts_of
from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.execute import drawn_inputs
from jaxrf.program.reading import interpret
from jaxrf.program.slices import forward_slice, reads
from jaxrf.program.trace import Traced

__all__ = ["EnergyPrediction"]

GATES = "gates that change smoothly are taken as independent of the weights before them"
GATES_EACH, GATES_LEAST, GATES_MOST = 20.0, 1.5, 12.0  # per cent of sigma, docs/prediction.md
PRODUCT_SIZE = 6.0  # per cent of sigma: four blocks of a vision transformer are 5 % too wide
_LONGEST = 1500  # equations worth compiling: unrolled loops of thousands take XLA minutes


@dataclass(eq=False)
class EnergyPrediction:
    """The energy of one end-point as a linear function of that of the input.

    Attributes:
        traced: the model.
        target: value number of the end-point.
        source: value number of the input.
        calibrate: run the model forward; else pre-activations are standard normal.
        seed: of weights and inputs.
        images: [N, *shape without batch] inputs in place of drawn ones; None: standard normal.
        notes: assumptions found so far, in order: text -> by how many per cent it may move sigma,
            inf where that is not known.
    """

    traced: Traced
    target: int
    source: int
    calibrate: bool
    seed: int
    images: np.ndarray | None = None
    notes: dict[str, float] = field(default_factory=dict)
    _gates: dict[Source, float] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.images is not None and not self.calibrate:
            raise InvalidInput(
                "inputs: got images without calibration, which alone reads them; leave out the "
                "images, or calibrate"
            )

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The notes as sentences, each with the size of its effect on sigma."""
        return tuple(f"{what}; {_moves(size)}" for what, size in self.notes.items())

    def drawn(self, n: int) -> dict[int, np.ndarray]:
        """The weights and inputs that draw ``n`` is calibrated with: value number -> array."""
        found = self._random_arguments(n)
        program = self.traced.program
        if (given := self.traced.user_weights) is not None:
            rest = [i for i in program.arguments if i not in program.inputs]
            leaves = jax.tree.leaves(given)
            found |= dict(zip(rest, map(np.asarray, leaves), strict=True))
            self.notes["weights are given: taken as independent; trained ones must be measured"] = (
                UNKNOWN
            )
        if self.images is not None:
            image, drawn = self.images[n % len(self.images)], found[self.source]
            found[self.source] = image.reshape(drawn.shape).astype(drawn.dtype)
        return found

    def _random_arguments(self, n: int) -> dict[int, np.ndarray]:
        program, key = self.traced.program, jax.random.key(self.seed)
        weights, inputs = jax.random.split(jax.random.fold_in(key, n))
        with compat.float32():
            leaves = jax.tree.leaves(self.traced.initial(weights))
            given = drawn_inputs(self.traced, inputs)
        found = dict(zip(program.inputs, map(np.asarray, given), strict=True))
        rest = (i for i in program.arguments if i not in found)
        return {**found, **dict(zip(rest, map(np.asarray, leaves), strict=True))}

    @cached_property
    def random(self) -> frozenset[int]:
        """Values that depend on a drawn weight or on another input: they differ between draws."""
        program, one, other = self.traced.program, *map(self._random_arguments, (0, 1))
        found = {i for i, value in one.items() if not np.array_equal(value, other[i])}
        others = set(program.inputs) - {self.source}
        return forward_slice(program.equations, found | others)

    def __call__(
        self, energy: jax.Array, drawn: dict[int, np.ndarray], number: int = 0
    ) -> jax.Array:
        """The energy of every element of the end-point.

        Args:
            energy: of the input; length 1 along axes that it does not vary along.
            drawn: weights and inputs to calibrate with.
            number: of the draw, which has random signs of its own.
        """
        program, part = self.traced.program, self._slice
        for eq in self._sharing_weights:
            self._note(eq, SHARED_WEIGHTS, SHARED_WEIGHTS_SIZE)
        changes = self._tangents(drawn, self.seed + number) if self._tangents else {}
        values = {
            i: _LiveValue(value) for i, value in (as_numpy(program.constants) | drawn).items()
        }
        start = identity(Source(energy, program.shapes[self.source]))
        values[self.source] = values[self.source]._replace(combination=start)

        def step(eq: Equation, operands: Sequence[_LiveValue]) -> list[_LiveValue]:
            out = eq.outputs[0]
            combinations: Sequence[LinearCombination | None] = [None] * len(eq.outputs)
            if region := part.regions.get(out):
                combinations = [self._product(region, values, number)]
            elif any(o.combination is not None for o in operands) and out not in part.inside:
                combinations = self._rule(eq, operands, values, changes)
            results = self._forward(eq, [o.value for o in operands])
            return [
                _LiveValue(v, combination or None)
                for v, combination in zip(results, combinations, strict=True)
            ]

        interpret(part.equations, values, step, last=part.last)
        self._note_gates()
        shape, combination = program.shapes[self.target], values[self.target].combination
        if combination is None:
            return jnp.zeros(shape)
        return jnp.broadcast_to(as_source(combination, shape).energy, shape)

    def _note_gate(self, source: Source) -> None:
        if source.channel_profile is not None:
            self._gates[source] = float(np.var(source.channel_profile[1]))

    def _note_gates(self) -> None:
        """Note how much smooth gates may matter that depend on the weights before them.

        The fewer weights a value is computed by, the more each of them decides both the gate and
        what passes it: for n weights by a share of 2/n, which is the variance of the mean squares
        of channels.
        """
        size = min(GATES_MOST, GATES_EACH * sum(self._gates.values()))
        self._gates.clear()
        if size > GATES_LEAST:
            self.notes[GATES] = max(size, self.notes.get(GATES, 0.0))

    @cached_property
    def _tangents(self) -> Tangents | None:
        """The measurement of normalisations; None where there is nothing to measure."""
        equations, dependent = self._slice.equations, self.traced.program.dependent
        scales = [
            eq for eq in equations if eq.name in MAKES_SCALE and dependent.issuperset(eq.inputs)
        ]
        if not (self.calibrate and scales):  # a gate is a product too, but of no root
            return None
        if len(equations) > _LONGEST:
            return None
        measured = [
            eq for eq in equations if eq.name in APPLIES_SCALE and dependent.issuperset(eq.inputs)
        ]
        return Tangents(self.traced.program, equations, self.source, measured)

    @cached_property
    def _sharing_weights(self) -> list[Equation]:
        return layers_sharing_weights(self.traced.program, self._slice.equations)

    @cached_property
    def _slice(self) -> EndpointSlice:
        return endpoint_slice(self.traced.program, self.target)

    def _forward(self, eq: Equation, values: list[Any]) -> list[Any]:
        """The results of an equation in the forward pass."""
        seen = reads(eq, self.traced.program.dependent)
        return forward(eq, values, normal=seen and not self.calibrate)

    def _product(self, region: ProductRegion, values: Values, number: int) -> LinearCombination:
        """A product of values of the input, predicted over the whole region that it ends."""
        product = region.equations[-1]
        self._note(
            product,
            "multiplies values of the input: what it passes is that of these draws",
            PRODUCT_SIZE,
        )
        shapes = self.traced.program.shapes
        parts = [
            parts_of(values[i].combination or (), shapes[i], range(len(shapes[i])))
            for i in region.sources
        ]
        if any(part.source.correlated for of_source in parts for part in of_source):
            self._note(product, AVERAGES_AGAIN, PRODUCT_SIZE)
        read = {i: values[i].value for i in region.values}
        made = product_parts(region, parts, read, number)
        return tuple(term for part in made for term in as_combination(part))

    def _note(self, eq: Equation, what: str, size: float) -> None:
        """Note an assumption."""
        place = f" at {eq.source}" if eq.source else ""
        text = f"{eq.name}{place} {what}"
        self.notes[text] = max(size, self.notes.get(text, 0.0))

    def _rule(self, eq: Equation, operands: Sequence[_LiveValue], values: Values, changes):
        def store(n: int, combination: LinearCombination) -> None:
            values[eq.inputs[n]] = values[eq.inputs[n]]._replace(combination=combination)

        def measured_change(n: int | None) -> list[np.ndarray] | None:
            return changes.get(eq.outputs[0] if n is None else eq.inputs[n])

        program = self.traced.program
        site = Site(
            eq,
            [operand.combination for operand in operands],
            program=program,
            values=[operand.value for operand in operands],
            fixed=[i not in program.dependent and i not in self.random for i in eq.inputs],
            store=store,
            note=partial(self._note, eq),
            measured_change=measured_change,
            note_gate=self._note_gate,
        )
        return ENERGY(site)


class _LiveValue(NamedTuple):
    """A value that a later equation reads.

    Attributes:
        value: in the forward pass.
        combination: of sources; None where no gradient arrives.
    """

    value: Any
    combination: LinearCombination | None = None


Values = dict[int, _LiveValue]


def _moves(size: float) -> str:
    """A sentence on the size of an assumption."""
    if not np.isfinite(size):
        return "by how much it moves sigma is not known: measure"
    return f"may move sigma by {size:.2g} %"
