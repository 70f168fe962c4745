"""A value as a linear combination of sources whose gradients do not correlate.

A *source* holds one energy per element: the expected squared gradient that arrives there. Different
elements of a source, and different sources, have uncorrelated gradients of mean zero, because
independent weights stand before them. Between sources the network is deterministic: a value is

    y = sum_k  c_k * (A_k1 x A_k2 x ...) s_k        (one matrix per axis of the source s_k)

and its energy is that of the *composed* coefficients, squared:

    E y^2 = sum over pairs k, l of one source:  <c_k c_l> (A_k1 o A_l1) x (A_k2 o A_l2) ... E s^2

with o the elementwise product and <> the mean over elements. Two average pools in a row, a bilinear
resize or ``x - blur(x)`` come out exactly; squaring each step alone would not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np

__all__ = [
    "LinearCombination",
    "Source",
    "Term",
    "as_rows",
    "channel_profile",
    "identity",
    "is_correlated",
    "mean_scale",
    "mixes",
    "normalizer",
    "scalar_if_uniform",
]

# [outputs, inputs]; None: the identity. A single row is the row of every output.
Matrix = np.ndarray | None
_LITTLE = 0.05  # share of the energy below which a mean scale counts as zero
Coefficient = float | np.ndarray


@dataclass(frozen=True, eq=False)
class Source:
    """Elements with uncorrelated gradients.

    Attributes:
        energy: float64, of the value's rank; length 1 along every axis it does not vary along.
        shape: of the value.
        correlated: whether neighbours share ancestors after all, so that averaging them again is
            only approximately right. Weights between two averages do not change that where they
            are the same at every place: of pool, 1x1, pool, the two pools compose before they are
            squared.
        normalizer: ("rsqrt" | "sqrt", number of elements) of a scale that a normalisation may have
            taken from the input itself; None for any other value.
        channel_profile: (axis, [its length]): the relative energy that the drawn weights give to
            every channel, of mean 1. Channels with large weights have large values too, and so
            gates of their own. ``energy`` is the mean over channels; gates are averaged with these
            weights.
    """

    energy: jax.Array
    shape: tuple[int, ...]
    correlated: bool = False
    normalizer: tuple[str, int] | None = None
    channel_profile: tuple[int, np.ndarray] | None = None


@dataclass(frozen=True, eq=False)
class Term:
    """A source, mapped axis by axis and scaled.

    Attributes:
        source: that is mapped.
        matrices: one per axis of the source.
        layout: per axis of the value, the axis of the source that it follows; None: broadcast. Axes
            of the source that no axis follows have one output.
        scale: a number, or an array of the value's shape: the derivative element by element.
        per_element: (axis of the source, axis of the value or None) of a map that differs from
            element to element, such as a decay of its own in every channel; None for any other
            map. The scale then has one axis more, over that axis of the source, which has no
            matrix and which nothing in the layout follows. The places along the axis of the value
            must not be averaged.
    """

    source: Source
    matrices: tuple[Matrix, ...]
    layout: tuple[int | None, ...]
    scale: Coefficient = 1.0
    per_element: tuple[int, int | None] | None = None

    def scaled(self, factor: Coefficient) -> Term:
        """The term times a number, or an array of the value's shape."""
        if isinstance(self.scale, float) and isinstance(factor, float):
            return replace(self, scale=self.scale * factor)
        if self.per_element is None:
            return replace(self, scale=scalar_if_uniform(np.multiply(self.scale, factor)))
        factor = factor if isinstance(factor, float) else np.expand_dims(factor, -1)
        return replace(self, scale=np.multiply(self.scale, factor))

    def with_matrix(self, axis: int, matrix: Matrix) -> Term:
        """The term with another matrix along an axis of the source."""
        return replace(self, matrices=(*self.matrices[:axis], matrix, *self.matrices[axis + 1 :]))


LinearCombination = tuple[Term, ...]


def identity(source: Source) -> LinearCombination:
    """A value that is the source itself."""
    rank = len(source.shape)
    return (Term(source, (None,) * rank, tuple(range(rank))),)


