"""One rule of the energy prediction, run alone: what arrives, and what the rule passes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import LinearCombination, Source, Term, identity
from jaxrf.measure.energy.site import ENERGY, Site
from jaxrf.measure.energy.uncorrelated_parts import Part, as_combination
from jaxrf.program import compat
from jaxrf.program.trace import trace

__all__ = ["Arriving", "Passed", "arriving", "passed", "squares"]


@dataclass(frozen=True)
class Arriving:
    """A value of a network, as the prediction has it and as a plain matrix.

    Attributes:
        form: as rules see it.
        matrix: [elements of the value, elements of its source].
        energy: [elements of the source].
    """

    form: LinearCombination
    matrix: np.ndarray
    energy: np.ndarray


@dataclass
class Passed:
    """What a rule has passed on.

    Attributes:
        energies: per output, of its shape; None where no gradient arrives.
        forms: per output, as later rules see it.
        said: assumptions.
        kept: position of an operand -> the form that later equations are to see of it.
    """

    energies: list[np.ndarray | None] = field(default_factory=list)
    forms: list[LinearCombination | None] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    kept: dict[int, LinearCombination] = field(default_factory=dict)


def arriving(kind: str, shape: Sequence[int], seed: int = 0) -> Arriving:
    """A value of two axes or more in one of four kinds.

    Args:
        kind: "independent" elements; elements "blurred" along the last axis, so that neighbours
            share what they are made of; "gated" one by one, of which the mean square counts;
            "common": the same element all along the first axis.
        shape: of the value.
        seed: of the energies.
    """
    shape, rng = tuple(shape), np.random.default_rng(seed)
    energy, size = rng.uniform(1, 2, shape), int(np.prod(shape))
    source = Source(jnp.asarray(energy), shape)
    layout = tuple(range(len(shape)))
    if kind == "independent":
        return Arriving(identity(source), np.eye(size), energy.ravel())
    if kind == "blurred":
        blur = np.eye(shape[-1]) + 0.5 * np.eye(shape[-1], k=1)
        term = Term(source, (*(None,) * (len(shape) - 1), blur), layout)
        dense = np.kron(np.eye(size // shape[-1]), blur)
        return Arriving((term,), dense, energy.ravel())
    if kind == "gated":
        gates = (rng.random(shape) < 0.6) * rng.uniform(0.5, 2, shape)
        term = Term(source, (None,) * len(shape), layout, gates)
        return Arriving((term,), np.eye(size) * np.sqrt(np.mean(gates**2)), energy.ravel())
    assert kind == "common", kind
    line = energy[:1]
    form = as_combination(Part(Source(jnp.asarray(line), shape), frozenset([0])))
    return Arriving(form, np.tile(np.eye(line.size), (shape[0], 1)), line.ravel())


def passed(
    f: Callable,
    value: np.ndarray,
    form: LinearCombination,
    *,
    weights: np.ndarray | None = None,
    fixed: bool = True,
) -> Passed:
    """What the rule of the last equation of a function passes on.

    Args:
        f: of the input, and of drawn weights where there are some; all but the last equation are
            of the weights.
        value: of the input, in the calibrating forward pass.
        form: that arrives.
        weights: values of the second argument, which count as drawn.
        fixed: whether constants are; else they count as decided by the input.
    """
    shapes = [np.shape(value)] + ([] if weights is None else [np.shape(weights)])
    program = trace(f, shapes[0] if weights is None else [*shapes]).program
    *before, eq = program.equations
    values = {**program.constants, program.inputs[0]: value}
    if weights is not None:
        values[program.inputs[1]] = weights
    for other in before:
        made = compat.bind(other, *(values[i] for i in other.inputs))
        values |= zip(other.outputs, made, strict=True)
    found = Passed()
    site = Site(
        eq,
        [form if i == program.inputs[0] else None for i in eq.inputs],
        program=program,
        values=[np.asarray(values[i]) for i in eq.inputs],
        fixed=[fixed and i in program.constants for i in eq.inputs],
        store=found.kept.__setitem__,
        note=lambda what, size: found.said.append(what),
        measured_change=lambda n: None,
        note_gate=lambda source: None,
    )
    with compat.float64():
        found.forms = list(ENERGY.rules[eq.name](site))
        found.energies = [
            None if made is None else np.broadcast_to(as_source(made, shape).energy, shape)
            for made, shape in zip(found.forms, eq.out_shapes, strict=True)
        ]
    return found


def squares(f: Callable, value: np.ndarray, given: Arriving) -> np.ndarray:
    """The energy of every element of the output of a linear function, from its full Jacobian."""
    jacobian = np.asarray(jax.jacobian(f)(jnp.asarray(value, jnp.float32)), np.float64)
    shape = jacobian.shape[: jacobian.ndim - np.ndim(value)]
    dense = jacobian.reshape(-1, np.size(value)) @ given.matrix
    return (dense**2 @ given.energy).reshape(shape)
