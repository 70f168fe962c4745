"""Whether a reshape fits every length: as many elements before as after.

The number of elements is a product of dimension expressions, a polynomial in the free counts. Two
polynomials that agree at more points of a line than their degree agree all along it; a second line
in another direction keeps lengths apart that happen to agree on the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from jaxrf.theory.sizes.affine import Affine, evaluate

__all__ = ["counts_agree", "differing"]

_POINTS = 9  # more than the degree: the number of dimensions that are not the same on both sides


def differing(
    before: Sequence[Any], after: Sequence[Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lengths that stand on one side only, as text, without those of 1.

    >>> differing((1, "n", 3), (3, "n"))
    ((), ())
    >>> differing((1, "n", "m"), (224, 224))
    (('m', 'n'), ('224', '224'))
    """
    left, right = (Counter(str(n) for n in shape if str(n) != "1") for shape in (before, after))
    sides = (left - right, right - left)
    return tuple(sorted(sides[0].elements())), tuple(sorted(sides[1].elements()))


def counts_agree(before: Sequence[str], after: Sequence[str], at: Mapping[str, Affine]) -> bool:
    """Whether both sides have as many elements whatever the free counts are.

    >>> n = {"n": Affine(64, (("k", 2),))}
    >>> counts_agree(["n"], ["2", "floordiv(n, 2)"], n), counts_agree(["n"], ["64"], n)
    (True, False)

    Args:
        before: lengths as dimension expressions.
        after: the same.
        at: the value of every name in them; what cannot be read agrees with nothing.
    """
    names = sorted({name for value in at.values() for name, _ in value.slopes})
    for direction in (1, 2):
        for point in range(_POINTS):
            counts = {name: point * (1 + direction * i) + i for i, name in enumerate(names)}
            fixed = {name: Affine(_at(value, counts)) for name, value in at.items()}
            products = [_product(side, fixed) for side in (before, after)]
            if None in products or products[0] != products[1]:
                return False
    return True


def _at(value: Affine, counts: Mapping[str, int]) -> int:
    return value.constant + sum(slope * counts[name] for name, slope in value.slopes)


def _product(lengths: Sequence[str], at: Mapping[str, Affine]) -> int | None:
    values = [evaluate(text, at) for text in lengths]
    if any(v is None or v.slopes for v in values):
        return None
    return prod(v.constant for v in values if v is not None)