def scalar_if_uniform(scale: Coefficient) -> Coefficient:
    """A scale as one number, where all of its elements are the same."""
    if isinstance(scale, float):
        return scale
    if not np.size(scale):
        return 0.0  # nothing is scaled
    low, high = float(np.min(scale)), float(np.max(scale))
    return low if low == high else scale


def mixes(matrix: Matrix) -> bool:
    """Whether some output reads several inputs."""
    return matrix is not None and bool((np.count_nonzero(matrix, axis=1) > 1).any())


def is_correlated(combination: LinearCombination, axes: Iterable[int]) -> bool:
    """Whether elements at different places along some axes of a value have ancestors in common.

    They have where windows overlap, rows repeat, or several terms read different places. Random
    weights that read a window do not change that: they are the same at every place.
    """
    if any(t.source.correlated for t in combination):
        return True
    for axis in axes:
        along = [_reads(t, axis) for t in combination]
        if any(_overlaps(m) for m in along) or any(m is not along[0] for m in along):
            return True
    return False


def _reads(term: Term, axis: int) -> Matrix:
    """The matrix from the places that are read to those along an axis of the value."""
    if term.per_element is not None and term.per_element[1] == axis:
        others = tuple(d for d in range(np.ndim(term.scale) - 1) if d != axis)
        return np.any(np.asarray(term.scale) != 0, others).astype(float)
    follows = term.layout[axis]
    return None if follows is None else term.matrices[follows]


def _overlaps(matrix: Matrix) -> bool:
    """Whether some input is read by several outputs."""
    if matrix is None:
        return False
    reads = matrix != 0
    return bool((reads.sum(0) > 1).any()) or (len(matrix) == 1 and matrix.shape[1] > 1)


def as_rows(
    term: Term, axis: int, place: int | None, shape: Sequence[int], limit: float = np.inf
) -> np.ndarray | None:
    """The coefficients of a term along one axis of its source, for every element of the value.

    Args:
        term: of the value.
        axis: of the source.
        place: axis of the value that follows it; None: no axis does.
        shape: of the value.
        limit: largest number of coefficients.

    Returns:
        [*shape, length of the axis], where all axes but ``place`` may have length 1; None where
        the coefficients do not fit into such an array, or are more than the limit.
    """
    length = term.source.shape[axis]
    if term.per_element is not None:
        same = term.per_element[0] == axis and term.per_element[1] in (None, place)
        return np.asarray(term.scale) if same else None
    followers = [a for a, d in enumerate(term.layout) if d == axis]
    if followers not in ([], [place]):
        return None
    matrix = term.matrices[axis]
    if matrix is None and (followers or length == 1):
        matrix = np.eye(length)
    if matrix is None or (not followers and len(matrix) != 1):
        return None
    scale = np.asarray(term.scale)
    if isinstance(term.scale, float):
        scale = np.full((1,) * len(shape), term.scale, np.float32)
    lengths = [len(matrix) if d == place and followers else 1 for d in range(len(shape))]
    if np.prod(np.broadcast_shapes(scale.shape, tuple(lengths))) * length > limit:
        return None
    return scale[..., None] * matrix.astype(np.float32).reshape(*lengths, length)


def normalizer(combination: LinearCombination) -> tuple[str, int] | None:
    """The mark of the first source that may normalise; None where there is none."""
    return next((t.source.normalizer for t in combination if t.source.normalizer), None)


def channel_profile(term: Term) -> np.ndarray | None:
    """The channel profile of a term's source, in the rank of the value.

    None where all channels get the same, as those do that a known matrix has mixed.
    """
    if term.source.channel_profile is None:
        return None
    axis, line = term.source.channel_profile
    if axis not in term.layout or term.matrices[axis] is not None:
        return None
    place = term.layout.index(axis)
    return line.reshape([-1 if d == place else 1 for d in range(len(term.layout))])


def mean_scale(term: Term) -> float:
    """The mean scale of all elements; 0 where it is negligible beside how much scales differ."""
    mean = float(np.mean(term.scale))
    return mean if mean**2 > _LITTLE * float(np.mean(np.square(term.scale))) else 0.0
