"""Regions of a program that end in a product of two values of the input, such as attention.

    softmax(q k^T) v:   dy = J_q dq + J_k dk + J_v dv

Between the weights that made ``q``, ``k`` and ``v`` and the product, nothing is random: the
Jacobians are those of the program at the values of the calibrating pass, with all cancellation
in them (a softmax passes no change that is the same along its whole row). Changes of ``q``, ``k``
and ``v`` are uncorrelated, so that the energy is

    E y^2 = (J_q o J_q) e_q + (J_k o J_k) e_k + (J_v o J_v) e_v

with o the product element by element (:mod:`jaxrf.measure.energy.squared_jacobian`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.linear_combination import Source
from jaxrf.measure.energy.squared_jacobian import random_signs, squared_jacobian_product
from jaxrf.measure.energy.uncorrelated_parts import Part
from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.primitives import weighted
from jaxrf.program.replay import replayed

__all__ = ["ProductRegion", "product_parts", "product_regions"]

Seed = int | tuple[int, ...]
_MORE = (
    4.0  # times what chance makes common, for an axis to count as one that places share it along
)


@dataclass(frozen=True, eq=False)
class ProductRegion:
    """The equations between a product of two values of the input and the weights before it.

    Attributes:
        equations: in order of execution; the product is the last.
        sources: value numbers that it starts from: results of weights, or the input.
        read: value numbers of everything else that it reads: masks, biases, scales.
    """

    equations: tuple[Equation, ...]
    sources: tuple[int, ...]
    read: tuple[int, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """The numbers of all values that the region reads."""
        return self.sources + self.read


def product_regions(
    equations: Sequence[Equation], dependent: frozenset[int]
) -> tuple[dict[int, ProductRegion], frozenset[int]]:
    """The product regions of a program.

    Args:
        equations: in order of execution.
        dependent: values that the input can influence.

    Returns:
        Value number of a product -> the region that it ends; and the values that are read inside
        regions only, whose energy is not needed.
    """
    made = {i: eq for eq in equations for i in eq.outputs}
    readers: dict[int, list[Equation]] = {}
    for eq in equations:
        for i in eq.inputs:
            readers.setdefault(i, []).append(eq)
    found: dict[int, ProductRegion] = {}
    inside: set[int] = set()
    for eq in reversed(equations):
        if eq.name != "dot_general" or not dependent.issuperset(eq.inputs):
            continue
        if inside.issuperset(eq.outputs):
            continue
        region = _before(eq, made, dependent)
        found[eq.outputs[0]] = region
        for step in reversed(region.equations[:-1]):
            if all(_ends(r, eq, inside) for i in step.outputs for r in readers.get(i, ())):
                inside.update(step.outputs)
    return found, frozenset(inside)


def _ends(reader: Equation, product: Equation, inside: set[int]) -> bool:
    """Whether an equation that reads a value is the product, or inside a region itself."""
    return reader is product or inside.issuperset(reader.outputs)


def _before(
    product: Equation, made: dict[int, Equation], dependent: frozenset[int]
) -> ProductRegion:
    """The region that a product ends."""
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
    return ProductRegion(tuple(equations), tuple(sources), tuple(read))


def _weighted(eq: Equation, dependent: frozenset[int]) -> bool:
    return eq.name in weighted() and sum(i in dependent for i in eq.inputs) == 1


def product_parts(
    region: ProductRegion,
    parts: Sequence[Sequence[Part]],
    values: dict[int, np.ndarray],
    number: int = 0,
) -> list[Part]:
    """The parts of the product, their energies linear in those of the sources' parts.

    Args:
        region: that the product ends.
        parts: of every source.
        values: of everything that the region reads.
        number: of the draw, which has random signs of its own.
    """
    read = {i: values[i] for i in region.read}  # kept: they are read again backwards
    at = [jnp.asarray(values[i], jnp.float32) for i in region.sources]
    product = region.equations[-1]
    shape, seed = product.out_shapes[0], (product.outputs[0], number)

    def run(*changes):
        left = iter(changes)
        changed = {
            i: value + sum(next(left) for _ in of_source)
            for i, value, of_source in zip(region.sources, at, parts, strict=True)
        }
        return replayed(region.equations, read | changed)[product.outputs[0]]

    energies = [
        jnp.broadcast_to(part.source.energy, _lengths(part, value.shape))
        for value, of_source in zip(at, parts, strict=True)
        for part in of_source
    ]
    same = _shared(run, [e.shape for e in energies], shape, seed)
    if not same:
        (own,) = squared_jacobian_product(lambda *changes: (run(*changes),), seed, *energies)
        return [Part(Source(own, shape, True))]

    def apart(*changes):
        result = run(*changes)
        common = jnp.mean(result, same, keepdims=True)
        return result - common, common

    own, common = squared_jacobian_product(apart, seed, *energies)
    return [Part(Source(own, shape, True)), Part(Source(common, shape, True), frozenset(same))]


def _lengths(part: Part, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if d in part.constant_along else n for d, n in enumerate(shape))


def _shared(run, changed, shape, seed: Seed) -> tuple[int, ...]:
    """The axes of the result along which places share more than by chance."""
    rng = np.random.default_rng(seed)
    zeros = [jnp.zeros(c, jnp.float32) for c in changed]
    with compat.float32():
        change = np.asarray(
            jax.jvp(run, zeros, [random_signs(rng, np.ones(c)) for c in changed])[1]
        )
    squares = np.mean(np.square(change, dtype=np.float64))
    return tuple(
        d for d, n in enumerate(shape) if np.mean(change.mean(d) ** 2) > _MORE / n * squares
    )
