"""Constants of an ONNX file that are declared to be a part of the architecture.

:func:`jaxrf.constant` cannot be written inside a file. The names stand in its metadata instead, one
per line under the key :data:`KEY`, where an exporter or ``load_onnx(constants=)`` puts them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jaxrf.arguments.names import some, suggestion
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.constant import CONSTANT

__all__ = ["KEY", "declare", "declared_names", "with_constants"]

KEY = CONSTANT


def declared_names(model: Any) -> frozenset[str]:
    """Names that the metadata of an ``onnx.ModelProto`` declare to be constant."""
    texts = (entry.value for entry in model.metadata_props if entry.key == KEY)
    return frozenset(name for text in texts for name in text.splitlines() if name)


def declare(model: Any, names: Iterable[str]) -> None:
    """Add names to those that the metadata of a model declare to be constant."""
    found = declared_names(model).union(names)
    entry = next((e for e in model.metadata_props if e.key == KEY), None)
    entry = model.metadata_props.add(key=KEY) if entry is None else entry
    entry.value = "\n".join(sorted(found))


def with_constants(model: Any, names: Iterable[str]) -> Any:
    """The model with some of its initialisers and constants declared to be no weights.

    >>> from onnx import TensorProto, helper
    >>> mask = helper.make_tensor("mask", TensorProto.FLOAT, [2], [0, 1])
    >>> model = helper.make_model(helper.make_graph([], "masked", [], [], [mask]))
    >>> sorted(declared_names(with_constants(model, ["mask"])))
    ['mask']

    Args:
        model: a ``onnx.ModelProto``; its metadata are changed.
        names: of initialisers, or of what Constant nodes make, in the main graph.

    Raises:
        InvalidInput: the graph has no such constant.
    """
    held = {tensor.name: None for tensor in model.graph.initializer}
    held.update((n.output[0], None) for n in model.graph.node if n.op_type == "Constant")
    for name in (names := list(names)):
        if name not in held:
            raise InvalidInput(
                f"constants: got {name!r}, no constant of the file; need one of "
                f"{some(list(held)) or 'none'}{suggestion(name, held)}"
            )
    declare(model, names)
    return model
