"""ONNX models of several nodes, with weights that the file holds."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.helpers.onnxnodes import floats

__all__ = ["KERNEL", "SHAPE", "conv", "graph"]

SHAPE = (1, 2, 12, 10)
KERNEL = floats(2, 2, 3, 3)


def graph(nodes, inputs=(("x", SHAPE),), outputs=("y",), held=(), opset=18, **options):
    """A model with float inputs; ``held`` maps names to arrays."""
    return helper.make_model(
        helper.make_graph(
            nodes,
            "a model",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
            [onnx.ValueInfoProto(name=name) for name in outputs],
            [
                numpy_helper.from_array(np.asarray(array), name)
                for name, array in dict(held).items()
            ],
        ),
        opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("acme", 2)],
        **options,
    )


def conv(source, target, name="", **attributes):
    """A 3x3 convolution with the weights ``w``."""
    return helper.make_node(
        "Conv", [source, "w"], [target], name, **{"pads": [1] * 4, **attributes}
    )
