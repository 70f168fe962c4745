"""Products of two values of the input: what they end, and the squares of its Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.measure.energy.endpoint_slice import endpoint_slice
from jaxrf.measure.energy.linear_combination import Source
from jaxrf.measure.energy.product_regions import product_parts
from jaxrf.measure.energy.uncorrelated_parts import Part
from jaxrf.program import compat
from jaxrf.program.replay import replayed

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
    found = endpoint_slice(traced.program, traced.endpoints[traced.output])
    rng = np.random.default_rng(0)
    program = traced.program
    values = {i: rng.normal(size=program.shapes[i]).astype("f4") for i in program.arguments}
    values |= {i: np.asarray(v) for i, v in program.constants.items()}
    return found, replayed(found.equations, values)


def test_attention_is_one_stretch_from_its_weights():
    found, _ = part(attention)
    ((end, region),) = found.regions.items()
    made = {i: eq for eq in found.equations for i in eq.outputs}
    assert made[end] is region.equations[-1]
    assert len(region.sources) == 3
    assert all(made[i].name == "dot_general" for i in region.sources)
    products = [eq for eq in region.equations if eq.name == "dot_general"]
    assert len(products) == 2  # the first product lies inside, and needs no energy
    assert products[0].outputs[0] in found.inside
    assert end not in found.inside


def test_what_is_read_elsewhere_keeps_its_energy():
    def function(x, weights):
        q, k, v = (x @ w for w in weights)
        logits = q @ jnp.swapaxes(k, 1, 2)
        return (jax.nn.softmax(logits) @ v).sum() + logits.sum()

    found, _ = part(function, 3)
    end = max(found.regions)
    logits = next(eq for eq in found.regions[end].equations if eq.name == "dot_general")
    assert len(found.regions) == 2
    assert found.inside.isdisjoint(logits.outputs)


def test_nothing_is_read_after_it_was_let_go():
    found, _ = part(attention)
    gone: set[int] = set()
    for eq, last in zip(found.equations, found.last, strict=True):
        region = found.regions.get(eq.outputs[0])
        assert gone.isdisjoint((*eq.inputs, *(region.values if region else ())))
        gone.update(last)


CAUSAL = np.tri(TOKENS, dtype=bool)


def own(energies):
    """Parts of sources whose places share nothing."""
    return [[Part(Source(e, e.shape))] for e in energies]


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
def test_one_element_passes_its_squared_jacobian(mask):
    """Random signs have no say where a single element changes: the square comes out exactly."""
    found, values = part(lambda x, w: attention(x, w, mask))
    ((end, region),) = found.regions.items()
    shapes = [values[i].shape for i in region.sources]

    def run(*sources):
        known = {**values, **dict(zip(region.sources, sources, strict=True))}
        return replayed(region.equations, known)[end]

    jacobians = jax.jacobian(run, (0, 1, 2))(*(jnp.asarray(values[i]) for i in region.sources))
    with compat.float64():
        for n, (shape, jacobian) in enumerate(zip(shapes, jacobians, strict=True)):
            place = (0, 3, *(1,) * (len(shape) - 2))
            one = [jnp.zeros(s) for s in shapes]
            one[n] = one[n].at[place].set(4.0)
            made = product_parts(region, own(one), values)
            column = jacobian[(..., *place)]
            common = (
                column.mean([*made[-1].constant_along], keepdims=True)
                if made[-1].constant_along
                else 0 * column
            )
            np.testing.assert_allclose(
                made[0].source.energy, 4 * (column - common) ** 2, rtol=1e-3, atol=1e-6
            )
            if made[-1].constant_along:
                np.testing.assert_allclose(
                    made[-1].source.energy, 4 * common**2, rtol=1e-3, atol=1e-6
                )


def test_what_all_tokens_are_told_is_a_part_of_its_own():
    """Attention that looks at nothing in particular: every token gets the mean of all."""

    def function(x, weights):
        q, k, v = (x @ w for w in weights)
        return jax.nn.softmax(1e-3 * q @ jnp.swapaxes(k, 1, 2)) @ v

    found, values = part(function, 3)
    (region,) = found.regions.values()
    with compat.float64():
        made = product_parts(region, own([jnp.ones((1, TOKENS, WIDTH))] * 3), values)
    assert [bool(p.constant_along) for p in made] == [False, True]
    each, together = (np.asarray(p.source.energy).mean() for p in made)
    assert each < 1e-3 * together
    assert together == pytest.approx(1 / TOKENS, rel=0.5)  # of 5 values with energy 1
