"""Programs drawn at random from all families; number n of a seed is the same one every time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from soundness.draw import Draw, Piece, Program
from soundness.families.control import control, wrapped
from soundness.families.mapped import mapped, spectral, transforms
from soundness.families.masked import masked
from soundness.families.ordinary import ordinary
from soundness.families.references import callbacks, references
from soundness.families.rounding import resizing, rounding
from soundness.families.scattering import gathering, indexing, scattering
from soundness.families.stored import stored

__all__ = ["FAMILIES", "draw_program"]

FAMILIES: dict[str, Callable[[Draw], list[Piece]]] = {
    "references": references,
    "callbacks": callbacks,
    "masked": masked,
    "rounding": rounding,
    "resizing": resizing,
    "stored": stored,
    "control": control,
    "gathering": gathering,
    "scattering": scattering,
    "indexing": indexing,
    "mapped": mapped,
    "transforms": transforms,
}
# How often a family comes; what decides alone about zeros comes most.
_WEIGHTS = {"references": 4, "masked": 8, "rounding": 2, "stored": 2, "control": 2, "gathering": 2}
_WEIGHTS |= {"scattering": 2}


def draw_program(seed: int, n: int) -> Program:
    """Program number ``n`` of a seed: one or two adversarial families among ordinary operations."""
    rng = np.random.default_rng([seed, n])
    d = Draw(rng)
    names = list(FAMILIES)
    chances = np.array([_WEIGHTS.get(name, 1) for name in names], float)
    chosen = [str(rng.choice(names, p=chances / chances.sum())) for _ in range(d.pick(1, 1, 2))]
    pieces: list[Piece] = []
    for name in chosen:
        pieces += ordinary(d) if d.chance(0.35) else []
        made = FAMILIES[name](d)
        pieces += [wrapped(d, made)] if d.chance(0.25) else made
    pieces += ordinary(d) if d.chance(0.35) else []
    if d.chance(0.04):
        pieces += spectral(d)  # last, so that nothing makes more of its rounding
    elif d.chance(0.15):
        pieces.append(readout(d))
    shape = (1, d.length, d.channels)
    return Program(f"{seed}:{n}", shape, tuple(pieces), " + ".join(chosen), d.chance(0.3))


def readout(d: Draw) -> Piece:
    """An output of another shape or dtype."""
    n, c = d.length, d.channels
    return d.pick(
        "x = x.sum(2)",
        "x = x.reshape(-1)",
        "x = x[:, ::2]",
        "x = (x > 0)",
        "x = jnp.argmax(x, 2)",
        f"x = x.reshape(1, {c}, {n})",
        "x = (x * 8).astype('int8')",
        "x = x.astype('float16').swapaxes(0, 1)",
        "x = jnp.stack([x, x[:, ::-1]], 1)",
        f"x = x @ {d.weight(c, 3)}",
    )
