"""``jaxrf.constant`` under JAX's transformations, in theory, measurement and prediction."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.errors import InvalidInput

N = 6
SHAPE = (1, N, 1)
BAND = np.tri(N, k=0, dtype=np.float32) * np.arange(1, N + 1, dtype=np.float32)
BAND[:, 0] = 0  # the first sample is read by nothing
READ = np.asarray(BAND) != 0
PLAIN = jnp.asarray(BAND)


def mixed(mask, x):
    """Row n of the mask reads the samples of ``x`` [1, N, 1]."""
    return jnp.einsum("nm,bmc->bnc", mask, x)


def product(x):
    return mixed(jaxrf.constant(BAND), x)


@jax.custom_jvp
def with_own_derivative(x):
    return product(x)


@with_own_derivative.defjvp
def _derivative(primals, tangents):
    return product(*primals), product(*tangents)


@jax.custom_vjp
def with_own_gradient(x):
    return product(x)


def _forwards(x):
    return product(x), None


def _backwards(_, gradient):
    return (mixed(jaxrf.constant(BAND.T), gradient),)


with_own_gradient.defvjp(_forwards, _backwards)


def scanned(x):
    """Row after row, the mark inside the body of the loop."""

    def step(row, _):
        return row + 1, jaxrf.constant(BAND)[row] @ x[0]

    return lax.scan(step, 0, None, length=N)[1][None]


def looped(x):
    """Once, in a loop that counts."""
    return lax.fori_loop(0, 1, lambda n, y: mixed(jaxrf.constant(BAND), y), x)


def branched(x):
    """Under a condition from the input."""
    return lax.cond(x.sum() * 0 > 1, product, lambda y: mixed(jaxrf.constant(BAND * 2), y), x)


def mapped(x):
    """Sample by sample, and the mark with them."""
    rows = jax.vmap(lambda row: jaxrf.constant(row))(jnp.asarray(BAND))
    return jax.vmap(lambda row: row @ x[0])(jaxrf.constant(rows))[None]


def sharded(x):
    mesh = jax.make_mesh((1,), ("i",))
    spec = jax.sharding.PartitionSpec()
    return jax.shard_map(product, mesh=mesh, in_specs=spec, out_specs=spec)(x)


def differentiated(x):
    """The gradient of a quadratic form: the mask and its transpose."""
    return jax.grad(lambda y: (product(y) ** 2).sum() / 2)(x)


MODELS = {
    "plain": product,
    "jit": jax.jit(product),
    "nested jit": jax.jit(lambda x: jax.jit(lambda y: jax.jit(product)(y))(x)),
    "jit of the mark": lambda x: mixed(jax.jit(jaxrf.constant)(BAND), x),
    "remat": jax.checkpoint(product),
    "scan": scanned,
    "fori_loop": looped,
    "vmap": mapped,
    "shard_map": sharded,
    "custom_jvp": with_own_derivative,
    "custom_vjp": with_own_gradient,
    "half precision": lambda x: mixed(jaxrf.constant(BAND.astype(jnp.bfloat16)), x),
    "computed later": lambda x: mixed(jnp.maximum(jaxrf.constant(BAND), 0) * 0.5, x),
    "marked at last": lambda x: mixed(jaxrf.constant(jnp.maximum(PLAIN, 0) * 0.5), x),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_its_zeros_are_no_connections(name):
    model = MODELS[name]
    analysis = jaxrf.analyze(model, SHAPE)
    found = [analysis.support(at=(n,)).mask for n in range(N)]
    np.testing.assert_array_equal(found, READ)
    x = np.linspace(-1, 1, N, dtype=np.float32).reshape(SHAPE)
    jacobian = jax.jacobian(lambda y: model(y).reshape(N))(x).reshape(N, N)
    np.testing.assert_array_equal(jacobian != 0, READ)
    assert jaxrf.measure_support(model, SHAPE, at=(N - 1,)).equal
    assert list(analysis) == ["output"]  # the mark is no end-point


def test_a_condition_leaves_no_more_than_its_branches():
    analysis = jaxrf.analyze(branched, SHAPE)
    assert analysis.support(at=(1,)).mask.all()  # the condition reads all
    assert jaxrf.measure_support(branched, SHAPE, at=(1,)).equal


def test_a_gradient_inside_the_model():
    analysis = jaxrf.analyze(differentiated, SHAPE)
    expected = (READ.T.astype(int) @ READ.astype(int)) > 0
    found = [analysis.support(at=(n,)).mask for n in range(N)]
    np.testing.assert_array_equal(found, expected)


def test_theory_measurement_and_effective_field_agree():
    report = jaxrf.compare(product, SHAPE)
    assert report.equal
    erf = jaxrf.measure_erf(product, SHAPE, at=(2,), samples=2)
    np.testing.assert_allclose(erf.map, BAND[2] ** 2, rtol=1e-5)


def test_prediction_knows_its_values():
    energy = jaxrf.predict_erf(product, SHAPE, at=(3,)).map
    share = BAND[3] ** 2 / (BAND[3] ** 2).sum()
    np.testing.assert_allclose(energy / energy.sum(), share, rtol=1e-5)


def test_what_depends_on_an_input_is_passed_through():
    analysis = jaxrf.analyze(lambda x: x + jaxrf.constant(x[:, ::-1]) * 0.5, SHAPE)
    assert analysis.support(at=(1,)).mask.tolist() == [False, True, False, False, True, False]


@pytest.mark.parametrize(
    "x",
    [2.0, 3, True, [1.0, 2.0], np.arange(3), np.float32(2), jnp.ones((2, 2)), {"a": (1, [2.0])}],
)
def test_arrays_and_trees_of_them(x):
    found = jaxrf.constant(x)
    assert jax.tree.structure(found) == jax.tree.structure(x)
    for got, given in zip(jax.tree.leaves(found), jax.tree.leaves(x), strict=True):
        assert isinstance(got, jax.Array)
        assert got.dtype == jnp.asarray(given).dtype
        np.testing.assert_array_equal(got, given)


@pytest.mark.parametrize("x", ["text", {"a": object()}, print])
def test_what_is_no_array(x):
    with pytest.raises(InvalidInput, match="^constant: .*need an array, or a pytree of arrays"):
        jaxrf.constant(x)


def causal(mask):
    """Attention under a mask that is added to the scores."""

    def model(x):
        return jax.nn.softmax(x @ x.mT + mask, axis=-1) @ x

    return model


LEAST = [-np.inf, -1e30, float(np.finfo(np.float32).min)]


@pytest.mark.parametrize(
    ("dtype", "least"),
    [
        *((dtype, least) for dtype in ("float32", "bfloat16") for least in LEAST),
        ("float16", -np.inf),
    ],
)
def test_a_stored_mask_of_infinite_numbers_is_no_weight(dtype, least):
    mask = jnp.where(np.tri(N, dtype=bool), 0, least).astype(dtype)
    analysis = jaxrf.analyze(causal(mask), (1, N, 2), spatial_axes=(1,))
    assert [analysis.support(at=(n,)).mask.sum() for n in range(N)] == [*range(1, N + 1)]
    assert jaxrf.measure_support(causal(mask), (1, N, 2), spatial_axes=(1,), at=(2,)).equal


def test_a_stored_mask_of_large_numbers_may_be_learned():
    mask = jnp.where(np.tri(N, dtype=bool), 0, -1e9)
    analysis = jaxrf.analyze(causal(mask), (1, N, 2), spatial_axes=(1,))
    assert analysis.support(at=(0,)).mask.all()
