"""Reads and writes of mutable references, written out as ordinary indexing of what they hold.

``y = ref[...]`` is an indexing of the value that the reference holds at this point of the program,
``ref[...] = x`` makes a new value out of it and ``x`` and lets the reference hold that. So theory
and measurement follow references through rules that they have, to the element.

An equation carries the view that it reads or writes as a tree of transformations (indices,
reshapes, transposes). They mean here what JAX takes them to mean when it compiles the program:
whole numbers and slices of step 1 are clamped into range together, anything else is gathered and
scattered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.program import compat
from jaxrf.program.states import Unresolved
from jaxrf.program.writer import Expansion, Writer

__all__ = ["REFERENCES"]


def new_ref(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """Make a reference that holds its operand."""
    (start,), aval = inputs, eqn.outvars[0].aval
    return [writer.states.refer(writer.new(aval.shape), aval, start)]


def empty_ref(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """A reference that holds whatever was there: no input, but nothing that is known either."""
    aval = eqn.outvars[0].aval
    start = writer.weight(np.zeros(aval.shape, aval.dtype))
    return [writer.states.refer(writer.new(aval.shape), aval, start)]


def freeze(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """The last value that the reference held."""
    return [writer.states[inputs[0]]]


def free_ref(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """Free a reference; nothing of the program changes."""
    return []


def get(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """Read a part of what the reference holds."""
    ref, *leaves = inputs
    tree = eqn.params["tree"]

    def part(value: jax.Array, *leaves: Any) -> list[jax.Array]:
        return [_view(value, jax.tree.unflatten(tree, leaves))]

    return _traced(writer, part, ref, eqn.invars[1:], leaves, place, sources)


def swap(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """The part as it was; from now on, the reference holds another one there."""
    ref, *operands = inputs
    tree = eqn.params["tree"]

    def parts(value: jax.Array, new: jax.Array, *leaves: Any) -> list[jax.Array]:
        views = jax.tree.unflatten(tree, leaves)
        return [_view(value, views), _written(value, views, new, add=False)]

    old, after = _traced(writer, parts, ref, eqn.invars[1:], operands, place, sources)
    writer.states.held[ref] = after
    return [old]


def addupdate(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """The part grows by an operand; of indices that come twice, by both."""
    ref, *operands = inputs
    tree = eqn.params["tree"]

    def part(value: jax.Array, new: jax.Array, *leaves: Any) -> list[jax.Array]:
        return [_written(value, jax.tree.unflatten(tree, leaves), new, add=True)]

    (after,) = _traced(writer, part, ref, eqn.invars[1:], operands, place, sources)
    writer.states.held[ref] = after
    return []


def optimization_barrier(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int] | None:
    """Nothing happens to what references hold; where they are results too, they stay themselves."""
    arrays = [number for number in inputs if number not in writer.states.held]
    if len(arrays) == len(inputs):
        return None  # an equation like any other
    return next((each for each in (arrays, inputs) if len(each) == len(eqn.outvars)), None)


def broadcast_to(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """Whole numbers beside arrays of indices, given their shape."""
    shape = eqn.params["shape"]
    spread = lambda x: [jnp.broadcast_to(x, shape)]  # noqa: E731
    return writer.trace(spread, eqn.invars, inputs, place, sources)


def _traced(
    writer: Writer,
    function: Callable[..., Any],
    ref: int,
    atoms: Sequence[compat.Atom],
    numbers: Sequence[int],
    *where: Any,
) -> list[int]:
    """Trace a function of the value of a reference and of further operands.

    Raises:
        Unresolved: the reference is not followed, or its view is none of those known here.
    """
    states = writer.states
    value = states[ref]
    try:
        return writer.trace(function, [states.types[ref], *atoms], [value, *numbers], *where)
    except Exception as error:  # a newer JAX may say in another way what is addressed
        raise Unresolved from error


def _view(value: jax.Array, transforms: Sequence[Any]) -> jax.Array:
    for transform in transforms:
        value = _steps(transform)[0](value, transform)
    return value


def _written(
    value: jax.Array, transforms: Sequence[Any], new: jax.Array, *, add: bool
) -> jax.Array:
    """The value, its view replaced or increased."""
    if not transforms:
        return value + new if add else new
    first, *rest = transforms
    look, put = _steps(first)
    if rest:
        new, add = _written(look(value, first), rest, new, add=add), False
    put_back: jax.Array = put(value, first, new, add)
    return put_back


def _steps(transform: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The functions that read and write a transformation of a view."""
    return _TRANSFORMS[type(transform).__name__]


