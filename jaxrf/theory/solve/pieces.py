"""Whether one law explains pieces that are laid side by side.

Padding by copies (reflected, circular, of the edge), a roll, tiles with the right halo: there one
law goes on through all pieces. Heads of several levels, or tiles whose halo is too small, lie side
by side as well, and have none.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from jaxrf.geometry.interval_arrays import centers, filled

__all__ = ["Pieces"]


@dataclass(frozen=True)
class Pieces:
    """The positions of concatenated pieces.

    Attributes:
        dim: dimension along which they lie.
        lengths: of the pieces.
        base: number of the piece whose law is asked about.
        length: of the input axis.
    """

    dim: int
    lengths: tuple[int, ...]
    base: int
    length: int

    def share_law(self, law: np.ndarray, pieces: np.ndarray, exact: np.ndarray) -> bool:
        """Whether intervals by the law agree with those of the pieces, and with what is read.

        Inside the image they must be equal. Outside it, a piece is padding: it sees as much as the
        law says, elsewhere, and moves there as the base does.

        Args:
            law: intervals by the law of the base, for all pieces.
            pieces: the intervals that they have themselves.
            exact: the real inputs that they see.
        """
        law, pieces, exact = np.broadcast_arrays(law, pieces, exact)
        some, moved = filled(exact), (law != pieces).any(0)
        inside = (law[0] >= 0) & (-law[1] < self.length)
        if (some & ~filled(law)).any() or (some & inside & moved).any():
            return False
        beyond = some & ~inside & moved
        if beyond.any():
            size, other = (-(s[0] + s[1]) for s in (law, pieces))
            if (beyond & (other > size)).any() or not self._keeps_pace(pieces, some):
                return False
        short = some & inside & (law != exact).any(0)
        return not any(short.take(row, self.dim).any() for row in self._borders(some))

    def _starts(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.lengths)])

    def _keeps_pace(self, pieces: np.ndarray, some: np.ndarray) -> bool:
        """Whether no piece moves in larger steps than the base."""
        steps = np.abs(np.diff(centers(pieces), axis=self.dim))
        valid = some.take(range(1, some.shape[self.dim]), self.dim)
        valid = valid & some.take(range(some.shape[self.dim] - 1), self.dim)
        steps = np.where(valid, steps, 0)
        starts = self._starts()
        largest = [
            int(steps.take(range(first, last - 1), self.dim).max(initial=0))
            for first, last in itertools.pairwise(starts)
        ]
        return all(step <= largest[self.base] for step in largest)

    def _borders(self, some: np.ndarray) -> list[int]:
        """The outputs on both sides of every border between two pieces that see something."""
        here = np.asarray(some.any(tuple(d for d in range(some.ndim) if d != self.dim)))
        starts = [s for s, n in zip(self._starts(), self.lengths, strict=False) if n and s]
        return [row for s in starts if here[s - 1] and here[s] for row in (s - 1, s)]
