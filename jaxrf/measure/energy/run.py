"""Read the flat program once more: the values of a forward pass, and the forms beside them.

The forward pass decides the gates (the mean of f'(x)^2 of an activation), the scales of
normalisations and the mean squares of weights, all from one draw of the initialiser; the forms are
linear in the energy of the input, so that ``jax.vjp`` can read them backwards.
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
from jaxrf.measure.energy.common import lifted, parted
from jaxrf.measure.energy.form import Form, Source, identity
from jaxrf.measure.energy.forward import forward, held
from jaxrf.measure.energy.needed import Needed, needed
from jaxrf.measure.energy.normalizing import MEASURING, NORMALIZING
from jaxrf.measure.energy.products import Stretch, product_parts
from jaxrf.measure.energy.reused import REUSED, REUSED_SIZE, reused
from jaxrf.measure.energy.settling import settled
from jaxrf.measure.energy.site import ENERGY, MIXES_AGAIN, UNKNOWN, Site
from jaxrf.measure.energy.tangent import Tangents
from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.execute import drawn_inputs
from jaxrf.program.reading import interpret
from jaxrf.program.slices import forward_slice, reads
from jaxrf.program.trace import Traced

__all__ = ["Shadow"]

GATES = "gates that change smoothly are taken as independent of the weights before them"
GATES_EACH, GATES_LEAST, GATES_MOST = 20.0, 1.5, 12.0  # per cent of sigma, docs/prediction.md
PRODUCT_SIZE = 6.0  # per cent of sigma: four blocks of a vision transformer are 5 % too wide
_LONGEST = 1500  # equations worth compiling: unrolled loops of thousands take XLA minutes


@dataclass(eq=False)
class Shadow:
    """The energy of one end-point as a linear function of that of the input.

    Attributes:
        traced: the model.
        target: value number of the end-point.
        source: value number of the input.
        calibrate: run the model forward; else pre-activations are standard normal.
        seed: of weights and inputs.
        images: [N, *shape without batch] inputs in place of drawn ones; None: standard normal.
        notes: assumptions found so far, in order: in words -> the per cent of sigma that it may
            move, inf where nothing is known.
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
        """The notes as sentences, each with by how much it may move sigma."""
        return tuple(f"{what}; {_moves(size)}" for what, size in self.notes.items())

    def drawn(self, n: int) -> dict[int, np.ndarray]:
        """Weights and inputs to calibrate draw ``n`` with: value number -> array."""
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
        """Values that a drawn weight or another input decides: they differ between two draws."""
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
            number: of the draw: every one has random signs of its own.
        """
        program, part = self.traced.program, self._needed
        for eq in self._reused:
            self._say(eq, REUSED, REUSED_SIZE)
        changes = self._tangents(drawn, self.seed + number) if self._tangents else {}
        values = {i: _Held(value) for i, value in (held(program.constants) | drawn).items()}
        start = identity(Source(energy, program.shapes[self.source]))
        values[self.source] = values[self.source]._replace(form=start)

        def step(eq: Equation, operands: Sequence[_Held]) -> list[_Held]:
            out = eq.outputs[0]
            forms: Sequence[Form | None] = [None] * len(eq.outputs)
            if stretch := part.stretches.get(out):
                forms = [self._product(stretch, values, number)]
            elif any(o.form is not None for o in operands) and out not in part.inside:
                forms = self._rule(eq, operands, values, changes)
            results = self._forward(eq, [o.value for o in operands])
            return [_Held(v, form or None) for v, form in zip(results, forms, strict=True)]

        interpret(part.equations, values, step, last=part.last)
        self._say_gates()
        shape, form = program.shapes[self.target], values[self.target].form
        if form is None:
            return jnp.zeros(shape)
        return jnp.broadcast_to(settled(form, shape).energy, shape)

    def _gate(self, source: Source) -> None:
        if source.profile is not None:
            self._gates[source] = float(np.var(source.profile[1]))

    def _say_gates(self) -> None:
        """How much gates that know the weights before them may matter, over all of them.

        The fewer weights made a value, the more each decides both the gate and what passes it: a
        share of 2/n of n weights, which is the variance of the channels' mean squares.
        """
        size = min(GATES_MOST, GATES_EACH * sum(self._gates.values()))
        self._gates.clear()
        if size > GATES_LEAST:
            self.notes[GATES] = max(size, self.notes.get(GATES, 0.0))

    @cached_property
    def _tangents(self) -> Tangents | None:
        """What measures normalisations; None where there is nothing to measure."""
        equations, dependent = self._needed.equations, self.traced.program.dependent
        scales = [
            eq for eq in equations if eq.name in MEASURING and dependent.issuperset(eq.inputs)
        ]
        if not (self.calibrate and scales):  # a gate is a product too, but of no root
            return None
        if len(equations) > _LONGEST:
            return None
        measured = [
            eq for eq in equations if eq.name in NORMALIZING and dependent.issuperset(eq.inputs)
        ]
        return Tangents(self.traced.program, equations, self.source, measured)

    @cached_property
    def _reused(self) -> list[Equation]:
        return reused(self.traced.program, self._needed.equations)

    @cached_property
    def _needed(self) -> Needed:
        return needed(self.traced.program, self.target)

    def _forward(self, eq: Equation, values: list[Any]) -> list[Any]:
        """Results of the forward pass."""
        seen = reads(eq, self.traced.program.dependent)
        return forward(eq, values, normal=seen and not self.calibrate)

    def _product(self, stretch: Stretch, values: Values, number: int) -> Form:
        """The energy of a product of values of the input, from the weights before it."""
        product = stretch.equations[-1]
        self._say(
            product,
            "multiplies values of the input: what it passes is that of these draws",
            PRODUCT_SIZE,
        )
        shapes = self.traced.program.shapes
        parts = [
            parted(values[i].form or (), shapes[i], range(len(shapes[i]))) for i in stretch.sources
        ]
        if any(part.source.mixed for of_source in parts for part in of_source):
            self._say(product, MIXES_AGAIN, PRODUCT_SIZE)
        read = {i: values[i].value for i in stretch.values}
        made = product_parts(stretch, parts, read, number)
        return tuple(term for part in made for term in lifted(part))

    def _say(self, eq: Equation, what: str, size: float) -> None:
        """Note an assumption."""
        place = f" at {eq.source}" if eq.source else ""
        text = f"{eq.name}{place} {what}"
        self.notes[text] = max(size, self.notes.get(text, 0.0))

    def _rule(self, eq: Equation, operands: Sequence[_Held], values: Values, changes):
        def keep(n: int, form: Form) -> None:
            values[eq.inputs[n]] = values[eq.inputs[n]]._replace(form=form)

        def change(n: int | None) -> list[np.ndarray] | None:
            return changes.get(eq.outputs[0] if n is None else eq.inputs[n])

        program = self.traced.program
        site = Site(
            eq,
            [operand.form for operand in operands],
            program=program,
            values=[operand.value for operand in operands],
            fixed=[i not in program.dependent and i not in self.random for i in eq.inputs],
            keep=keep,
            say=partial(self._say, eq),
            change=change,
            gate=self._gate,
        )
        return ENERGY(site)


class _Held(NamedTuple):
    """What is kept of a value while something still reads it.

    Attributes:
        value: in the forward pass.
        form: what it is of the input; None where no gradient arrives.
    """

    value: Any
    form: Form | None = None


Values = dict[int, _Held]


def _moves(size: float) -> str:
    """The size of an assumption in words."""
    if not np.isfinite(size):
        return "by how much it moves sigma is not known: measure"
    return f"may move sigma by {size:.2g} %"
