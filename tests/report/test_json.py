"""The JSON of results: strict, complete, and what the contract says."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.report.analysis import endpoint_dict
from jaxrf.report.json import to_json
from jaxrf.theory.notes import warnings


def pair(x):
    """Two neighbours along the first axis; then every other one along the second."""
    pairs = lax.conv_general_dilated(
        x, jnp.ones((2, 1, 2, 2)), (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return {"pairs": pairs, "thin": pairs[:, :, ::2]}


@pytest.fixture(scope="module")
def analysis():
    return jaxrf.analyze(pair, (1, 5, 6, 2))


def axis(number, size, stride, ends, ahead):
    common = {"aligned": True, "global": False, "global_via": None, "approximate": None}
    first, center, last = ends
    return {
        "axis": number,
        "size": size,
        "stride": stride,
        "padding": 0,
        **common,
        "period": 1,
        "phases": [{"low": 0, "high": size - 1}],
        "reach": [[0.0, size - 1.0]],
        "look_back": 0,
        "look_ahead": ahead,
        "causal": ahead <= 0,
        "looks": [[0, ahead]],
        "support": {"first": first, "center": center, "last": last},
        "pieces": [],
        "notes": [],
    }


def test_every_member(analysis):
    document = analysis.to_dict(target="pair.py:pair")
    assert set(document.pop("meta")) >= {"jaxrf", "jax"}
    assert document.pop("model") == {
        "weights": "given (inside the function)",
        "call": {},
        "assumed": [],
    }
    assert document == {
        "schema": 1,
        "target": "pair.py:pair",
        "input": "input",
        "input_shape": [1, 5, 6, 2],
        "inputs": [{"name": "input", "shape": [1, 5, 6, 2], "dtype": "float32"}],
        "spatial_axes": [1, 2],
        "endpoints": [
            {
                "name": "pairs",
                "shape": [1, 4, 6, 2],
                "flops": 2 * 4 * 24 * 2,
                "axes": [
                    axis(1, 2, "1", ([0, 1], [2, 3], [3, 4]), 1),
                    axis(2, 1, "1", ([0, 0], [3, 3], [5, 5]), 0),
                ],
            },
            {
                "name": "thin",
                "shape": [1, 4, 3, 2],
                "flops": 2 * 4 * 24 * 2,
                "axes": [
                    axis(1, 2, "1", ([0, 1], [2, 3], [3, 4]), 1),
                    axis(2, 1, "2", ([0, 0], [2, 2], [4, 4]), -1),
                ],
            },
        ],
        "output": "thin",
        "outputs": ["pairs", "thin"],
        "independent": [],
        "unread": {
            "endpoint": "thin",
            "count": 15,
            "share": 0.5,
            "axes": [
                {"axis": 1, "count": 0, "length": 5},
                {"axis": 2, "count": 3, "length": 6},
            ],
        },
        "outside_taps": [],
        "approximate": [],
        "misaligned": [],
        "warnings": [],
    }


def test_only_one_endpoint(analysis):
    document = analysis.to_dict(only="pairs")
    assert document["endpoints"] == [endpoint_dict(analysis, "pairs")]
    assert (document["output"], document["target"]) == ("thin", "pair")


def test_what_has_no_number_is_null():
    def model(x):
        return {"gap": x.mean(1, keepdims=True), "edge": jnp.pad(x, ((0, 0), (3, 3), (0, 0)))}

    gap, edge = jaxrf.analyze(model, (1, 4, 1)).to_dict()["endpoints"]
    (seen,) = gap["axes"]
    assert (seen["size"], seen["stride"], seen["padding"], seen["global"]) == (
        None,
        None,
        None,
        True,
    )
    assert seen["phases"] == []
    assert seen["support"] == {"first": [0, 3], "center": [0, 3], "last": [0, 3]}
    (padded,) = edge["axes"]
    assert padded["support"] == {"first": None, "center": [2, 2], "last": None}


def test_fractions_and_phases():
    up = jaxrf.analyze(lambda x: jnp.repeat(x, 3, 1), (1, 4, 1)).to_dict()["endpoints"][0]["axes"][
        0
    ]
    assert (up["stride"], up["period"]) == ("1/3", 3)
    assert up["phases"] == [{"low": 0, "high": 0}] * 3


def test_approximations_are_warnings_with_a_place():
    import jax

    def model(x):
        return jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    analysis = jaxrf.analyze(model, (1, 4, 1))
    (line,) = warnings(analysis)
    assert "pure_callback" in line
    assert "test_json.py:" in line
    document = analysis.to_dict()
    assert document["warnings"] == [line]
    assert len(document["approximate"]) == 1
    assert "pure_callback" in document["endpoints"][0]["axes"][0]["approximate"]


def test_json_is_strict():
    value = {"a": float("nan"), 2: (1.5, [float("inf")]), "b": None, "c": {"d": -float("inf")}}
    assert json.loads(to_json(value)) == {
        "a": None,
        "2": [1.5, [None]],
        "b": None,
        "c": {"d": None},
    }
    assert "NaN" not in to_json(value)


def test_results_of_every_kind_are_json_ready():
    results = [
        jaxrf.analyze(pair, (1, 5, 6, 2)),
        jaxrf.measure_support(pair, (1, 5, 6, 2)),
        jaxrf.measure_erf(pair, (1, 5, 6, 2), samples=2),
        jaxrf.compare(pair, (1, 5, 6, 2), samples=2),
    ]
    for result in results:
        document = result.to_dict()
        assert json.loads(to_json(document)).keys() == document.keys()
