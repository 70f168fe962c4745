"""The abstract inputs of a model: one array, several, or pytrees of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.keywords import Keywords
from jaxrf.frameworks.network import named_leaves

__all__ = [
    "Input",
    "OpenInput",
    "abstract_inputs",
    "array_input",
    "checked_shape",
    "named_inputs",
]

MOST = 2**63  # elements, which JAX counts in 64 bits


@dataclass(frozen=True)
class Input:
    """One input array of a model.

    Attributes:
        name: the model's own where it has one; "input" where it is the only one.
        shape: all axes.
        dtype: of its elements.
    """

    name: str
    shape: tuple[int, ...]
    dtype: Any


@dataclass(frozen=True)
class OpenInput:
    """One input array with free lengths: ``jax.ShapeDtypeStruct`` takes no None.

    Attributes:
        shape: None is a free length.
        dtype: of its elements.
    """

    shape: tuple[int | None, ...]
    dtype: str


def abstract_inputs(shape: Any, dtype: Any) -> tuple[Any, ...]:
    """The positional arguments of a model, as pytrees of ``jax.ShapeDtypeStruct``.

    A shape is one array. A list or tuple of anything else is one argument per entry; a dict is one
    argument. Arrays and ``jax.ShapeDtypeStruct`` give their own dtype.

    >>> abstract_inputs((1, 8, 3), "float32")
    (ShapeDtypeStruct(shape=(1, 8, 3), dtype=float32),)
    >>> len(abstract_inputs([(1, 8, 3), {"t": (1, 4)}], "float32"))
    2

    Raises:
        InvalidInput: a bad shape or dtype.
    """
    try:
        dtype = jnp.dtype(dtype)
    except TypeError:
        raise InvalidInput(f"dtype: got {dtype!r}, need a JAX dtype, e.g. float32") from None
    if isinstance(shape, np.ndarray) and shape.ndim == 1 and shape.dtype.kind in "iu":
        shape = tuple(shape.tolist())  # a shape as numpy has it
    several = isinstance(shape, Sequence) and not isinstance(shape, str) and len(shape) > 0
    if several and not any(isinstance(n, Integral) for n in shape):
        return tuple(_abstract(entry, dtype) for entry in shape)
    return (_abstract(shape, dtype),)


def _abstract(entry: Any, dtype: Any) -> Any:
    if isinstance(entry, dict):
        kind = Keywords if isinstance(entry, Keywords) else dict
        return kind({key: _abstract(value, dtype) for key, value in entry.items()})
    if hasattr(entry, "shape") and hasattr(entry, "dtype"):
        shape = checked_shape(entry.shape) if entry.shape else ()  # of a number by itself
        return jax.ShapeDtypeStruct(shape, entry.dtype)
    if (
        isinstance(entry, (list, tuple))
        and entry
        and not any(isinstance(n, Integral) for n in entry)
    ):
        return type(entry)(_abstract(value, dtype) for value in entry)
    return jax.ShapeDtypeStruct(checked_shape(entry), dtype)


def array_input(lengths: tuple[int | None, ...], dtype: str) -> Any:
    """One input array by its lengths: an ``OpenInput`` where one is None, a scalar for ``()``.

    >>> array_input((1, 77), "int32"), array_input((1, None), "float32")
    (ShapeDtypeStruct(shape=(1, 77), dtype=int32), OpenInput(shape=(1, None), dtype='float32'))

    Raises:
        InvalidInput: a bad length or dtype.
    """
    if None in lengths:
        return OpenInput(lengths, dtype)
    (one,) = abstract_inputs(lengths or (1,), dtype)
    return one if lengths else jax.ShapeDtypeStruct((), one.dtype)


def named_inputs(inputs: tuple[Any, ...], arguments: tuple[str, ...]) -> tuple[Input, ...]:
    """Every array of the arguments, in the order in which JAX flattens them."""
    named = inputs[-1] if inputs and isinstance(inputs[-1], Keywords) else {}
    positional = inputs[:-1] if named else inputs
    if len(inputs) == 1:
        names: Iterable[str] = ("input",)
    else:
        names = arguments or (f"input{n}" for n in range(len(positional)))
    pairs = [*zip(names, positional, strict=False), *named.items()]
    leaves = [leaf for name, tree in pairs for leaf in named_leaves(tree, name)]
    return tuple(Input(name, tuple(leaf.shape), _traced(leaf.dtype)) for name, leaf in leaves)


def _traced(dtype: Any) -> Any:
    """The dtype that JAX traces: 32 bits in place of 64, unless these are enabled."""
    extended = jnp.issubdtype(dtype, jax.dtypes.extended)
    return dtype if extended else jax.dtypes.canonicalize_dtype(dtype)


def checked_shape(shape: Iterable[int]) -> tuple[int, ...]:
    """The shape as positive ints.

    Raises:
        InvalidInput: it is anything else.
    """
    given: Any = shape  # it may be anything
    lengths = tuple(given) if isinstance(given, Iterable) else ()
    flags = any(isinstance(n, bool) for n in lengths)
    if not lengths or flags or not all(isinstance(n, Integral) and int(n) > 0 for n in lengths):
        raise InvalidInput(f"shape: got {shape!r}, need positive integers, e.g. (1, 224, 224, 3)")
    if prod(map(int, lengths)) >= MOST:
        raise InvalidInput(f"shape: got {shape!r}, more numbers than an array can hold")
    return tuple(map(int, lengths))
