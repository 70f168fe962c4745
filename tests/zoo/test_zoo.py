"""The networks of the zoo against published numbers, TF-Slim's names, and counting by hand."""

import functools
import subprocess
import sys

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf import zoo
from jaxrf.errors import InvalidInput, TargetError
from jaxrf.zoo.rows import Conv, Group, MaxPool, Residual

RESNET_UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
NAMES = ("alexnet_v2", "vgg_16", "mobilenet_v1", *(f"resnet_v1_{n}" for n in RESNET_UNITS))
NARROW = 1 / 16


@functools.cache
def traced(name: str, size: int, width: float = NARROW):
    """Abstract variables, jaxpr and output shape of a network; nothing is executed."""
    module = zoo.load(name, width=width)
    x = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
    variables = jax.eval_shape(module.init, jax.random.key(0), x)
    jaxpr, out = jax.make_jaxpr(module.apply, return_shape=True)(variables, x)
    return variables, jaxpr, out


def name_equations(jaxpr) -> list[tuple[str, tuple[int, ...]]]:
    """(name, shape) of every ``name`` equation, in order, sub-jaxprs included."""
    found = []
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        if equation.primitive.name == "name":
            found.append((equation.params["name"], equation.outvars[0].aval.shape))
        for value in equation.params.values():
            for inner in value if isinstance(value, (tuple, list)) else (value,):
                if hasattr(getattr(inner, "jaxpr", inner), "eqns"):
                    found += name_equations(inner)
    return found


def slim_endpoints(name: str) -> list[str]:
    """What TF-Slim collects, as its own tests list it (test_build..., testEndpointNames)."""
    if name == "alexnet_v2":
        layers = "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5".split()
        return [f"alexnet_v2/{layer}" for layer in layers]
    if name == "vgg_16":
        return [
            f"vgg_16/{layer}"
            for group, depth in enumerate((2, 2, 3, 3, 3), start=1)
            for layer in (
                *(f"conv{group}/conv{group}_{i}" for i in range(1, depth + 1)),
                f"pool{group}",
            )
        ]
    if name == "mobilenet_v1":
        pairs = [f"Conv2d_{i}_{kind}" for i in range(1, 14) for kind in ("depthwise", "pointwise")]
        return ["Conv2d_0", *pairs]
    endpoints = [f"{name}/conv1"]
    for block, units in enumerate(RESNET_UNITS[int(name.rsplit("_", 1)[1])], start=1):
        for unit in range(1, units + 1):
            scope = f"{name}/block{block}/unit_{unit}/bottleneck_v1"
            projection = ["shortcut"] if unit == 1 else []
            endpoints += [f"{scope}/{layer}" for layer in (*projection, "conv1", "conv2", "conv3")]
            endpoints.append(scope)
        endpoints.append(f"{name}/block{block}")
    return endpoints


# --- registry


def test_names_descriptions_and_constructors():
    assert zoo.names() == NAMES
    for name in NAMES:
        line = zoo.describe(name)
        assert "\n" not in line and "arXiv:" in line and "20" in line
        assert repr(getattr(zoo, name)(width=0.5)) == f"jaxrf.zoo.{name}(width=0.5)"
        assert name in dir(zoo)
    assert zoo.load("vgg_16") == zoo.vgg_16()


@pytest.mark.parametrize("ask", [zoo.load, zoo.describe])
def test_unknown_name_is_one_line_that_lists_what_there_is(ask):
    with pytest.raises(TargetError) as error:
        ask("resnet50")
    message = str(error.value)
    assert "'resnet50'" in message and "\n" not in message
    assert all(name in message for name in NAMES)
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


