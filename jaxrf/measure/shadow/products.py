"""Products of two values of the input (attention): the stretch of the program that they end.

    softmax(q k^T) v:   dy = J_q dq + J_k dk + J_v dv

Between the weights that made ``q``, ``k`` and ``v`` and the product nothing is random: the
Jacobians are those of the program at the values of the calibrating pass, with everything that
cancels in them (a softmax passes no change that its whole row has in common). Changes of ``q``,
``k`` and ``v`` are uncorrelated, so that the energy is

    E y^2 = (J_q o J_q) e_q + (J_k o J_k) e_k + (J_v o J_v) e_v

with o the product element by element. A Jacobian is never written out: J o J is the expected square
of what J makes of random signs, and its transpose that of J^T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.trace import compat
from jaxrf.trace.program import Equation

__all__ = ["WEIGHTED", "Stretch", "product_energy", "stretches"]

WEIGHTED = ("conv_general_dilated", "dot_general")
_SIGNS = 16  # draws of random signs


@dataclass(frozen=True, eq=False)
class Stretch:
    """What lies between a product of two values of the input and the weights before it.

    Attributes:
        equations: in order of execution; the product is the last.
        sources: value numbers that it starts from: results of weights, or the input.
        read: value numbers of all else that it reads: masks, biases, scales.
    """

    equations: tuple[Equation, ...]
    sources: tuple[int, ...]
    read: tuple[int, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """Everything that it reads."""
        return self.sources + self.read


def stretches(
    equations: Sequence[Equation], dependent: frozenset[int]
) -> tuple[dict[int, Stretch], frozenset[int]]:
    """The stretches of a program: result of a product -> what it ends; and what lies inside them.

    The second holds the values that are read inside stretches alone: nobody needs their energy.

    Args:
        equations: in order of execution.
        dependent: values that the input can influence.
    """
    made = {i: eq for eq in equations for i in eq.outputs}
    readers: dict[int, list[Equation]] = {}
    for eq in equations:
        for i in eq.inputs:
            readers.setdefault(i, []).append(eq)
    found: dict[int, Stretch] = {}
    inside: set[int] = set()
    for eq in reversed(equations):
        if eq.name != "dot_general" or not dependent.issuperset(eq.inputs):
            continue
        if inside.issuperset(eq.outputs):
            continue
        stretch = _before(eq, made, dependent)
        found[eq.outputs[0]] = stretch
        for step in reversed(stretch.equations[:-1]):
            if all(_ends(r, eq, inside) for i in step.outputs for r in readers.get(i, ())):
                inside.update(step.outputs)
    return found, frozenset(inside)


def _ends(reader: Equation, product: Equation, inside: set[int]) -> bool:
    """Whether what reads a value is the product, or inside a stretch itself."""
    return reader is product or inside.issuperset(reader.outputs)


def _before(product: Equation, made: dict[int, Equation], dependent: frozenset[int]) -> Stretch:
    """What a product ends."""
    sources: dict[int, None] = {}
    read: dict[int, None] = {}
    steps: dict[int, Equation] = {}
    todo = [product]
    while todo:
        eq = todo.pop()
        if eq.outputs[0] in steps:
            continue
        steps[eq.outputs[0]] = eq
        for i in eq.inputs:
            if i not in dependent:
                read[i] = None
            elif i not in made or _weighted(made[i], dependent):
                sources[i] = None
            else:
                todo.append(made[i])
    order = {id(eq): n for n, eq in enumerate(made.values())}
    equations = sorted(steps.values(), key=lambda eq: order[id(eq)])
    return Stretch(tuple(equations), tuple(sources), tuple(read))


def _weighted(eq: Equation, dependent: frozenset[int]) -> bool:
    return eq.name in WEIGHTED and sum(i in dependent for i in eq.inputs) == 1


def product_energy(
    stretch: Stretch, energies: Sequence[jax.Array], values: dict[int, np.ndarray]
) -> jax.Array:
    """E y^2 of the product, linear in the energies of the sources.

    Args:
        stretch: what the product ends.
        energies: of every source, in its shape.
        values: of everything that the stretch reads.
    """
    read = {i: values[i] for i in stretch.read}  # kept: they are read again backwards

    def run(*sources):
        known = read | dict(zip(stretch.sources, sources, strict=True))
        for eq in stretch.equations:
            results = compat.bind(eq, *(known[i] for i in eq.inputs))
            known.update(zip(eq.outputs, results, strict=True))
        return known[stretch.equations[-1].outputs[0]]

    at = tuple(jnp.asarray(values[i], jnp.float32) for i in stretch.sources)
    return _squared(run, at, stretch.equations[-1].outputs[0], *energies)


def _squared(run, at, seed: int, *energies: jax.Array) -> jax.Array:
    """(J o J) of a function at a point times energies; its transpose likewise."""

    @jax.custom_vjp
    def apply(*energies):
        def once(rng):
            changes = tuple(_signs(rng, e) for e in energies)
            return [jax.jvp(run, at, changes)[1]]

        return _mean_squares(once, seed)[0]

    def backwards(_, energy):
        back = jax.vjp(run, *at)[1]
        return tuple(_mean_squares(lambda rng: back(_signs(rng, energy)), seed))

    apply.defvjp(lambda *energies: (apply(*energies), None), backwards)
    return apply(*energies)


def _signs(rng: np.random.Generator, energy: jax.Array) -> jax.Array:
    """A random change of an energy: signs times its root."""
    root = np.sqrt(np.maximum(np.asarray(energy), 0))
    return jnp.asarray(root * rng.choice([-1, 1], root.shape), jnp.float32)


def _mean_squares(once, seed: int) -> list[jax.Array]:
    """Of what some draws of signs make, in float64."""
    rng = np.random.default_rng(seed)
    total: list[np.ndarray] = []
    for _ in range(_SIGNS):
        with compat.float32():
            made = [np.asarray(m, np.float64) ** 2 for m in once(rng)]
        total = [a + b for a, b in zip(total, made, strict=True)] if total else made
    return [jnp.asarray(t / _SIGNS) for t in total]
