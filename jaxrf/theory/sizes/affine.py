"""Dimension expressions of JAX at one residue: exact integers, or linear in what is left free.

JAX writes the padding of a SAME convolution as ``floordiv(- 2*floordiv(- n, 2) - n + 1, 2)``. With
n = 32 k + 5 every division by a divisor of 32 comes out even or leaves a known rest, and the
padding is an integer. JAX has no public way to put a value into its expressions; but their text is
simple, so it is read and worked out here. What cannot be read has
no value, and nothing is said about it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["Affine", "evaluate", "integer"]


@dataclass(frozen=True)
class Affine:
    """``constant + sum(slope * name)`` over free names that are any integers from 0 on.

    Attributes:
        constant: the value where all names are 0.
        slopes: (name, slope) pairs in order of names, none of slope 0.
    """

    constant: int
    slopes: tuple[tuple[str, int], ...] = ()

    def plus(self, other: Affine, times: int = 1) -> Affine:
        """``self + times * other``."""
        slopes = dict(self.slopes)
        for name, slope in other.slopes:
            slopes[name] = slopes.get(name, 0) + times * slope
        kept = tuple(sorted((n, s) for n, s in slopes.items() if s))
        return Affine(self.constant + times * other.constant, kept)

    def times(self, factor: int) -> Affine:
        """``factor * self``."""
        return Affine(0).plus(self, factor)

    def divided(self, by: int) -> Affine | None:
        """The floor of ``self / by``, None where it is not linear."""
        if by == 0 or any(slope % by for _, slope in self.slopes):
            return None
        return Affine(self.constant // by, tuple((n, s // by) for n, s in self.slopes))

    @property
    def not_negative(self) -> bool:
        """Whether it is known to be 0 or more."""
        return self.constant >= 0 and all(slope > 0 for _, slope in self.slopes)


def integer(expression: Any, at: Mapping[str, Affine]) -> int | None:
    """The value of a dimension expression, None where it is not one and the same integer."""
    if isinstance(expression, int):
        return expression
    value = evaluate(str(expression), at)
    return value.constant if value is not None and not value.slopes else None


def evaluate(text: str, at: Mapping[str, Affine]) -> Affine | None:
    """The value of an expression in JAX's notation, None where it is not linear.

    >>> even = {"n": Affine(64, (("k", 2),))}
    >>> evaluate("floordiv(- 2*floordiv(- n, 2) - n + 1, 2)", even)
    Affine(constant=0, slopes=())

    Args:
        text: of the expression.
        at: the value of every name in it.
    """
    tree = _parsed(text)
    return None if tree is None else _value(tree, at)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError):
        return None


def _value(tree: ast.expr, at: Mapping[str, Affine]) -> Affine | None:
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int):
        return Affine(tree.value)
    if isinstance(tree, ast.Name):
        return at.get(tree.id)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        operand = _value(tree.operand, at)
        return None if operand is None else operand.times(-1)
    if isinstance(tree, ast.BinOp):
        name, parts = type(tree.op).__name__, [tree.left, tree.right]
    elif isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and len(tree.args) == 2:
        name, parts = tree.func.id, tree.args
    else:
        return None
    left, right = (_value(part, at) for part in parts)
    operation = _OPERATIONS.get(name)
    if left is None or right is None or operation is None:
        return None
    return operation(left, right)


def _product(a: Affine, b: Affine) -> Affine | None:
    if a.slopes and b.slopes:
        return None
    return a.times(b.constant) if not b.slopes else b.times(a.constant)


def _floordiv(a: Affine, b: Affine) -> Affine | None:
    return None if b.slopes else a.divided(b.constant)


def _mod(a: Affine, b: Affine) -> Affine | None:
    whole = _floordiv(a, b)
    return None if whole is None else a.plus(whole, -b.constant)


def _larger(a: Affine, b: Affine) -> Affine | None:
    if a.plus(b, -1).not_negative:
        return a
    return b if b.plus(a, -1).not_negative else None


def _smaller(a: Affine, b: Affine) -> Affine | None:
    if a.plus(b, -1).not_negative:
        return b
    return a if b.plus(a, -1).not_negative else None


_OPERATIONS: dict[str, Callable[[Affine, Affine], Affine | None]] = {
    "Add": lambda a, b: a.plus(b),
    "Sub": lambda a, b: a.plus(b, -1),
    "Mult": _product,
    "floordiv": _floordiv,
    "mod": _mod,
    "max": _larger,
    "min": _smaller,
}
