"""Products of two values of the input: what they end, and the squares of its Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.measure.shadow.needed import needed
from jaxrf.measure.shadow.products import product_energy
from jaxrf.trace import compat

TOKENS, WIDTH = 5, 4


def attention(x, weights, mask=None):
    """Two heads over all tokens."""
    q, k, v = ((x @ w).reshape(1, TOKENS, 2, -1) for w in weights[:3])
    logits = jnp.einsum("nqhc,nkhc->nhqk", q, k)
    if mask is not None:
        logits = jnp.where(mask, logits, -jnp.inf)
    mixed = jnp.einsum("nhqk,nkhc->nqhc", jax.nn.softmax(logits), v)
    return mixed.reshape(1, TOKENS, WIDTH) @ weights[3]


class Net:
    """A function of weights that are drawn."""

    def __init__(self, function, number):
        self.function, self.number = function, number

    def init(self, key, x):
        keys = jax.random.split(key, self.number)
        return {"params": [jax.random.normal(k, (x.shape[-1], WIDTH)) for k in keys]}

    def apply(self, variables, x):
        return self.function(x, variables["params"])


def part(function, number=4):
    """The traced net, what its output needs, and the values of a draw."""
    traced = jaxrf.analyze(Net(function, number), (1, TOKENS, WIDTH)).traced
    found = needed(traced.program, traced.endpoints[traced.output])
    rng = np.random.default_rng(0)
    program = traced.program
    values = {i: rng.normal(size=program.shapes[i]).astype("f4") for i in program.arguments}
    values |= {i: np.asarray(v) for i, v in program.constants.items()}
    for eq in found.equations:
        values.update(
            zip(eq.outputs, compat.bind(eq, *(values[i] for i in eq.inputs)), strict=True)
        )
    return found, values


def test_attention_is_one_stretch_from_its_weights():
    found, _ = part(attention)
    ((end, stretch),) = found.stretches.items()
    made = {i: eq for eq in found.equations for i in eq.outputs}
    assert made[end] is stretch.equations[-1]
    assert len(stretch.sources) == 3
    assert all(made[i].name == "dot_general" for i in stretch.sources)
    products = [eq for eq in stretch.equations if eq.name == "dot_general"]
    assert len(products) == 2  # the first product lies inside, and needs no energy
    assert products[0].outputs[0] in found.inside
    assert end not in found.inside


def test_what_is_read_elsewhere_keeps_its_energy():
    def function(x, weights):
        q, k, v = (x @ w for w in weights)
        logits = q @ jnp.swapaxes(k, 1, 2)
        return (jax.nn.softmax(logits) @ v).sum() + logits.sum()

    found, _ = part(function, 3)
    end = max(found.stretches)
    logits = next(eq for eq in found.stretches[end].equations if eq.name == "dot_general")
    assert len(found.stretches) == 2
    assert found.inside.isdisjoint(logits.outputs)


def test_nothing_is_read_after_it_was_let_go():
    found, _ = part(attention)
    gone: set[int] = set()
    for eq in found.equations:
        stretch = found.stretches.get(eq.outputs[0])
        assert gone.isdisjoint((*eq.inputs, *(stretch.values if stretch else ())))
        gone.update(found.last[eq.outputs[0]])


CAUSAL = np.tri(TOKENS, dtype=bool)


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
def test_one_element_passes_its_squared_jacobian(mask):
    """Random signs have no say where a single element changes: the square comes out exactly."""
    found, values = part(lambda x, w: attention(x, w, mask))
    ((end, stretch),) = found.stretches.items()
    shapes = [values[i].shape for i in stretch.sources]

    def run(*sources):
        known = {**values, **dict(zip(stretch.sources, sources, strict=True))}
        for eq in stretch.equations:
            known.update(
                zip(eq.outputs, compat.bind(eq, *(known[i] for i in eq.inputs)), strict=True)
            )
        return known[end]

    jacobians = jax.jacobian(run, (0, 1, 2))(*(jnp.asarray(values[i]) for i in stretch.sources))
    with compat.float64():

        def energy(*energies):
            return product_energy(stretch, energies, values)

        for n, (shape, jacobian) in enumerate(zip(shapes, jacobians, strict=True)):
            for token in (0, 3):
                place = (0, token, *(1,) * (len(shape) - 2))
                one = [jnp.zeros(s) for s in shapes]
                one[n] = one[n].at[place].set(4.0)
                column = jacobian[(..., *place)]
                np.testing.assert_allclose(energy(*one), 4 * column**2, rtol=1e-3, atol=1e-7)
        out, back = jax.vjp(energy, *map(jnp.ones, shapes))
        place = (0,) * (out.ndim - 1)
        rows = back(jnp.zeros(out.shape).at[(*place, 1)].set(4.0))
    for row, jacobian in zip(rows, jacobians, strict=True):
        np.testing.assert_allclose(row, 4 * jacobian[(*place, 1)] ** 2, rtol=1e-3, atol=1e-7)
