"""Which stored numbers are architecture and which are weights: a policy, and nothing else.

A learned zero is not a missing connection. What a number is worth as evidence is its *kind*:

* **fact**: written in the code, or computed from such: ``iota``, filled arrays, bools, masks of 0
  and 1, integers that count, whatever :func:`jaxrf.constant` marks. Its value is known, zeros too.
* **stored**: other captured integers. They are known where they choose (as indices, sizes, in
  comparisons); as numbers that multiply they are the weights of a quantised layer.
* **setting**: up to four floats on the host, as ``jnp.array([scale])`` inside a model makes them.
  They are known once they have moved or scaled known positions, and weights otherwise.
* **weight**: captured floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

import jax
import numpy as np

from jaxrf.architecture import CONSTANT
from jaxrf.trace.program import Equation

__all__ = ["Kind", "is_drawn", "is_mark", "joined", "kind_of"]

_SETTINGS = 4  # numbers in one array: one a spatial axis
_COUNTED = 4  # numbers that must follow each other to count as positions
_DRAWN = ("random_", "rng_", "threefry")
_COMPARISONS = "eq ne lt le gt ge eq_to lt_to le_to is_finite".split()
_MOVES_POSITIONS = "add sub mul div".split()
_KEEPS_SETTING = """
abs broadcast_in_dim concatenate copy integer_pow max min neg reshape slice sqrt square squeeze
stop_gradient
""".split()


class Kind(IntEnum):
    """How far the value of a number may be believed; the larger, the less."""

    FACT = 0
    STORED = 1
    SETTING = 2
    WEIGHT = 3


def kind_of(value) -> Kind | None:
    """The kind of a captured array; None where it has no numbers (random keys)."""
    dtype = value.dtype
    if jax.dtypes.issubdtype(dtype, jax.dtypes.extended):
        return None
    if np.issubdtype(dtype, np.bool_):
        return Kind.FACT
    if np.issubdtype(dtype, np.integer):
        array = np.asarray(value)
        return Kind.FACT if _is_mask(array) or _counts(array) else Kind.STORED
    small = isinstance(value, np.ndarray) and value.size <= _SETTINGS and value.ndim <= 1
    return Kind.SETTING if small and np.issubdtype(dtype, np.floating) else Kind.WEIGHT


def _is_mask(array: np.ndarray) -> bool:
    """Zeros and ones, both of them."""
    return bool(((array == 0) | (array == 1)).all() and array.any() and not array.all())


def _counts(array: np.ndarray) -> bool:
    """Positions: along every dimension the same step everywhere, and not zero along all."""
    array = array.astype(np.int64)
    steps = [np.diff(array, axis=d) for d in range(array.ndim)]
    even = all(step.size == 0 or (step == step.flat[0]).all() for step in steps)
    return even and any(
        step.shape[d] >= _COUNTED - 1 and step.any() for d, step in enumerate(steps)
    )


def is_mark(equation: Equation) -> bool:
    """Whether it is :func:`jaxrf.constant`."""
    return equation.name == "name" and equation.params["name"] == CONSTANT


def is_drawn(equation: Equation) -> bool:
    """Whether it draws random numbers: weights that are drawn inside the model are weights."""
    return equation.name.startswith(_DRAWN)


def joined(equation: Equation, kinds: Sequence[Kind], value: Callable[[int], np.ndarray]) -> Kind:
    """The kind of what an equation makes.

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
    if name in _COMPARISONS or equation.params.get("new_dtype") == np.dtype(bool):
        return Kind.FACT
    if name in ("gather", "dynamic_slice"):
        return kinds[0]  # indices choose
    return max(kinds[1:]) if name == "select_n" else worst


def _with_settings(equation: Equation, kinds: Sequence[Kind], value) -> Kind:
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
