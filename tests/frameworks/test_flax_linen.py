"""Flax Linen modules and their relatives as callables with named end-points.

Covers: frameworks.endpoints.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest
from jax.ad_checkpoint import checkpoint_name

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.measure.support import measure_support
from jaxrf.theory.analyze import analyze
from tests.helpers.toynets import conv


class Block(nn.Module):
    """Convolution, BatchNorm with a required mode argument, ReLU."""

    features: int
    stride: int = 1

    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.Conv(self.features, (3, 3), self.stride, name="conv")(x)
        x = nn.BatchNorm(use_running_average=not train, name="norm")(x)
        return nn.relu(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        for i, stride in enumerate((2, 1, 2)):
            x = Block(4, stride, name=f"block{i}")(x, train)
        return nn.Conv(2, (1, 1), name="head")(nn.Dropout(0.5, deterministic=not train)(x))


SHAPE = (1, 32, 32, 3)


def sizes(analysis):
    return {name: field.size[0] for name, field in analysis.items()}


def test_every_module_is_an_end_point_under_its_path():
    # r by eq 2: 3, then + 2 * 2, then + 2 * 2; BatchNorm at inference is elementwise
    blocks = {"block0": 3, "block1": 7, "block2": 11}
    expected = {f"{b}{part}": r for b, r in blocks.items() for part in ("", "/conv", "/norm")}
    analysis = analyze(Net(), SHAPE)
    assert sizes(analysis) == {**expected, "Dropout_0": 11, "head": 11}
    assert analysis.output.name == "head"
    assert analysis["block1/conv"].size == analysis["block1"].size


def test_required_mode_arguments_mean_inference():
    analysis = analyze(Net(), SHAPE)
    assert not analysis.output.is_global
    assert not any(node.op == "reduce_sum" for node in analysis.graph)


@pytest.mark.parametrize(
    ("argument", "at_inference"),
    [("train", False), ("training", False), ("is_training", False), ("deterministic", True)],
)
def test_every_common_mode_argument_is_known(argument, at_inference):
    scope: dict = {"nn": nn}
    exec(  # a signature with this very name
        f"def call(self, x, {argument}):\n    self.seen.append({argument})\n    return x", scope
    )

    class Model(nn.Module):
        seen: tuple = ()
        __call__ = scope["call"]

    seen: list = []
    model = Model()
    object.__setattr__(model, "seen", _Recorder(seen))
    analyze(model, (1, 4, 1))
    assert set(seen) == {at_inference}


class _Recorder:
    """Appends to a list; survives Flax's copies of the module."""

    def __init__(self, target):
        self.append = target.append


def test_an_explicit_default_stays_as_it_is():
    class TrainsByDefault(nn.Module):
        @nn.compact
        def __call__(self, x, blur: bool = True, train: bool = False):
            return conv(x) if blur and not train else x

    assert analyze(TrainsByDefault(), (1, 9, 1)).output.size == (3,)


class Shared(nn.Module):
    """One convolution, applied twice with the same weights."""

    def setup(self):
        self.conv = nn.Conv(1, (3,))

    def __call__(self, x):
        return self.conv(self.conv(x))


def test_a_shared_module_is_two_end_points():
    assert sizes(analyze(Shared(), (1, 16, 1))) == {"conv": 3, "conv#2": 5}


def test_names_may_be_shortened_where_they_are_unique():
    analysis = analyze(Net(), SHAPE)
    assert analysis.find("block2") == "block2"
    with pytest.raises(InvalidInput, match=r"'conv', several match; need one of block0/conv, "):
        analysis.find("conv")
    with pytest.raises(InvalidInput, match=r"'block9', none matches; need one of "):
        analysis.find("block9")


class Marked(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = checkpoint_name(nn.Conv(2, (3,), name="first")(x), "stage1")
        return checkpoint_name(nn.Conv(2, (3,), name="second")(x), "stage2")


def test_names_that_the_model_gives_come_before_those_of_its_modules():
    assert sizes(analyze(Marked(), (1, 16, 1))) == {"stage1": 3, "stage2": 5}
    every = sizes(analyze(Marked(), (1, 16, 1), all_endpoints=True))
    assert every == {"first": 3, "stage1": 3, "second": 5, "stage2": 5}


def test_a_marked_end_point_is_measured_inside_the_model():
    measured = measure_support(Marked(), (1, 16, 1), endpoint="stage1")
    assert measured.equal
    assert measured.support.count == measured.plain.count == (3,)


class Pyramid(nn.Module):
    @nn.compact
    def __call__(self, x):
        fine = nn.Conv(2, (3,), name="conv")(x)
        return {"fine": fine, "coarse": fine[:, ::2]}


def test_a_module_may_return_a_dict_of_end_points():
    analysis = analyze(Pyramid(), (1, 16, 1))
    assert analysis.output.name == "coarse"
    assert analysis.output.stride == (2,)
    assert {"fine", "coarse"} <= set(analysis.names)
    assert measure_support(Pyramid(), (1, 16, 1), endpoint="fine").equal


class InitApply:
    """Anything with init and apply, as Haiku and Stax have it."""

    def init(self, key, x):
        return {"w": jax.random.normal(key, (3, x.shape[-1], 2))}

    def apply(self, variables, x):
        return jax.lax.conv_general_dilated(
            x, variables["w"], (2,), "VALID", dimension_numbers=("NHC", "HIO", "NHC")
        )


def test_an_object_with_init_and_apply():
    analysis = analyze(InitApply(), (1, 11, 3))
    assert (analysis.output.size, analysis.output.stride) == ((3,), (2,))
    assert measure_support(InitApply(), (1, 11, 3)).equal


def test_a_plain_function_may_name_its_end_points():
    def model(x):
        a = conv(x)
        b = conv(a, stride=2)
        return {"a": a, "b": b, "c": conv(b)}

    analysis = analyze(model, (1, 20, 1))
    assert sizes(analysis) == {"a": 3, "b": 5, "c": 9}
    assert analysis.output.name == "c"


def test_nothing_is_initialised_and_nothing_runs():
    class Huge(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(1 << 16)(nn.Dense(1 << 16)(x))  # 16 GiB of weights

    assert analyze(Huge(), (1, 64, 64, 3)).output.size == (1, 1)


def test_a_module_that_raises_is_told_in_one_line():
    class Broken(nn.Module):
        def __call__(self, x):
            raise RuntimeError("first line\nsecond line")

    with pytest.raises(ModelError) as caught:
        analyze(Broken(), (1, 8, 1))
    assert "\n" not in str(caught.value)
    assert str(caught.value).split(" (at ")[0].endswith("the model raised RuntimeError: first line")
    assert "Broken" in str(caught.value)


def test_what_is_no_model_is_told():
    with pytest.raises(InvalidInput, match=r"^model: got int, need a callable f\(x\)"):
        analyze(3, (1, 8, 1))


def test_submodules_see_their_global_operations():
    class SqueezeExcite(nn.Module):
        @nn.compact
        def __call__(self, x):
            return x * nn.sigmoid(nn.Dense(x.shape[-1])(jnp.mean(x, (1, 2), keepdims=True)))

    class Model(nn.Module):
        @nn.compact
        def __call__(self, x):
            return SqueezeExcite(name="se")(nn.Conv(4, (3, 3), name="conv")(x))

    analysis = analyze(Model(), (1, 12, 12, 3))
    assert not analysis["conv"].is_global
    assert analysis["se"].is_global
    assert all("se" in via and "test_flax_linen.py:" in via for via in analysis["se"].global_via)
    assert analysis["se"].size == (3, 3)
