"""Every operator computes what onnx's own reference implementation computes.

Covers: frameworks.onnx.operators.*, frameworks.onnx.reference, frameworks.onnx.registry.
"""

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

from tests.frameworks.onnx.cases import CASES
from tests.helpers.onnxnodes import model_of, run


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_as_the_reference(case):
    model, fed = model_of(case)
    expected = ReferenceEvaluator(model).run(None, fed)
    found = run(model, fed)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == np.shape(theirs)
        assert ours.dtype.kind == np.asarray(theirs).dtype.kind
        np.testing.assert_allclose(ours, theirs, rtol=case.tolerance, atol=case.tolerance)
