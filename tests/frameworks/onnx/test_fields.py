"""Theory of ONNX operators, output by output, against perturbing one input at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.frameworks.onnx.network import network as onnx_network
from tests.helpers import rulecase
from tests.helpers.onnxnodes import Kept, case, floats, ints, model_of

SMALL = floats(1, 2, 5, 4)
LINE = floats(1, 1, 7)


def weights(*shape):
    return Kept(floats(*shape, low=0.5, high=1.5))


def scaled(x, *scales, **attributes):
    held = Kept(np.array(scales, np.float32))
    return case("Resize", x, None, held, label=f"{scales},{attributes}", **attributes)


EXACT = [
    case("Conv", SMALL, weights(2, 1, 3, 2), group=2, pads=[1, 0, 2, 1], strides=[2, 1]),
    case("ConvTranspose", SMALL, weights(2, 1, 3, 2), strides=[2, 1], pads=[1, 0, 0, 1]),
    case("ConvTranspose", LINE, weights(1, 1, 3), strides=[3], output_padding=[2]),
    case("MaxPool", SMALL, kernel_shape=[2, 2], strides=[2, 3], ceil_mode=1),
    case("AveragePool", SMALL, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 1]),
    case("LRN", floats(1, 4, 3, 2), size=3),
    case("LayerNormalization", SMALL, weights(4)),
    case("Softmax", SMALL, axis=1),
    case("DepthToSpace", floats(1, 4, 2, 3), blocksize=2),
    case("DepthToSpace", floats(1, 4, 2, 3), blocksize=2, mode="CRD"),
    case("SpaceToDepth", floats(1, 1, 4, 6), blocksize=2),
    case("Slice", SMALL, ints(-1), ints(-100), ints(2), ints(-2)),
    case("Gather", SMALL, ints(0, 2, 4), axis=2),
    case("Pad", SMALL, ints(0, 0, 2, 1, 0, 0, 0, 2), mode="reflect"),
    case("Pad", SMALL, ints(0, 0, 2, -1, 0, 0, 0, 2), mode="edge"),
    case("Pad", LINE, ints(0, 0, 2, 0, 0, 1), mode="wrap", opset=19),
    case("Concat", SMALL, Kept(floats(1, 2, 2, 4)), axis=2),
    case("Tile", LINE, ints(1, 1, 2)),
    case("Trilu", floats(1, 4, 4)),
    scaled(LINE, 1, 1, 2),
    scaled(SMALL, 1, 1, 2, 3, coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    scaled(SMALL, 1, 1, 0.5, 1, nearest_mode="floor"),
]

# Known tables and matrices, running sums, recurrences.
TABLES = [
    case("Gather", SMALL, ints(4, 0, 0, 3), axis=2),
    scaled(LINE, 1, 1, 1.3),
    scaled(LINE, 1, 1, 2, mode="linear"),
    scaled(LINE, 1, 1, 0.6, mode="linear", antialias=1),
    scaled(LINE, 1, 1, 2, mode="linear", coordinate_transformation_mode="align_corners"),
    scaled(LINE, 1, 1, 2, mode="linear", coordinate_transformation_mode="asymmetric"),
    scaled(SMALL, 1, 1, 2, 1.5, mode="cubic"),
    case("CumSum", LINE, ints(2).reshape(()), exclusive=1),
    case("LSTM", floats(3, 1, 2), weights(1, 12, 2), weights(1, 12, 3), hidden_size=3),
    case("GRU", floats(3, 1, 2), weights(1, 6, 2), weights(1, 6, 2), hidden_size=2),
    case(
        "RNN",
        floats(3, 1, 2),
        weights(2, 2, 2),
        weights(2, 2, 2),
        hidden_size=2,
        direction="bidirectional",
    ),
]


@pytest.mark.parametrize("node", EXACT + TABLES, ids=lambda c: c.name)
def test_every_output_reads_what_theory_says(node):
    model, fed = model_of(node)
    (x,) = fed.values()
    network = onnx_network(model, (jax.ShapeDtypeStruct(x.shape, jnp.float32),))
    variables = network.init(None)
    f = lambda x: network.apply(variables, x)[0]  # noqa: E731
    rulecase.check(rulecase.Case(node.name, f, x.shape, "", perturb=True))
