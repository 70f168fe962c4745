"""Known values: one node in numpy, by the reference implementation that comes with onnx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

__all__ = ["reference", "single_node_model"]


def reference(
    node: Any, operands: Sequence[np.ndarray | None], opsets: dict[str, int]
) -> list[np.ndarray]:
    """Results of one node without subgraphs on known operands; None where one is left out.

    Constant nodes, Shape on an array whose values do not matter, integer arithmetic on shapes:
    small arrays, so that speed is of no importance.
    """
    names = [f"i{n}" if o is not None else "" for n, o in enumerate(operands)]
    evaluator = ReferenceEvaluator(single_node_model(node, names, opsets))
    feeds = {name: o for name, o in zip(names, operands, strict=True) if name}
    return [np.asarray(result) for result in evaluator.run(None, feeds)]


def single_node_model(node: Any, names: Sequence[str], opsets: dict[str, int]) -> Any:
    """A model of one node whose operands are called ``names``; results are in the node's order."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    del copy.input[:]
    copy.input.extend(names)
    graph = onnx.helper.make_graph(
        [copy],
        "node",
        [onnx.ValueInfoProto(name=name) for name in names if name],
        [onnx.ValueInfoProto(name=name) for name in node.output if name],
    )
    imports = [onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    return onnx.helper.make_model(graph, opset_imports=imports)