OUTPUTS = {  # (height at 224, height at 321, channels)
    "alexnet_v2": (5, 8, 256),
    "vgg_16": (7, 10, 512),
    "mobilenet_v1": (7, 11, 1024),
    **{f"resnet_v1_{n}": (7, 11, 2048) for n in RESNET_UNITS},
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in ("resnet_v1_101", "resnet_v1_152") else n
     for n in NAMES],
)  # fmt: skip
def test_output_shapes(name):
    at_224, at_321, channels = OUTPUTS[name]
    assert traced(name, 224)[2].shape == (1, at_224, at_224, channels // 16)
    assert traced(name, 321)[2].shape == (1, at_321, at_321, channels // 16)
    assert traced(name, 224, 1.0)[2].shape == (1, at_224, at_224, channels)


@pytest.mark.parametrize(
    ("name", "size", "height"),
    [
        ("alexnet_v2", "32*h", "h - 2"),
        ("vgg_16", "32*h + 1", "h"),
        ("mobilenet_v1", "32*h + 1", "h + 1"),
        ("resnet_v1_50", "32*h", "h"),
        ("resnet_v1_50", "32*h + 1", "h + 1"),
    ],
)
def test_shapes_at_symbolic_sizes(name, size, height):
    # No Python branch may depend on the size of the image.
    (n,) = jax.export.symbolic_shape(size, constraints=["h >= 4"])
    module = zoo.load(name, width=NARROW)
    x = jax.ShapeDtypeStruct((1, n, n, 3), jnp.float32)
    out = jax.eval_shape(module.apply, traced(name, 224)[0], x)
    assert [str(d) for d in out.shape[1:3]] == [height] * 2


def test_image_too_small_says_where():
    module = zoo.alexnet_v2(width=NARROW)
    x = jax.ShapeDtypeStruct((1, 64, 64, 3), jnp.float32)
    with pytest.raises(InvalidInput, match=r"alexnet_v2/pool5: .*\(1, 2, 2, 16\)"):
        jax.eval_shape(module.init, jax.random.key(0), x)


@pytest.mark.parametrize("name", NAMES)
def test_endpoints_are_those_of_slim(name):
    named = name_equations(traced(name, 224)[1])
    assert sorted(n for n, _ in named) == sorted(slim_endpoints(name))
    assert named[-1] == (slim_endpoints(name)[-1], traced(name, 224)[2].shape)


def test_endpoints_of_the_article_are_there():
    # The names that the article's table reports, copied rather than generated.
    vgg = """conv1/conv1_1 pool1 conv2/conv2_1 pool2 conv3/conv3_1 conv3/conv3_2 pool3
        conv4/conv4_1 conv4/conv4_2 pool4 conv5/conv5_1 conv5/conv5_2 pool5"""
    mobilenet = """Conv2d_0 Conv2d_1_pointwise Conv2d_2_pointwise Conv2d_3_pointwise
        Conv2d_4_pointwise Conv2d_5_pointwise Conv2d_6_pointwise Conv2d_7_pointwise
        Conv2d_8_pointwise Conv2d_9_pointwise Conv2d_10_pointwise Conv2d_11_pointwise
        Conv2d_12_pointwise Conv2d_13_pointwise"""
    reported = {
        "alexnet_v2": [
            f"alexnet_v2/{n}" for n in "conv1 pool1 conv2 conv3 conv4 conv5 pool5".split()
        ],
        "vgg_16": [f"vgg_16/{n}" for n in vgg.split()],
        "mobilenet_v1": mobilenet.split(),
    }
    for layers in RESNET_UNITS:
        name = f"resnet_v1_{layers}"
        reported[name] = [f"{name}/block{i}" for i in (1, 2, 3, 4)]
    for name, endpoints in reported.items():
        assert set(endpoints) <= {n for n, _ in name_equations(traced(name, 224)[1])}


@pytest.mark.parametrize("layers", RESNET_UNITS)
@pytest.mark.parametrize(("size", "heights"), [(224, (28, 14, 7, 7)), (321, (41, 21, 11, 11))])
def test_resnet_strides_in_the_last_unit(layers, size, heights):
    # Block heights as in TF-Slim's own tests of complete networks.
    name = f"resnet_v1_{layers}"
    shapes = dict(name_equations(traced(name, size)[1]))
    before = (size + 3) // 4
    for block, height in enumerate(heights, start=1):
        units = RESNET_UNITS[layers][block - 1]
        for unit in range(1, units + 1):
            expected = height if unit == units else before
            assert shapes[f"{name}/block{block}/unit_{unit}/bottleneck_v1"][1] == expected
        assert shapes[f"{name}/block{block}"][1] == height
        before = height


PARAMETERS = {
    # By hand, (k * k * c_in + 1) * c_out. The other way: torchvision's AlexNet has 61,100,840, less
    # its fc6..fc8 (58,631,144) and with 384 channels in conv4 instead of 256 (+ 737,408).
    "alexnet_v2": 23_296 + 307_392 + 663_936 + 1_327_488 + 884_992,
    # Published 138,357,544, less fc6 (7x7x512 -> 4096), fc7 and fc8 with their biases.
    "vgg_16": 138_357_544 - (25_088 * 4096 + 4096) - (4096 * 4096 + 4096) - (4096 * 1000 + 1000),
    # Published 4,231,976, less the classifier. It holds the 3,185,088 weights that TF-Slim lists
    # and gamma and beta of 10,944 channels; the 3,217,920 of TF-Slim's own test count beta, mean
    # and variance, since that test leaves gamma out.
    "mobilenet_v1": 4_231_976 - (1024 * 1000 + 1000),
    # torchvision's totals (gamma and beta, no running statistics), less the classifier. Where the
    # stride stands does not change them.
    "resnet_v1_50": 25_557_032 - (2048 * 1000 + 1000),
    "resnet_v1_101": 44_549_160 - (2048 * 1000 + 1000),
    "resnet_v1_152": 60_192_808 - (2048 * 1000 + 1000),
}


@pytest.mark.parametrize("name", NAMES)
def test_parameter_counts(name):
    parameters = traced(name, 224, 1.0)[0]["params"]
    assert sum(leaf.size for leaf in jax.tree.leaves(parameters)) == PARAMETERS[name]
    if name == "mobilenet_v1":
        kernels = [leaf.size for leaf in jax.tree.leaves(parameters) if leaf.ndim == 4]
        assert sum(kernels) == 3_185_088
        assert PARAMETERS[name] == 3_185_088 + 2 * 10_944
        assert 3_185_088 + 3 * 10_944 == 3_217_920
    if name == "alexnet_v2":
        assert PARAMETERS[name] == 61_100_840 - 58_631_144 + 737_408


def test_parameters_live_under_slims_scopes():
    parameters = traced("resnet_v1_50", 224)[0]["params"]
    assert set(parameters["block2"]["unit_1"]["bottleneck_v1"]) == {
        "shortcut",
        "conv1",
        "conv2",
        "conv3",
    }
    assert "shortcut" not in parameters["block2"]["unit_4"]["bottleneck_v1"]


def test_width_scales_every_channel_count():
    for name in ("alexnet_v2", "vgg_16", "mobilenet_v1", "resnet_v1_50"):
        full = [shape[-1] for _, shape in name_equations(traced(name, 224, 1.0)[1])]
        for width in (NARROW, 0.01):
            narrow = [shape[-1] for _, shape in name_equations(traced(name, 224, width)[1])]
            assert narrow == [max(1, round(width * c)) for c in full]


# --- receptive fields, counted by hand on the tables


def size_and_stride(rows, size=1, stride=1):
    """Along the longest path, row by row: r += (k - 1) S, S *= s."""
    for row in rows:
        match row:
            case Conv() | MaxPool():
                size, stride = size + (row.kernel - 1) * stride, stride * row.stride
            case Group():
                size, stride = size_and_stride(row.rows, size, stride)
            case Residual():
                short = size_and_stride(row.shortcut, size, stride)
                size, stride = size_and_stride(row.body, size, stride)
                assert short[1] == stride, "both paths of a unit have the same stride"
                size = max(size, short[0])
    return size, stride


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # The table of the article.
        ("alexnet_v2", (195, 32)),
        ("vgg_16", (212, 32)),
        ("mobilenet_v1", (315, 32)),
        ("resnet_v1_50", (483, 32)),
        ("resnet_v1_101", (1027, 32)),
        ("resnet_v1_152", (1507, 32)),
    ],
)
def test_receptive_field_by_hand(name, expected):
    assert size_and_stride(zoo.definition(name).rows) == expected


