"""Networks of random weights: the prediction must be the mean of squared Jacobians of many draws.

Tiny 1-D networks whose Jacobians are taken in full, many draws of weights and input each, so that
what is compared has an error of a few per cent a pixel, known from the draws themselves. The common
factor of a whole map is no part of its shape: it is left to a rough check.

Covers: measure.energy.forward, measure.energy.ordering, measure.energy.prediction.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf

SHAPE, WIDTH = (1, 12, 3), 8


class Drawn:
    """A network as ``model(x, weights)``, where ``weights(*shape)`` draws normal weights."""

    def __init__(self, model, scale=1.0):
        self.model, self.scale = model, scale

    def init(self, key, x):
        shapes = []

        def record(*shape):
            shapes.append(shape)
            return jnp.ones(shape)

        jax.eval_shape(lambda x: self.model(x, record), x)
        keys = jax.random.split(key, len(shapes) or 1)
        scales = [self.scale / np.sqrt(np.prod(s[:-1])) for s in shapes]
        draws = zip(keys, shapes, scales, strict=False)
        return {"params": [a * jax.random.normal(k, s) for k, s, a in draws]}

    def apply(self, variables, x):
        weights = iter(variables["params"])
        return self.model(x, lambda *shape: next(weights))


def conv(x, draw, size=3, out=WIDTH, groups=1, stride=1, pad="SAME", **options):
    w = draw(size, x.shape[-1] // groups, out)
    return lax.conv_general_dilated(
        x, w, (stride,), pad, feature_group_count=groups, dimension_numbers=("NWC", "WIO", "NWC"),
        **options,
    )  # fmt: skip


def dense(x, draw, out=WIDTH):
    return x @ draw(x.shape[-1], out)


def residual(x, draw):
    return x + conv(jax.nn.relu(conv(x, draw)), draw)


def masked(x, draw):
    """A causal kernel: the last tap is masked."""
    w = draw(3, x.shape[-1], WIDTH) * jnp.array([1.0, 1.0, 0.0])[:, None, None]
    return lax.conv_general_dilated(x, w, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"))


def uneven(x, draw):
    """Weights whose variance depends on the tap."""
    w = draw(3, x.shape[-1], 64) * jnp.array([1.0, 4.0, 2.0])[:, None, None]
    return lax.conv_general_dilated(x, w, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"))


def max_pool(x, size=2):
    window = (1, size, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def resized(x):
    return jax.image.resize(x, (1, 2 * x.shape[1], x.shape[2]), "linear")


def mixed_tokens(x, draw):
    """Dense over space, as in an MLP-Mixer."""
    return dense(x.transpose(0, 2, 1), draw, 12).transpose(0, 2, 1)


def rms_norm(x):
    return x * jax.lax.rsqrt((x**2).mean(-1, keepdims=True) + 1e-6)


def divided(x):
    """LayerNorm by a division."""
    x = x - x.mean(-1, keepdims=True)
    return x / jnp.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)


def normalised(x, draw, norm):
    """A wide layer before the norm, and the way around it."""
    y = conv(conv(x, draw, out=32), draw, out=16)
    return conv(y, draw, 1) + conv(norm(conv(y, draw, out=16)), draw, 1)


def few_weights(x, draw):
    """LayerNorm right behind a depthwise convolution, and the way around it, with padding."""
    x = conv(x, draw)
    return x + conv(divided(conv(x, draw, 5, groups=WIDTH)), draw, 1)


def attention(x, draw, heads=2):
    """Every token reads every token, and keeps itself."""
    x = divided(conv(x, draw))
    q, k, v = (dense(x, draw).reshape(*x.shape[:2], heads, -1) for _ in range(3))
    weights = jax.nn.softmax(jnp.einsum("nqhc,nkhc->nhqk", q, k) / 4)
    return x + dense(jnp.einsum("nhqk,nkhc->nqhc", weights, v).reshape(x.shape), draw)


def patches(x, draw):
    """Non-overlapping patches by reshaping."""
    return dense(x.reshape(1, x.shape[1] // 3, -1), draw)


def added(x, pieces):
    """Every other place of one value added to the first places of another, twice to some."""
    return x.at[:, jnp.array([0, 1, 1, 2, 3, 8])].add(pieces[:, ::2])


def largest(x, number=4):
    """The largest of all places, channel by channel."""
    return lax.top_k(x.transpose(0, 2, 1), number)[0].transpose(0, 2, 1)


relu = jax.nn.relu
CASES = {
    "linear": lambda x, w: conv(conv(x, w), w, 5),
    "strided": lambda x, w: conv(conv(x, w, stride=2), w),
    "dilated": lambda x, w: conv(conv(x, w), w, rhs_dilation=(3,)),
    "transposed": lambda x, w: conv(conv(x, w, lhs_dilation=(2,), pad=((1, 1),)), w),
    "grouped": lambda x, w: conv(conv(conv(x, w), w, groups=4), w, 1),
    "groups of a join": lambda x, w: conv(
        jnp.concatenate([conv(x, w), conv(x, w, 5) * 2], -1), w, groups=4
    ),
    "depthwise": lambda x, w: conv(conv(x, w), w, groups=WIDTH, out=2 * WIDTH),
    "dense": lambda x, w: dense(relu(dense(conv(x, w), w)), w),
    "ReLU": lambda x, w: conv(relu(conv(x, w)), w),
    "residual": lambda x, w: residual(residual(conv(x, w), w), w),
    "join": lambda x, w: conv(jnp.concatenate([conv(x, w, 5), relu(conv(x, w))], -1), w),
    "split": lambda x, w: sum(
        conv(part, w, n) for n, part in zip((1, 5), jnp.split(conv(x, w), 2, -1), strict=True)
    ),
    "masked": lambda x, w: conv(masked(x, w), w),
    "uneven": lambda x, w: conv(uneven(x, w), w, 1),
    "average of averages": lambda x, w: conv(resized(conv(x, w)[:, ::2]), w),
    "linear resize": lambda x, w: conv(resized(relu(conv(x, w))), w),
    "max pool": lambda x, w: conv(max_pool(conv(x, w)), w),
    "ReLU, max pool": lambda x, w: conv(max_pool(relu(conv(x, w))), w),
    "max pool, ReLU": lambda x, w: conv(relu(max_pool(conv(x, w))), w),
    "largest": lambda x, w: dense(conv(x, w).max(1, keepdims=True), w) + conv(x, w, 1),
    "mean": lambda x, w: dense(relu(conv(x, w)).mean(1, keepdims=True), w) + conv(x, w, 1),
    "tokens": lambda x, w: mixed_tokens(conv(x, w), w),
    "patches": lambda x, w: patches(conv(x, w), w),
    "gate": lambda x, w: conv(x, w, 1) * jax.nn.sigmoid(dense(x.mean(1, keepdims=True), w)),
    "RMSNorm": lambda x, w: normalised(x, w, rms_norm),
    "LayerNorm": lambda x, w: normalised(x, w, divided),
    "few weights": few_weights,
    "attention": attention,
    "sorted": lambda x, w: conv(jnp.sort(relu(conv(x, w)), 1)[:, 7:], w),
    "top k": lambda x, w: conv(largest(relu(conv(x, w))), w),
    "running maximum": lambda x, w: conv(lax.cummax(relu(conv(x, w)), 1), w),
    "running minimum": lambda x, w: conv(lax.cummin(conv(x, w), 1, reverse=True), w),
    "product": lambda x, w: conv(conv(x, w).reshape(1, -1, WIDTH // 2, 2).prod(3), w),
    "added at places": lambda x, w: conv(added(conv(x, w), relu(conv(x, w, 5))), w),
    "input gate": lambda x, w: jnp.where(x > 0, x, 0.1 * x) @ w(3, WIDTH),
}


SAID = ("attention",)  # it states an assumption
ALWAYS = {"ReLU, max pool": 3, "few weights": 16}  # networks; a norm's gain would be 1.25 without


def sampled(net, at, draws):
    """Mean and standard error of the squared Jacobian over draws."""

    def energy(key):
        weights, signal = jax.random.split(key)
        x = jax.random.normal(signal, SHAPE)
        variables = net.init(weights, x)
        jacobian = jax.jacobian(lambda x: net.apply(variables, x)[(0, *at)])(x)
        return (jacobian**2).sum((*range(jacobian.ndim - 2), -1))

    keys = jax.random.split(jax.random.key(7), draws)
    maps = np.asarray(jax.jit(jax.vmap(energy))(keys), np.float64)
    return maps.mean(0), maps.std(0) / np.sqrt(draws)


def check(name, draws, networks):
    net = Drawn(CASES[name])
    predicted = jaxrf.predict_erf(net, SHAPE, draws=networks)
    mean, error = sampled(net, predicted.at, draws)
    total = mean.sum()
    off = np.abs(predicted.map / predicted.map.sum() - mean / total)
    assert off.max() <= 4 * error.max() / total + 0.03 * (mean / total).max()
    assert predicted.map.sum() == pytest.approx(total, rel=0.6 / np.sqrt(networks) + 0.05)
    assert (predicted.map[mean == 0] == 0).all()
    assert bool(predicted.assumptions) == (name in SAID)


@pytest.mark.parametrize("name", ALWAYS)
def test_is_near_the_mean_of_draws(name):
    check(name, draws=400, networks=ALWAYS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_equals_the_mean_of_draws(name):
    check(name, draws=4000, networks=64)
