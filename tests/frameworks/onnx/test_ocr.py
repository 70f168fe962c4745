"""Text detectors, recognisers and classifiers that come in a wheel, where one is installed.

``pip install --no-deps rapidocr-onnxruntime==1.4.4`` or ``rapidocr`` (15 and 27 MB): exports by
paddle2onnx, whose weights are ``Constant`` nodes and whose shapes are computed in the graph.
"""

from importlib.util import find_spec
from pathlib import Path

import jax
import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from jaxrf import analyze
from jaxrf.frameworks.onnx.network import network as onnx_network
from jaxrf.measure.support import SupportMeter

PACKAGES = ("rapidocr_onnxruntime", "rapidocr")
FILES = [
    file
    for package in PACKAGES
    if (spec := find_spec(package)) and spec.submodule_search_locations
    for file in sorted(Path(spec.submodule_search_locations[0], "models").glob("*.onnx"))
]
SHAPES = {"det": (1, 3, 64, 96), "rec": (1, 3, 48, 64), "cls": (1, 3, 48, 96)}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILES, reason=f"none of {', '.join(PACKAGES)} is installed"),
]


def shape_of(file: Path) -> tuple[int, ...]:
    return next(shape for part, shape in SHAPES.items() if f"_{part}_" in file.name)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_it_computes_what_the_reference_computes(file):
    model, shape = onnx.load(file), shape_of(file)
    network = onnx_network(model, (jax.ShapeDtypeStruct(shape, np.float32),))
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found, _ = jax.jit(network.apply)(network.init(None), x)
    for node in model.graph.node:
        if node.op_type == "BatchNormalization":  # the reference updates statistics with it
            kept = [a for a in node.attribute if a.name != "momentum"]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute("momentum", 1.0)])
    (expected,) = ReferenceEvaluator(model).run(None, {network.arguments[0]: x})
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_it_is_analysed_without_an_approximation(file):
    analysis = analyze(file, shape_of(file), strict=True)
    assert analysis.output.is_global  # squeeze-and-excite, or attention over the whole line
    local = [name for name, field in analysis.items() if not field.is_global]
    assert len(local) > 10
    measured = SupportMeter(analysis, local[-1]).measure(plain=False)
    assert measured.equal
