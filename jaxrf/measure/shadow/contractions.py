"""Matrix products: dense layers, known matrices (image resizing), attention."""

from __future__ import annotations

from math import prod

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.shadow.common import Part, lifted, parted
from jaxrf.measure.shadow.form import Form, Source, shares
from jaxrf.measure.shadow.registry import GIVEN, UNKNOWN, Operand, Site, rule


@rule("dot_general")
def dot(site: Site) -> list[Operand]:
    """A known matrix composes; random weights count by their mean square; products add up."""
    parts: Form = ()
    for n in list(site.dependent):
        if site.fixed[1 - n]:
            mapped = _known(site, n)
            if mapped is None:
                site.say(GIVEN, UNKNOWN)
            parts += _random(site, n) if mapped is None else mapped
        else:
            parts += _random(site, n)
    return [parts]


def _known(site: Site, n: int) -> Form | None:
    """A known matrix along one axis; None for anything else."""
    (contracted, batch) = site.params["dimension_numbers"]
    axes, others = contracted[n], contracted[1 - n]
    matrix = np.asarray(site.values[1 - n], np.float64)
    if len(axes) != 1 or batch[0] or matrix.ndim != 2:
        return None
    matrix = matrix.T if others[0] == 0 else matrix
    form = site.mix(site.scaled_evenly(n), axes[0], matrix)
    rank = len(site.shapes[n])
    free = [d for d in range(rank) if d != axes[0]]
    order = [*free, axes[0]] if n == 0 else [axes[0], *free]
    return tuple(
        type(t)(t.source, t.matrices, tuple(t.layout[d] for d in order), t.scale) for t in form
    )


def _random(site: Site, n: int) -> Form:
    """Energy against mean squares: E y^2 = sum over what is contracted of E w^2 E x^2."""
    (contracted, batch) = site.params["dimension_numbers"]
    rank = len(site.shapes[n])
    free = [d for d in range(rank) if d not in contracted[n] and d not in batch[n]]
    form: Form = ()
    for part in parted(site.form(n), site.shapes[n], free):
        source = _through(site, n, part.source, free)
        first = len(batch[n]) + (0 if n == 0 else _new(site, n))
        same = frozenset(first + free.index(d) for d in part.same)
        form += lifted(Part(source, same))
    return form


def _new(site: Site, n: int) -> int:
    """Axes of the result that the weights bring."""
    (contracted, _) = site.params["dimension_numbers"]
    return len(site.equation.out_shapes[0]) - len(site.shapes[n]) + len(contracted[n])


def _through(site: Site, n: int, source: Source, free: list[int]) -> Source:
    """The energy of a source behind the weights."""
    eq, shape, energy = site.equation, site.shapes[n], source.energy
    (contracted, batch) = site.params["dimension_numbers"]
    weights = np.asarray(site.values[1 - n], np.float64) ** 2
    axes, front = contracted[n], list(batch[n])
    shared = shares(site.form(n), [*front, *free])
    open_ = site.facts.nonzero(1 - n)
    if open_ is not None:  # masked weights
        squares = weights.mean() / open_.mean() * np.broadcast_to(open_, weights.shape)
        full = jnp.broadcast_to(energy, shape)
        pair = (full, jnp.asarray(squares)) if n == 0 else (jnp.asarray(squares), full)
        params = {**eq.params, "preferred_element_type": None, "precision": None}
        return Source(eq.primitive.bind(*pair, **params), eq.out_shapes[0], True)
    repeats = prod(shape[d] for d in axes if energy.shape[d] == 1)
    energy = energy.sum(tuple(axes), keepdims=True) * (repeats * float(weights.mean()))
    energy = jnp.transpose(energy, [*front, *free, *axes])
    lengths = list(energy.shape[: len(front) + len(free)])
    at = len(lengths) if n == 0 else len(front)
    lengths[at:at] = [1] * _new(site, n)
    return Source(energy.reshape(lengths), eq.out_shapes[0], shared)
