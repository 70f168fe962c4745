"""An operator without a mapping: a value that depends on all that it reads.

It goes through a callback, a primitive that jaxrf treats as unknown: everything is reported, with
the node's name, and ``strict`` refuses. Where ONNX has a reference implementation the callback runs
it, so that the network still computes; a gradient through it is refused, one beside it is not.

Where not even the shape is known (it depends on the values, as that of NonZero does, or the
operator is nobody's standard) the result is a :class:`Shapeless`, and so is what is made of it: all
of it depends on everything, whatever the operators between are, as an element may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from jax.custom_derivatives import linear_call

from jaxrf.errors import ModelError
from jaxrf.frameworks.endpoints import of_unknown_shape
from jaxrf.frameworks.onnx.model import label_of
from jaxrf.frameworks.onnx.reference import reference, single_node_model
from jaxrf.frameworks.onnx.types import ValueType, value_type

__all__ = ["Shapeless", "everything"]


@dataclass(frozen=True, eq=False)
class Shapeless:
    """A value of unknown shape; it may depend on everything that was read on the way to it.

    Attributes:
        type: what is known of it.
        stand_in: an array that depends on the same; lengths that are not known are 1.
        cause: the operator that is to blame, in words.
        place: the name of its node.
    """

    type: ValueType
    stand_in: jax.Array
    cause: str
    place: str


def everything(
    node: Any,
    operands: Sequence[Any],
    known: dict[int, np.ndarray],
    opsets: dict[str, int],
    *,
    reason: str = "",
    before: Shapeless | None = None,
    around: Sequence[Any] = (),
    declared: Callable[[str], ValueType] = lambda name: ValueType(),
) -> list[Any]:
    """Results of a node that has no JAX function.

    Args:
        node: a ``onnx.NodeProto``.
        operands: its arrays or shapeless values, None where left out.
        known: operand number -> value, of those that are known: shapes may depend on them.
        opsets: domain -> version that the file imports.
        reason: why it has none; "" where ONNX's operator is simply not mapped.
        before: what is to blame for it, where that is another node.
        around: further values, which the graphs inside it read.
        declared: what the file itself says of a value, where ONNX cannot infer it.
    """
    inferred = _inferred(node, operands, known, opsets)
    types = [
        t.or_else(declared(n)) for t, n in zip(inferred, filter(None, node.output), strict=True)
    ]
    shapeless = any(isinstance(o, Shapeless) for o in (*operands, *around))
    cause = _words(node, types, reason) if before is None else before.cause
    place = label_of(node) if before is None else before.place
    what = f"{node.op_type} {label_of(node)!r}"
    given = [o is not None for o in operands]
    dynamic = [n for n, is_given in enumerate(given) if is_given]
    results = [
        jax.ShapeDtypeStruct(
            tuple(1 if n is None else n for n in t.dims or ()),
            jax.dtypes.canonicalize_dtype(t.dtype or np.float32),
        )
        for t in types
    ]

    def run(*arrays: Any) -> list[np.ndarray]:
        values: list[Any] = [None] * len(given)
        for n, array in zip(dynamic, arrays, strict=False):  # others are read inside
            values[n] = np.asarray(array)
        try:
            if not shapeless and all(t.is_complete for t in types):
                found = reference(node, values, opsets)
                return [np.asarray(f, r.dtype) for f, r in zip(found, results, strict=True)]
        except Exception:  # onnx has no implementation of it either
            pass
        return [_not_a_number(r) for r in results]

    run.words = cause  # type: ignore[attr-defined]  # see jaxrf.theory.operation_names
    arrays = [_array(o) for o in (*(operands[n] for n in dynamic), *around)]
    made = iter(zip(_opaque(run, results, arrays, what), types, strict=True))
    return [_value(*next(made), cause, place) if name else None for name in node.output]


def _value(array: jax.Array, type: ValueType, cause: str, place: str) -> Any:
    if type.is_complete:
        return array
    return Shapeless(type, of_unknown_shape(array, type.dims), cause, place)


def _array(value: Any) -> jax.Array:
    """The array of a value; a zero in place of text."""
    if isinstance(value, Shapeless):
        return value.stand_in
    if isinstance(value, np.ndarray) and value.dtype.kind in "OSU":
        return jnp.zeros(())
    return jnp.asarray(value)


def _not_a_number(result: jax.ShapeDtypeStruct) -> np.ndarray:
    """NaN, for what cannot be computed; zeros for integers."""
    fill = np.nan if jnp.issubdtype(result.dtype, jnp.inexact) else 0
    return np.full(result.shape, fill, result.dtype)


def _words(node: Any, types: Sequence[ValueType], reason: str) -> str:
    domain = f" of {node.domain}" if node.domain not in ("", "ai.onnx") else ""
    what = reason if reason.startswith(node.op_type) else f"{node.op_type}{domain}"
    why = [reason] if reason and what != reason else []
    why += ["shape not known"] if any(not t.is_complete for t in types) else []
    return f"{what} [{'; '.join(why)}]" if why else what


def _opaque(
    run: Callable[..., Any], results: list[Any], arrays: list[jax.Array], what: str
) -> list[jax.Array]:
    """The callback; only a gradient through it fails, when it is transposed."""

    def refuse(_: Any, cotangents: Any) -> Any:
        raise ModelError(
            f"onnx: {what} has no mapping, so no gradient; need an end-point before it (--endpoint)"
        )

    @jax.custom_jvp
    def call(*arrays: Any) -> list[jax.Array]:
        called: list[jax.Array] = jax.pure_callback(run, results, *arrays, vmap_method="sequential")
        return called

    @call.defjvp
    def _(primals: Any, tangents: Any) -> tuple[list[jax.Array], list[Any]]:
        floats = [r for r in results if jnp.issubdtype(r.dtype, jnp.inexact)]
        moving = [t for t in tangents if jnp.issubdtype(t.dtype, jnp.inexact)]

        def bad(_: Any, tangents: Any) -> list[jax.Array]:  # never silently zero
            total = jnp.stack([jnp.sum(t).astype(np.float32) for t in tangents]).sum()
            return [jnp.full(r.shape, np.nan, r.dtype) * total.astype(r.dtype) for r in floats]

        moved = iter(linear_call(bad, refuse, (), moving) if moving and floats else ())
        return call(*primals), [
            next(moved, jnp.zeros(r.shape, r.dtype))
            if jnp.issubdtype(r.dtype, jnp.inexact)
            else np.zeros(r.shape, jax.dtypes.float0)
            for r in results
        ]

    return call(*arrays)


def _inferred(
    node: Any, operands: Sequence[Any], known: Mapping[int, Any], opsets: dict[str, int]
) -> list[ValueType]:
    """Types of the results by ONNX's own inference on this one node."""
    outputs = [name for name in node.output if name]
    try:
        names = [f"i{n}" if o is not None else "" for n, o in enumerate(operands)]
        model = single_node_model(node, names, opsets)
        given = [o for o in operands if o is not None]
        for value, operand in zip(model.graph.input, given, strict=True):
            value.type.CopyFrom(_type(operand))
        for n, value in known.items():
            model.graph.initializer.append(onnx.numpy_helper.from_array(value, names[n]))
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:  # shapes that the operator does not accept, types that ONNX does not have
        return [ValueType()] * len(outputs)
    return [value_type(value) for value in graph.output]


def _type(operand: Any) -> Any:
    """The ONNX type of a value."""
    if not isinstance(operand, Shapeless):
        element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(operand.dtype))
        return onnx.helper.make_tensor_type_proto(element, np.shape(operand))
    if operand.type.dtype is None:
        return onnx.TypeProto()
    element = onnx.helper.np_dtype_to_tensor_dtype(operand.type.dtype)
    return onnx.helper.make_tensor_type_proto(element, operand.type.dims)
