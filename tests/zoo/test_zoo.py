"""The registry of the zoo, and its tables against published fields and counting by hand.

Covers: zoo.*.
"""

import functools
import math
import subprocess
import sys

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf import zoo
from jaxrf.errors import InvalidInput, TargetError
from jaxrf.zoo.rows import AvgPool
from tests.helpers import slim
from tests.helpers.rowfields import size_and_stride
from tests.helpers.slow import some_slow
from tests.helpers.zooexpected import EXPECTED
from tests.helpers.zootraces import NARROW, endpoints, variables

# --- registry


def test_names_descriptions_and_constructors():
    assert set(zoo.names()) == set(EXPECTED)
    assert tuple(name for name in zoo.names() if name in slim.NAMES) == slim.NAMES
    for name in zoo.names():
        line = zoo.describe(name)
        assert "\n" not in line
        assert "arXiv:" in line
        assert "20" in line
        constructor = name.replace("-", "_")
        assert repr(getattr(zoo, constructor)(width=0.5)) == f"jaxrf.zoo.{constructor}(width=0.5)"
        assert constructor in dir(zoo)
    assert zoo.load("vgg_16") == zoo.vgg_16()


def test_a_name_with_hyphens_is_also_an_identifier():
    assert zoo.load("inception_resnet_v2_same") == zoo.load("inception_resnet_v2-same")
    assert zoo.describe("inception_v2_no_separable_conv") == zoo.describe(
        "inception_v2-no-separable-conv"
    )
    assert zoo.inception_resnet_v2_same().name == "inception_resnet_v2-same"


@pytest.mark.parametrize("ask", [zoo.load, zoo.describe])
def test_unknown_name_is_one_line_that_lists_what_there_is(ask):
    with pytest.raises(TargetError) as error:
        ask("resnet50")
    message = str(error.value)
    assert "'resnet50'" in message
    assert "\n" not in message
    assert all(name in message for name in zoo.names())
    with pytest.raises(AttributeError, match="resnet50"):
        zoo.resnet50  # noqa: B018


@pytest.mark.parametrize("width", [0, -1.0, float("nan"), float("inf")])
def test_width_must_be_positive(width):
    with pytest.raises(InvalidInput, match="width of vgg_16"):
        zoo.vgg_16(width=width)


def test_listing_does_not_import_flax():
    code = (
        "import sys, jaxrf\n"
        "before = 'flax' in sys.modules\n"
        "from jaxrf import zoo\n"
        "[zoo.describe(name) for name in zoo.names()], zoo.vgg_16\n"
        "assert before or 'flax' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- structure


@pytest.mark.parametrize(
    ("name", "size", "height"),
    [
        ("alexnet_v2", "32*h", "h - 2"),
        ("vgg_16", "32*h + 1", "h"),
        ("mobilenet_v1", "32*h + 1", "h + 1"),
        ("resnet_v1_50", "32*h", "h"),
        ("resnet_v1_50", "32*h + 1", "h + 1"),
        ("resnet_v2_50", "32*h", "h"),
        ("inception_v2", "32*h", "h"),
        ("inception_v3", "32*h", "h - 2"),
        ("inception_resnet_v2_same", "32*h", "h"),
    ],
)
def test_shapes_at_symbolic_sizes(name, size, height):
    # No Python branch may depend on the size of the image.
    (n,) = jax.export.symbolic_shape(size, constraints=["h >= 4"])
    module = zoo.load(name, width=NARROW)
    x = jax.ShapeDtypeStruct((1, n, n, 3), jnp.float32)
    out = jax.eval_shape(module.apply, variables(name), x)
    assert [str(d) for d in out.shape[1:3]] == [height] * 2


def test_image_too_small_says_where():
    module = zoo.alexnet_v2(width=NARROW)
    x = jax.ShapeDtypeStruct((1, 64, 64, 3), jnp.float32)
    with pytest.raises(InvalidInput, match=r"alexnet_v2/pool5: .*\(1, 2, 2, 16\)"):
        jax.eval_shape(module.init, jax.random.key(0), x)


def test_parameters_live_under_slims_scopes():
    blocks = {1: {"shortcut", "conv1", "conv2", "conv3"}, 4: {"conv1", "conv2", "conv3"}}
    for version, more in (("v1", set()), ("v2", {"preact"})):
        parameters = variables(f"resnet_{version}_50")["params"]
        for unit, expected in blocks.items():
            found = parameters["block2"][f"unit_{unit}"][f"bottleneck_{version}"]
            assert set(found) == expected | more
    parameters = variables("inception_resnet_v2")["params"]
    block = parameters["Repeat_1"]["block17_20"]
    assert set(block) == {"Branch_0", "Branch_1", "Conv2d_1x1"}
    assert set(block["Branch_1"]) == {"Conv2d_0a_1x1", "Conv2d_0b_1x7", "Conv2d_0c_7x1"}
    assert set(block["Conv2d_1x1"]["conv"]) == {"kernel", "bias"}


def test_width_scales_every_channel_count():
    for name in ("alexnet_v2", "mobilenet_v1", "resnet_v1_50"):
        full = [shape[-1] for _, shape in endpoints(name, 224, 1.0)]
        for width in (NARROW, 0.01):
            narrow = [shape[-1] for _, shape in endpoints(name, 224, width)]
            assert narrow == [max(1, round(width * c)) for c in full]


@pytest.mark.parametrize("width", some_slow([0.03, 0.01, 0.3], (0.01, 0.3)))
def test_widths_at_which_joined_parts_are_not_the_scaled_sum(width):
    # 96 + 64 + 96 + 64 channels scaled one by one are not 320 scaled: additions fit all the same.
    shapes = dict(endpoints("inception_resnet_v2", 96, width))
    parts = [max(1, round(width * c)) for c in (96, 64, 96, 64)]
    assert shapes["Mixed_5b"][-1] == sum(parts)
    assert shapes["Conv2d_7b_1x1"][-1] == max(1, round(width * 1536))


# --- receptive fields, counted by hand on the tables


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("axis", [0, 1])
def test_receptive_field_by_hand(name, axis):
    expected = EXPECTED[name]
    assert size_and_stride(zoo.definition(name).rows, axis) == (expected.size, expected.stride)


# A network that TF-Slim does not have always runs.
QUICK = ("alexnet_v2", "resnet_v1_50")
SLOW = set(slim.NAMES) - set(QUICK)


@pytest.mark.parametrize("name", some_slow(EXPECTED, SLOW))
def test_receptive_field_as_analysed(name):
    output = jaxrf.analyze(zoo.load(name, width=NARROW), zoo.input_shape(name)).output
    expected = EXPECTED[name]
    assert output.size == (expected.size,) * 2
    assert output.stride == (expected.stride,) * 2
    assert output.padding == (expected.padding,) * 2
    assert output.aligned


# --- numbers


# Compiling is all that takes time in the test below.
UNOPTIMISED = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}


