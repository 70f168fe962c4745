"""Energy by residual branches: closed forms, explicit enumeration, and what counts as a branch.

Covers: program.residuals.
"""

from itertools import combinations, product
from math import comb

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.program.residuals import joined_side_by_side, residual_branches

WIDTH = 16


def conv(width=WIDTH, taps=3, stride=1):
    return nn.Conv(width, (taps,), stride, use_bias=False, kernel_init=nn.initializers.he_normal())


class Net(nn.Module):
    """A function of a module's scope."""

    call: object

    @nn.compact
    def __call__(self, x):
        return self.call(x)


def blocks(count, branch):
    def run(x):
        for _ in range(count):
            x = x + branch(x)
        return x

    return Net(run)


def linear(x):
    return conv()(x)


def active(x):
    return conv()(nn.relu(x))


def known_gain(gain):
    """Branches of exactly this gain: what is drawn has signs of one size."""

    def draw(key, shape, dtype=jnp.float32):
        size = (gain / np.prod(shape[:-1])) ** 0.5
        return size * jax.random.rademacher(key, shape, dtype)

    def branch(x):
        return nn.Conv(WIDTH, (3,), use_bias=False, kernel_init=draw)(x)

    return branch


@pytest.mark.parametrize(
    ("count", "gain"), [pytest.param(5, 1.0, marks=pytest.mark.slow), (4, 0.25)]
)
def test_blocks_of_equal_gain_are_binomial(count, gain):
    found = jaxrf.energy_by_path(blocks(count, known_gain(gain)), (1, 31, WIDTH), draws=1)
    p = gain / (1 + gain)
    expected = [comb(count, k) * p**k * (1 - p) ** (count - k) for k in range(count + 1)]
    assert found.share == pytest.approx(expected, rel=1e-5)
    assert found.mean == pytest.approx(count * p, rel=1e-5)
    assert found.deviation == pytest.approx((count * p * (1 - p)) ** 0.5, rel=1e-5)
    # k convolutions of 3 taps
    assert found.sigma.ravel() == pytest.approx([(2 * k / 3) ** 0.5 for k in range(count + 1)])
    assert found.size == tuple((2 * k + 1,) for k in range(count + 1))


def test_the_parts_add_up_to_the_prediction():
    model = Net(lambda x: nn.relu(blocks(3, active).call(nn.max_pool(conv()(x), (2,), (2,)))))
    found = jaxrf.energy_by_path(model, (1, 40, 3), draws=2)
    whole = jaxrf.predict_erf(model, (1, 40, 3), draws=2)
    assert found.maps.sum(0) == pytest.approx(whole.map, rel=1e-9, abs=1e-12)
    assert found.total_sigma == pytest.approx(whole.sigma)
    assert (found.maps >= 0).all()
    assert len(found.maps) == 4


