"""The types that a file declares for its values: element types and lengths, some left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

__all__ = ["ValueType", "declared_types", "length_names", "value_type"]


@dataclass(frozen=True)
class ValueType:
    """The declared type of a value, as far as it is known.

    Attributes:
        dtype: of its elements, None where that is not known.
        dims: its lengths, None where one is not known; None as a whole without even a rank.
    """

    dtype: np.dtype | None = None
    dims: tuple[int | None, ...] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.dtype is not None and self.dims is not None and None not in self.dims

    def or_else(self, other: ValueType) -> ValueType:
        """This type, completed by another one where it is unknown."""
        dims = self.dims
        if other.dims is not None and (dims is None or None in dims):
            dims = other.dims
        return ValueType(self.dtype or other.dtype, dims)

    def __str__(self) -> str:
        lengths = ("?" if n is None else str(n) for n in self.dims or ())
        return "(?)" if self.dims is None else f"({', '.join(lengths)})"


def value_type(value: Any, lengths: Mapping[str, int] | None = None) -> ValueType:
    """The type of an ``onnx.ValueInfoProto``; of what is no tensor, nothing.

    Args:
        value: from the file.
        lengths: name of an open length -> what it is; none by default.
    """
    kind = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type) if kind.elem_type else None
    if not kind.HasField("shape"):
        return ValueType(dtype)
    dims = (
        d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else
        (lengths or {}).get(d.dim_param) if d.dim_param else None
        for d in kind.shape.dim
    )  # fmt: skip
    return ValueType(dtype, tuple(dims))


def length_names(value: Any) -> tuple[str, ...]:
    """Per axis of an ``onnx.ValueInfoProto``, the name of an open length; "" without one."""
    return tuple(d.dim_param for d in value.type.tensor_type.shape.dim)


def declared_types(graph: Any, given: Mapping[str, Sequence[int]]) -> dict[str, ValueType]:
    """The declared types of the file's inner values and outputs, by name.

    Lengths count only where the inputs have those that the file was made for.

    Args:
        graph: of the file.
        given: name of an input -> shape that it has.
    """
    lengths: dict[str, int] = {}
    same = all(isinstance(n, int) for shape in given.values() for n in shape)  # no symbols
    for value in graph.input if same else ():
        if value.name not in given:
            continue
        for dim, n in zip(value.type.tensor_type.shape.dim, given[value.name], strict=False):
            if dim.dim_param:
                same = same and lengths.setdefault(dim.dim_param, n) == n
            elif dim.dim_value > 0:
                same = same and dim.dim_value == n
    found = {}
    for value in (*graph.value_info, *graph.output):
        kind = value_type(value, lengths)
        ranked = None if kind.dims is None else (None,) * len(kind.dims)
        found[value.name] = kind if same else ValueType(kind.dtype, ranked)
    return found
