"""The kinds of computed values, from the kinds of the operands of their equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from jaxrf.frameworks.array_kinds import Kind
from jaxrf.frameworks.constant import CONSTANT
from jaxrf.program import primitives
from jaxrf.program.equation import Equation

__all__ = ["is_drawn", "is_mark", "result_kind"]

_MOVES_POSITIONS = "add sub mul div".split()
_KEEPS_SETTING = """
abs broadcast_in_dim concatenate copy integer_pow max min neg reshape slice sqrt square squeeze
stop_gradient
""".split()


def is_mark(equation: Equation) -> bool:
    """Whether an equation is the mark of :func:`jaxrf.constant`."""
    return equation.name == "name" and equation.params["name"] == CONSTANT


def is_drawn(equation: Equation) -> bool:
    """Whether it draws random numbers: weights that are drawn inside the model are weights."""
    return primitives.kind(equation.name) == "random"


def result_kind(
    equation: Equation, kinds: Sequence[Kind], value: Callable[[int], np.ndarray]
) -> Kind:
    """The kind of the results of an equation.

    Args:
        equation: whose operands all have values.
        kinds: of its operands.
        value: operand position -> its value, asked for where settings meet positions.
    """
    worst = max(kinds, default=Kind.FACT)
    if is_mark(equation) or worst == Kind.FACT:
        return Kind.FACT
    if worst == Kind.WEIGHT:
        return Kind.WEIGHT
    if worst == Kind.SETTING:
        return _with_settings(equation, kinds, value)
    name = equation.name
    if name in primitives.comparing() or equation.params.get("new_dtype") == np.dtype(bool):
        return Kind.FACT
    if name in ("gather", "dynamic_slice"):
        return kinds[0]  # indices choose
    return max(kinds[1:]) if name == "select_n" else worst


def _with_settings(equation: Equation, kinds: Sequence[Kind], value: Callable[[int], Any]) -> Kind:
    """A setting that moves or scales positions is as known as they are; by zero it erases them."""
    if equation.name in _MOVES_POSITIONS and Kind.STORED not in kinds:
        positions = [n for n, kind in enumerate(kinds) if kind == Kind.FACT and _varies(value(n))]
        erases = equation.name in ("mul", "div") and any(
            (np.asarray(value(n)) == 0).any() for n, kind in enumerate(kinds) if kind != Kind.FACT
        )
        return Kind.FACT if positions and not erases else Kind.SETTING
    if equation.name == "convert_element_type":
        wanted = equation.params["new_dtype"]
        return Kind.SETTING if jax.dtypes.issubdtype(wanted, np.floating) else Kind.WEIGHT
    if equation.name in _KEEPS_SETTING and Kind.STORED not in kinds:
        return Kind.SETTING
    return Kind.WEIGHT


def _varies(array: np.ndarray) -> bool:
    return bool((np.asarray(array) != np.asarray(array).ravel()[:1]).any())
