"""Which stored numbers are architecture, which are weights, and what ``jaxrf.constant`` says.

Covers: frameworks.array_kinds, program.folded_operands.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.frameworks.array_kinds import Kind, kind_of
from jaxrf.measure.observed import Observer
from jaxrf.program.folded_operands import FoldedOperands
from jaxrf.program.trace import trace
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.support import solve_support

N = 3
FLOATS = np.array([[1.0, 0, 0], [2, 1, 0], [0, 0, 3]], np.float32)
BYTES = np.array([[3, 0, 0], [-2, 1, 0], [0, 0, 5]], np.int8)
LOWER = np.tri(N, dtype=np.int32)
HELD = jnp.asarray(FLOATS)
QUANTISED = jnp.asarray(BYTES)
ALL = np.ones((N, N), bool)


def weighed(weights):
    """X -> weights @ x, of whatever dtype the weights are."""
    return lambda x: weights().astype(x.dtype) @ x


CASES = {
    "captured floats": (weighed(lambda: HELD), ALL),
    "captured numpy floats": (weighed(lambda: jnp.asarray(FLOATS)), ALL),
    "a kernel of int8": (weighed(lambda: QUANTISED.astype("float32") * jnp.float32(0.1)), ALL),
    "a kernel with a zero point": (
        weighed(lambda: (QUANTISED.astype(int) - 3).astype("float32") * 0.1), ALL),
    "a kernel of int8, masked": (weighed(lambda: QUANTISED * jnp.asarray(LOWER)), LOWER),
    "a scale that is zero": (weighed(lambda: HELD * np.float32(0)), ALL),
    "a captured scale that is zero": (weighed(lambda: HELD * jnp.float32(0)), ALL),
    "a mask of integers": (weighed(lambda: jnp.asarray(LOWER)), LOWER),
    "a mask of bools": (weighed(lambda: jnp.asarray(LOWER.astype(bool))), LOWER),
    "segments compared": (
        weighed(lambda: jnp.array([0, 7, 7])[:, None] == jnp.array([0, 7, 7])),
        [[1, 0, 0], [0, 1, 1], [0, 1, 1]]),
    "declared floats": (weighed(lambda: jaxrf.constant(HELD)), FLOATS),
    "declared numpy floats": (weighed(lambda: jaxrf.constant(FLOATS)), FLOATS),
    "declared bytes": (weighed(lambda: jaxrf.constant(QUANTISED)), BYTES),
    "declared later": (weighed(lambda: jaxrf.constant(jnp.abs(HELD) * 2).T), FLOATS.T),
    "declared inside jit": (weighed(jax.jit(lambda: jaxrf.constant(HELD))), FLOATS),
    "declared times a weight": (weighed(lambda: jaxrf.constant(HELD) * HELD[0, 0]), FLOATS),
}  # fmt: skip


@pytest.fixture(params=[False, True], ids=["captured", "as literals"])
def how(request):
    """Captured arrays as JAX hands them over, either way."""
    jax.config.update("jax_use_simplified_jaxpr_constants", request.param)
    yield
    jax.config.update("jax_use_simplified_jaxpr_constants", False)


@pytest.mark.parametrize("name", CASES)
def test_what_a_stored_zero_says(name, how):
    f, expected = CASES[name]
    traced = trace(f, (N, 1))
    graph, node = graph_of(traced).graph, graph_of(traced).node_of[traced.program.outputs[0]]
    for row in range(N):
        wanted = np.zeros((N, 1), bool)
        wanted[row] = True
        seen = solve_support(graph, node, wanted)[:, 0]
        np.testing.assert_array_equal(seen, np.asarray(expected)[row] != 0)
    (dot,) = [eq for eq in traced.program.equations if eq.name == "dot_general"]
    theory = FoldedOperands(dot, program=traced.program).nonzero(0)
    measured = Observer(traced.program).known_elements(dot.inputs[0])
    zero = None if measured is None else ~(measured.known & (measured.value == 0))
    for found in (theory, zero):
        opened = ALL if found is None else np.broadcast_to(found, (N, N))
        np.testing.assert_array_equal(opened, np.asarray(expected) != 0)


def test_known_integers_choose_whatever_they_are():
    places = jnp.array([2, 0, 0])
    analysis = jaxrf.analyze(lambda x: x[:, places], (1, N, 1))
    assert [analysis.support(at=(n,)).box[0].low for n in range(N)] == [2, 0, 0]


def test_resizing_by_numbers_in_an_array_is_known():
    def corners(x):  # corners on corners: arrays made of Python numbers inside the model
        return jax.image.scale_and_translate(
            x, (1, 10, 1), (1,), jnp.array([9 / 4]), jnp.array([-5 / 8]), "bilinear",
            antialias=False)  # fmt: skip

    analysis = jaxrf.analyze(corners, (1, 5, 1))
    weights = np.asarray(jax.jacobian(lambda x: corners(x[None, :, None])[0, :, 0])(jnp.zeros(5)))
    for n in range(10):
        seen = analysis.support(at=(n,)).mask
        assert seen[weights[n] != 0].all()
        assert (
            n == 9 or (seen == (weights[n] != 0)).all()
        )  # the last lies on a pixel but for rounding
        assert jaxrf.measure_support(corners, (1, 5, 1), at=(n,), plain=False).equal


def test_a_few_stored_floats_alone_are_weights():
    gate = np.array([0.5, -0.5, 0.25], np.float32)
    analysis = jaxrf.analyze(lambda x: x * jax.nn.relu(jnp.array(gate))[:, None], (1, N, 1))
    assert analysis.support(at=(1,)).mask.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.arange(6), Kind.FACT),
        (np.arange(0, 12, 3)[:, None] - np.arange(4), Kind.FACT),
        (np.array([0, 1, 1]), Kind.FACT),
        (np.array([False, False]), Kind.FACT),
        (np.array([0, 0, 0]), Kind.STORED),
        (np.array([0, 5, 5]), Kind.STORED),
        (np.array([-1, 0, 1]), Kind.STORED),
        (np.array(0), Kind.STORED),
        (np.zeros((0, 3, 3), int), Kind.STORED),
        (np.array([1.5, 2.0]), Kind.SETTING),
        (np.zeros(5), Kind.WEIGHT),
        (np.array([0, -np.inf]), Kind.FACT),
        (np.full((4, 4), -1e30), Kind.FACT),
        (np.full(5, -1e9), Kind.WEIGHT),
        (np.array([0, 0.3, 0.1, 0, -np.inf]), Kind.WEIGHT),
        (np.full(5, np.nan), Kind.WEIGHT),
        (np.full(5, np.finfo(np.float16).min), Kind.WEIGHT),
        (np.zeros((0, 5)), Kind.WEIGHT),
        (jnp.full(3, -jnp.inf, jnp.bfloat16), Kind.FACT),
        (jnp.array([1.5]), Kind.WEIGHT),
        (jnp.zeros((), jnp.complex64), Kind.WEIGHT),
        (jax.random.key(0), None),
    ],
)
def test_kinds(value, kind):
    assert kind_of(value) == kind


def test_the_mark_is_an_identity():
    tree = {"a": jnp.arange(3.0), "b": (jnp.ones((2, 2), int),)}
    marked = jax.jit(jaxrf.constant)(tree)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), tree, marked))
    assert jax.grad(lambda x: jaxrf.constant(x) ** 2)(3.0) == 6
    assert jax.vmap(jaxrf.constant)(jnp.arange(3)).tolist() == [0, 1, 2]


def test_the_mark_is_no_endpoint():
    analysis = jaxrf.analyze(weighed(lambda: jaxrf.constant(HELD)), (N, 1), spatial_axes=(0,))
    assert list(analysis) == ["output"]