def test_against_an_explicit_enumeration_of_sampled_paths():
    """Three blocks x + W relu(x): the Jacobian of every subset of branches, at real activations."""
    side, width, count, samples = 9, 32, 3, 150

    @jax.jit
    def energies(key):
        draws = jax.random.split(key, count + 1)
        x = jax.random.normal(draws[0], (side, width))
        steps = []
        for n in range(count):
            w = jax.random.normal(draws[n + 1], (3, width, width)) * (2 / (3 * width)) ** 0.5

            def branch(v, w=w):
                padded = jnp.pad(nn.relu(v), ((1, 1), (0, 0)))
                return sum(padded[t : t + side] @ w[t] for t in range(3))

            y, back = jax.vjp(branch, x)
            steps.append(back)
            x = x + y
        charge = jax.random.rademacher(jax.random.fold_in(key, 9), (width,), x.dtype)
        start = jnp.zeros((side, width)).at[side // 2].set(charge)
        maps = []
        for passed in product((False, True), repeat=count):
            g = start
            for step, taken in list(zip(steps, passed, strict=True))[::-1]:
                g = step(g)[0] if taken else g
            maps.append((g**2).sum(1))
        return jnp.stack(maps)

    sampled = np.array([energies(jax.random.key(n)) for n in range(samples)], float)
    lengths = np.array([sum(p) for p in product((False, True), repeat=count)])
    by_length = np.stack([sampled[:, lengths == k].sum((1, 2)) for k in range(count + 1)], 1)
    share = by_length.mean(0) / by_length.mean(0).sum()
    unit = by_length / by_length.mean(0).sum()
    error = (unit - share * unit.sum(1, keepdims=True)).std(0, ddof=1) / samples**0.5

    class Same(nn.Module):
        @nn.compact
        def __call__(self, x):
            for _ in range(count):
                x = x + conv(width)(nn.relu(x))
            return x

    found = jaxrf.energy_by_path(Same(), (1, side, width), draws=16)
    assert np.abs((found.share - share) / error)[1:].max() < 4
    assert found.share == pytest.approx(share, abs=0.02)


def counted(model, shape=(1, 16, WIDTH)):
    analysis = jaxrf.analyze(model, shape)
    return residual_branches(analysis.traced.program), analysis


@pytest.mark.parametrize(
    ("call", "branches", "projected"),
    [
        (lambda x: x + conv()(nn.relu(conv()(x))), 1, 0),  # identity
        (lambda x: conv()(nn.relu(conv()(x))) + x, 1, 0),  # either order
        (lambda x: x - conv()(x), 1, 0),
        (lambda x: conv(taps=1)(x) + conv()(nn.relu(conv()(x))), 1, 1),  # projection
        (lambda x: conv(8, 1, 2)(x) + conv(8, 3)(nn.relu(conv(8, 3, 2)(x))), 1, 1),
        (lambda x: nn.max_pool(x, (2,), (2,)) + conv(stride=2)(x), 1, 0),  # pooled shortcut
        (lambda x: conv()(x) + conv(taps=5)(x), 0, 0),  # two towers of one depth
        (lambda x: x + nn.relu(x), 0, 0),  # no weights on either side
        (lambda x: nn.gelu(conv()(x)), 0, 0),  # reads its operand twice
        (lambda x: x + conv()(x) + conv()(nn.relu(conv()(x))), 2, 0),  # two branches of one x
        (lambda x: nn.LayerNorm()(x + nn.Dense(WIDTH)(nn.relu(nn.Dense(WIDTH)(x)))), 1, 0),
        (lambda x: x + nn.Dense(WIDTH)(nn.relu(nn.LayerNorm()(x))), 1, 0),  # preactivation
        (lambda x: x * nn.sigmoid(nn.Dense(WIDTH)(x.mean(1, keepdims=True))), 0, 0),  # a gate
    ],
)  # fmt: skip
def test_what_is_a_residual_branch(call, branches, projected):
    found, _ = counted(Net(call))
    assert (len(found), sum(b.projected for b in found)) == (branches, projected)


def test_a_nested_block_counts_within_the_outer_one():
    def inner(x):
        return x + known_gain(1.0)(x)

    # inner alone: 1/2 none, 1/2 one. Outer: x (weight 1) and its branch W inner(x) (gain 2)
    found = jaxrf.energy_by_path(
        Net(lambda x: x + known_gain(1.0)(inner(x))), (1, 15, WIDTH), draws=1
    )
    assert found.share == pytest.approx([1 / 3, 1 / 3, 1 / 3], rel=1e-5)
    assert found.size == ((1,), (3,), (5,))


def test_a_sum_across_levels_is_one_and_a_concatenation_none():
    def up(x):
        return jnp.repeat(x, 2, 1)

    def unet(join):
        return Net(lambda x: conv()(join(x, up(conv()(nn.max_pool(x, (2,), (2,)))))))

    added, _ = counted(unet(lambda a, b: a + b))
    assert len(added) == 1
    beside = unet(lambda a, b: jnp.concatenate([a, b], -1))
    found, analysis = counted(beside)
    assert not found
    assert joined_side_by_side(analysis.traced.program) == 1
    with pytest.raises(InvalidInput, match="no residual branch.*its 1 concatenations are none"):
        jaxrf.energy_by_path(beside, (1, 16, WIDTH))


@pytest.mark.slow  # its small sibling is that of the side-by-side operands
def test_a_dense_block_inside_a_residual_one_is_reported():
    def call(x):
        return x + conv()(jnp.concatenate([x, conv()(x)], -1))

    found = jaxrf.energy_by_path(Net(call), (1, 16, WIDTH), draws=1)
    assert len(found.share) == 2
    assert "concatenations" in found.assumptions[-1]
    assert found.size == ((1,), (5,))


def test_the_shortest_path_may_need_a_branch():
    """A residual block, and a mean over its branches' sum: every end-point of a network counts."""
    model = blocks(2, linear)
    shape = (1, 16, WIDTH)
    analysis = jaxrf.analyze(model, shape, all_endpoints=True)
    inner = next(n for n in analysis.names if n.endswith("Conv_1"))  # behind the second branch
    found = jaxrf.energy_by_path(analysis, endpoint=inner, draws=1)
    assert len(found.share) == 2  # the branch that it stands in is not passed yet


@pytest.mark.parametrize("name", ["resnet_v1_50", "resnet_v2_50"])
def test_the_blocks_of_the_zoo(name):
    from jaxrf import zoo

    analysis = jaxrf.analyze(zoo.load(name, width=0.0625), (1, 65, 65, 3))
    found = residual_branches(analysis.traced.program)
    assert (len(found), sum(b.projected for b in found)) == (16, 4)


def test_attention_is_refused_in_one_line():
    def call(x):
        q, k, v = (nn.Dense(WIDTH)(x) for _ in range(3))
        return x + nn.Dense(WIDTH)(nn.softmax(q @ k.transpose(0, 2, 1)) @ v)

    with pytest.raises(InvalidInput, match="product of values of the input"):
        jaxrf.energy_by_path(Net(call), (1, 5, WIDTH), draws=1)


def test_what_paths_of_a_length_read_is_the_union_over_their_subsets():
    """Branches of 3, 5 and 7 taps: the hull of k of them is that of the k widest."""
    taps = (3, 7, 5)

    def call(x):
        for t in taps:
            x = x + conv(taps=t)(x)
        return x

    found = jaxrf.energy_by_path(Net(call), (1, 41, WIDTH), draws=1)
    for k in range(4):
        widest = max(1 + sum(t - 1 for t in some) for some in combinations(taps, k))
        assert found.size[k] == (widest,)