@pytest.mark.parametrize("name", some_slow(EXPECTED, SLOW))
def test_features_and_gradients_keep_their_size(name):
    # At 192 pixels the 1x7 convolutions of the Inceptions do not read mostly padding.
    module = zoo.load(name, width=NARROW)
    pixels = 192 if name in slim.INCEPTIONS else 80
    x = jax.random.normal(jax.random.key(1), (1, pixels, pixels, 3))

    @functools.partial(jax.jit, compiler_options=UNOPTIMISED)
    def run(key):
        variables = module.init(key, x)
        y, pull = jax.vjp(lambda x: module.apply(variables, x), x)
        (gradient,) = pull(jax.random.rademacher(key, y.shape, y.dtype))
        return jnp.sqrt(jnp.mean(y**2)), jnp.sqrt(jnp.sum(gradient**2) / y.size)

    for value in np.asarray(run(jax.random.key(0))):
        assert np.isfinite(value)
        assert 0.01 < value < 100


def test_resnet_branches_have_the_share_that_batchnorm_gives_them():
    # The mean square of a stream to which each unit adds a branch of variance 1, rectified: what
    # normalising BatchNorm does. A branch's share of it is the gain that the table draws it with.
    rng = np.random.default_rng(0)
    stream = np.maximum(rng.normal(size=100_000) + rng.normal(size=100_000), 0)
    units = zoo.definition("resnet_v1_101").rows[4].rows
    for group in units[1:]:
        (residual,) = group.rows
        assert residual.body[-1].gain == pytest.approx(1 / np.mean(stream**2), rel=0.25)
        stream = np.maximum(stream + rng.normal(size=stream.size), 0)


def test_resnet_v2_branches_have_the_share_that_batchnorm_gives_them():
    # A branch of variance 1 joins a stream of u - 1 projections and branches of variance 1; it
    # starts from the rectified stream, of half the mean square.
    units = zoo.definition("resnet_v2_101").rows[4].rows
    for number, group in enumerate(units[1:], start=2):
        (residual,) = group.rows
        assert residual.body[-1].gain / 2 == pytest.approx(1 / number)
    (first,) = units[0].rows
    assert first.body[-1].gain / 2 + first.shortcut[0].gain / 2 == 1


def test_averages_bring_what_their_gain_makes_up_for():
    # 3x3 averages of independent rectified normal values, beside the values.
    values = np.maximum(np.random.default_rng(0).normal(size=(9, 100_000)), 0)
    kept = np.mean(values.mean(axis=0) ** 2) / np.mean(values**2)
    assert kept == pytest.approx(1 / math.pi + (1 - 1 / math.pi) / 9, rel=0.02)
    (joined,) = zoo.definition("inception_v4").rows[6].rows
    pool, conv = joined.rows[3].rows
    assert isinstance(pool, AvgPool)
    assert conv.gain * kept == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize(
    "name",
    some_slow(
        ("vgg_16", "mobilenet_v1", "resnet_v1_50", "resnet_v2_50", "inception_v3"),
        ("resnet_v1_50", "resnet_v2_50", "inception_v3"),
    ),
)
def test_float64_stays_float64(name):
    with jax.enable_x64(True):
        module = zoo.load(name, width=NARROW)
        x = jax.ShapeDtypeStruct((1, 96, 96, 3), jnp.float64)
        weights = jax.eval_shape(module.init, jax.random.key(0), x)
        jaxpr = jax.make_jaxpr(module.apply)(weights, x).jaxpr
        assert jaxpr.outvars[0].aval.dtype == jnp.float64
        assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(weights))
        down = [
            equation
            for equation in jaxpr.eqns
            if equation.primitive.name == "convert_element_type"
            and equation.invars[0].aval.dtype == jnp.float64
            and equation.params["new_dtype"] == jnp.float32
        ]
        assert not down
        x = jax.ShapeDtypeStruct((1, 96, 96, 3), jnp.float32)
        assert jax.eval_shape(module.apply, weights, x).dtype == jnp.float32
