"""Read the flat program once more: the values of a forward pass, and the forms beside them.

The forward pass decides the gates (the mean of f'(x)^2 of an activation), the scales of
normalisations and the mean squares of weights, all from one draw of the initialiser; the forms are
linear in the energy of the input, so that ``jax.vjp`` can read them backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import ndtri

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.measure.shadow.form import Form, Source, identity, settled
from jaxrf.measure.shadow.registry import RULES, Site, evenly
from jaxrf.trace import compat
from jaxrf.trace.evaluate import evaluate
from jaxrf.trace.execute import drawn_inputs
from jaxrf.trace.facts import Facts
from jaxrf.trace.program import Equation
from jaxrf.trace.trace import Traced

__all__ = ["Shadow"]

_WEIGHTED = ("conv_general_dilated", "dot_general")


@dataclass(eq=False)
class Shadow:
    """The energy of one end-point as a linear function of that of the input.

    Attributes:
        traced: the model.
        target: value number of the end-point.
        source: value number of the input.
        calibrate: run the model forward; else pre-activations are standard normal.
        seed: of weights and inputs.
        given: weights in place of drawn ones, as the model takes them; None: drawn.
        images: [N, ...] inputs in place of drawn ones; None: standard normal.
        notes: assumptions found so far, in order.
    """

    traced: Traced
    target: int
    source: int
    calibrate: bool
    seed: int
    given: Any = None
    images: np.ndarray | None = None
    notes: dict[str, None] = field(default_factory=dict)

    def drawn(self, n: int) -> dict[int, np.ndarray]:
        """Weights and inputs to calibrate draw ``n`` with: value number -> array."""
        found = self._random_arguments(n)
        program = self.traced.program
        if self.given is not None:
            rest = [i for i in program.arguments if i not in program.inputs]
            leaves = jax.tree.leaves(self.given)
            shapes = [program.shapes[i] for i in rest]
            if [np.shape(leaf) for leaf in leaves] != shapes:
                raise InvalidInput(
                    f"variables: got {len(leaves)} arrays, need the {len(rest)} of the model's own "
                    "initialiser, in its structure and shapes"
                )
            found |= dict(zip(rest, map(np.asarray, leaves), strict=True))
            self.notes["weights are given: taken as independent; trained ones must be measured"] = (
                None
            )
        if self.images is not None:
            image = self.images[n % len(self.images)][None]
            found[self.source] = image.astype(found[self.source].dtype)
        return found

    def _random_arguments(self, n: int) -> dict[int, np.ndarray]:
        program, key = self.traced.program, jax.random.key(self.seed)
        weights, inputs = jax.random.split(jax.random.fold_in(key, n))
        with compat.float32():
            leaves = jax.tree.leaves(self.traced.draw(weights))
            given = drawn_inputs(self.traced, inputs)
        found = dict(zip(program.inputs, map(np.asarray, given), strict=True))
        rest = (i for i in program.arguments if i not in found)
        return {**found, **dict(zip(rest, map(np.asarray, leaves), strict=True))}

    @cached_property
    def random(self) -> frozenset[int]:
        """Values that a drawn weight or another input decides: they differ between two draws."""
        program, one, other = self.traced.program, *map(self._random_arguments, (0, 1))
        found = {i for i, value in one.items() if not np.array_equal(value, other[i])}
        found |= set(program.inputs) - {self.source}
        for eq in program.equations:
            if not found.isdisjoint(eq.inputs):
                found.update(eq.outputs)
        return frozenset(found)

    def __call__(self, energy: jax.Array, drawn: dict[int, np.ndarray]) -> jax.Array:
        """The energy of every element of the end-point.

        Args:
            energy: of the input; length 1 along axes that it does not vary along.
            drawn: weights and inputs to calibrate with.
        """
        program = self.traced.program
        start = identity(Source(energy, program.shapes[self.source]))
        forms: dict[int, Form] = {self.source: start}
        values: dict[int, np.ndarray] = {
            **{i: np.asarray(v) if _plain(v) else v for i, v in program.constants.items()},
            **drawn,
        }
        needed, last = self._needed()
        for eq in needed:
            if any(i in forms for i in eq.inputs):
                results = self._rule(eq, forms, values)
                forms.update((i, form) for i, form in zip(eq.outputs, results, strict=True) if form)
            values.update(zip(eq.outputs, self._values(eq, values), strict=True))
            for i in last[id(eq)]:
                values.pop(i, None)
                forms.pop(i, None)
        shape = program.shapes[self.target]
        if self.target not in forms:
            return jnp.zeros(shape)
        return jnp.broadcast_to(settled(forms[self.target], shape).energy, shape)

    def _needed(self) -> tuple[list[Equation], dict[int, list[int]]]:
        """The equations behind the end-point, and the values that each of them reads last."""
        wanted, needed, last = {self.target}, [], {}
        seen = {self.target}
        for eq in reversed(self.traced.program.equations):
            if wanted.isdisjoint(eq.outputs):
                continue
            wanted.update(eq.inputs)
            needed.append(eq)
            last[id(eq)] = [i for i in dict.fromkeys(eq.inputs) if i not in seen]
            seen.update(eq.inputs)
        return needed[::-1], last

    def _rule(self, eq: Equation, forms, values):
        def keep(n: int, form: Form) -> None:
            forms[eq.inputs[n]] = form

        def say(what: str) -> None:
            place = f" at {eq.source}" if eq.source else ""
            self.notes[f"{eq.name}{place} {what}"] = None

        program = self.traced.program
        site = Site(
            eq,
            [forms.get(i) for i in eq.inputs],
            [values[i] for i in eq.inputs],
            [i not in program.dependent and i not in self.random for i in eq.inputs],
            Facts(program, eq),
            keep,
            say,
        )
        return RULES.get(eq.name, evenly)(site)

    def _values(self, eq: Equation, values) -> list[np.ndarray]:
        """Results of the forward pass."""
        shape = eq.out_shapes[0]
        if not self.calibrate and eq.name in _WEIGHTED and self._sees_input(eq):
            return [_normal(shape, eq.outputs[0])]
        with compat.float32():
            found = _evaluated(eq, [values[i] for i in eq.inputs])
        if found is None:
            raise ModelError(
                f"forward pass: got an error from {eq.name} at {eq.source}, need values to "
                "calibrate with; measure instead (measure_erf)"
            )
        return found

    def _sees_input(self, eq: Equation) -> bool:
        """Whether the input can influence an equation."""
        return not self.traced.program.dependent.isdisjoint(eq.inputs)


def _evaluated(eq: Equation, operands: list) -> list | None:
    """Results; keys of random numbers (a dropout's mask), which numpy cannot hold, stay JAX's."""
    found = evaluate(eq, operands)
    if found is None:
        try:
            with jax.ensure_compile_time_eval():
                results = compat.bind(eq, *operands)
        except Exception:  # reported by the caller with the source line
            return None
        found = [np.asarray(r) if _plain(r) else r for r in results]
    return found


def _plain(value: Any) -> bool:
    return not jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended)


def _normal(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Standard normal values, as evenly spread as can be, in random order: rates are exact."""
    size = int(np.prod(shape))
    line = ndtri((np.arange(size) + 0.5) / size).astype(np.float32)
    return np.random.default_rng(seed).permutation(line).reshape(shape)