# --- numbers


# Compiling is all that takes time in the test below.
UNOPTIMISED = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
DEEP = pytest.param("resnet_v1_152", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", ["alexnet_v2", "vgg_16", "mobilenet_v1", "resnet_v1_50", DEEP])
def test_features_and_gradients_keep_their_size(name):
    module = zoo.load(name, width=NARROW)
    x = jax.random.normal(jax.random.key(1), (1, 80, 80, 3))

    @functools.partial(jax.jit, compiler_options=UNOPTIMISED)
    def run(key):
        variables = module.init(key, x)
        y, pull = jax.vjp(lambda x: module.apply(variables, x), x)
        (gradient,) = pull(jax.random.rademacher(key, y.shape, y.dtype))
        return jnp.sqrt(jnp.mean(y**2)), jnp.sqrt(jnp.sum(gradient**2) / y.size)

    for value in np.asarray(run(jax.random.key(0))):
        assert np.isfinite(value) and 0.01 < value < 100


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


def test_float64_stays_float64():
    with jax.enable_x64(True):
        for name in ("vgg_16", "mobilenet_v1", "resnet_v1_50"):
            module = zoo.load(name, width=NARROW)
            x = jax.ShapeDtypeStruct((1, 64, 64, 3), jnp.float64)
            variables = jax.eval_shape(module.init, jax.random.key(0), x)
            jaxpr = jax.make_jaxpr(module.apply)(variables, x).jaxpr
            assert jaxpr.outvars[0].aval.dtype == jnp.float64
            assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(variables))
            down = [
                equation
                for equation in jaxpr.eqns
                if equation.primitive.name == "convert_element_type"
                and equation.invars[0].aval.dtype == jnp.float64
                and equation.params["new_dtype"] == jnp.float32
            ]
            assert not down