def _reshaped(value: jax.Array, transform: Any) -> jax.Array:
    return lax.reshape(value, transform.shape)


def _reshaped_back(value: jax.Array, transform: Any, new: jax.Array, add: bool) -> jax.Array:
    new = lax.reshape(new, value.shape)
    return value + new if add else new


def _transposed(value: jax.Array, transform: Any) -> jax.Array:
    return lax.transpose(value, transform.permutation)


def _transposed_back(value: jax.Array, transform: Any, new: jax.Array, add: bool) -> jax.Array:
    new = lax.transpose(new, np.argsort(transform.permutation))
    return value + new if add else new


def _indexed(value: jax.Array, at: Any) -> jax.Array:
    if (box := _box(at)) is not None:
        starts, sizes, whole = box
        return lax.squeeze(lax.dynamic_slice(value, starts, sizes), whole)
    return value[_arrays(at)]


def _indexed_back(value: jax.Array, at: Any, new: jax.Array, add: bool) -> jax.Array:
    if (box := _box(at)) is not None:
        starts, sizes, whole = box
        new = lax.expand_dims(new, whole)
        if add:
            new = lax.dynamic_slice(value, starts, sizes) + new
        return lax.dynamic_update_slice(value, new, starts)
    places = jnp.asarray(value).at[_arrays(at)]
    return places.add(new) if add else places.set(new)


def _box(at: Any) -> tuple[list[Any], list[int], list[int]] | None:
    """(starts, sizes, dimensions of whole numbers), where nothing but a box is addressed."""
    if any(index.stride != 1 if _is_slice(index) else np.shape(index) for index in at.indices):
        return None
    starts = [index.start if _is_slice(index) else index for index in at.indices]
    starts = [lax.convert_element_type(start, np.int32) for start in starts]
    sizes = [index.size if _is_slice(index) else 1 for index in at.indices]
    return starts, sizes, [d for d, index in enumerate(at.indices) if not _is_slice(index)]


def _arrays(at: Any) -> tuple[Any, ...]:
    """Indices for numpy: slices where their starts are numbers, else arrays for all."""
    if all(isinstance(i.start, int) for i in at.indices if _is_slice(i)):
        return tuple(_plain_slice(i) if _is_slice(i) else jnp.asarray(i) for i in at.indices)
    chosen = [d for d, index in enumerate(at.indices) if not _is_slice(index)]
    together = all(b - a == 1 for a, b in pairwise(chosen))
    first, inner = (chosen[0] if chosen and together else 0), len(at.int_indexer_shape)
    rank, arrays, seen = len(at.indices) - len(chosen) + inner, [], 0
    for index in at.indices:
        if _is_slice(index):
            place = seen if seen < first else seen + inner
            line = index.start + index.stride * jnp.arange(index.size, dtype=np.int32)
            arrays.append(line.reshape([-1 if d == place else 1 for d in range(rank)]))
            seen += 1
        else:
            index = jnp.broadcast_to(index, at.int_indexer_shape)
            arrays.append(index.reshape(*index.shape, *(1,) * (rank - first - inner)))
    return tuple(arrays)


def _is_slice(index: Any) -> bool:
    return type(index).__name__ == "Slice"


def _plain_slice(index: Any) -> slice:
    return slice(index.start, index.start + (index.size - 1) * index.stride + 1, index.stride)


# Name of a transformation -> how it is read, and written.
_TRANSFORMS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "NDIndexer": (_indexed, _indexed_back),
    "ReshapeTransform": (_reshaped, _reshaped_back),
    "TransposeTransform": (_transposed, _transposed_back),
}

REFERENCES: dict[str, Expansion] = {
    "new_ref": new_ref,
    "empty_ref": empty_ref,
    "freeze": freeze,
    "free_ref": free_ref,
    "get": get,
    "swap": swap,
    "addupdate": addupdate,
    "optimization_barrier": optimization_barrier,
    "broadcast_to": broadcast_to,
}
