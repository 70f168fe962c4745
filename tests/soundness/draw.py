"""What a drawn program is, and the dice that families draw with.

A program is a list of pieces of source text. Every piece turns the variable ``x``, float32
[1, length, channels], into another array of the same shape, so that any piece can be left out and
what remains is still a program: a failure shrinks to the few lines that make it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["Draw", "Piece", "Program", "Wrap", "fit"]


@dataclass(frozen=True)
class Wrap:
    """Pieces inside a function ``g`` of x, and the text that calls it.

    Attributes:
        pieces: the body of the function.
        call: what replaces x, e.g. ``x = jax.jit(g)(x)``.
    """

    pieces: tuple[Piece, ...]
    call: str


Piece = str | Wrap  # a piece of text may have several lines


def fit(y, like):
    """Any array as one of the shape and dtype of ``like``, its elements first and then those."""
    y = y.astype(like.dtype).ravel()
    return jnp.concatenate([y, like.ravel()])[: like.size].reshape(like.shape)


def text(pieces: Sequence[Piece]) -> str:
    """Source of a sequence of pieces."""
    lines = []
    for piece in pieces:
        if isinstance(piece, str):
            lines.append(piece)
        else:
            body = text(piece.pieces) + "\nreturn x"
            lines.append(f"def g(x):\n{indent(body.lstrip(), '    ')}\n{piece.call}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Program:
    """One drawn program.

    Attributes:
        name: seed and number, from which it can be drawn again.
        shape: of its input.
        pieces: its source.
        family: of which kind it is.
        simplified: whether it is analysed under ``jax_use_simplified_jaxpr_constants``.
    """

    name: str
    shape: tuple[int, ...]
    pieces: tuple[Piece, ...]
    family: str
    simplified: bool

    @property
    def source(self) -> str:
        """``def f(x)``; the weights are what ``w(number, shape, dtype)`` returns."""
        return "def f(x):\n" + indent(text(self.pieces) + "\nreturn x", "    ")

    def build(self, w: Callable) -> Callable:
        """The function, with ``w(number, shape, dtype)`` for its weights."""
        space: dict[str, Any] = {"jax": jax, "jnp": jnp, "lax": lax, "np": np, "fit": fit, "w": w}
        exec(compile(self.source, f"<program {self.name}>", "exec"), space)
        return space["f"]

    def __str__(self) -> str:
        return f"program {self.name} ({self.family}), input {self.shape}:\n{self.source}"


class Draw:
    """Dice, and the shape that the drawn program keeps.

    Attributes:
        rng: where everything comes from.
        length: tokens of x.
        channels: of x.
    """

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.length = int(rng.choice([4, 5, 6, 6, 8]))
        self.channels = int(rng.choice([1, 1, 2]))
        self._names = 0
        self._weights = 0

    def pick(self, *options):
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, p: float) -> bool:
        """Whether something of probability ``p`` happens."""
        return bool(self.rng.random() < p)

    def integer(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def integers(self, low: int, high: int, count: int) -> list[int]:
        """Several of them."""
        return [self.integer(low, high) for _ in range(count)]

    def name(self, stem: str) -> str:
        """A variable that no other piece uses."""
        self._names += 1
        return f"{stem}{self._names}"

    def weight(self, *shape: int, dtype: str = "float32") -> str:
        """Text for a weight of its own: captured in the model, drawn anew by the truth."""
        self._weights += 1
        return f"w({self._weights}, {shape}, {dtype!r})"

    def bools(self, *shape: int) -> str:
        """Text for a bool array that the code itself contains."""
        return f"np.array({(self.rng.random(shape) < 0.5).tolist()})"

    def mask(self) -> str:
        """Text for a known mask, bool [length, length]."""
        n, k = self.length, self.integer(-1, 1)
        rows, columns = f"jnp.arange({n})[:, None]", f"jnp.arange({n})"
        return self.pick(
            f"jnp.tril(jnp.ones(({n}, {n}), bool), {k})",
            f"jnp.triu(jnp.ones(({n}, {n}), bool), {k})",
            f"({rows} >= {columns} + {k})",
            f"(jnp.abs({rows} - {columns}) <= 1)",
            f"({rows} // 2 == {columns} // 2)",
            f"(lax.broadcasted_iota('int32', ({n}, {n}), 0) % 2 == {columns} % 2)",
            f"jnp.eye({n}, dtype=bool)",
            self.bools(n, n),
            f"jnp.asarray({self.bools(n, n)}.astype('int8')).astype(bool)",
            f"(jnp.asarray({self.bools(n, n)}.astype('int32')) > 0)",
        )
