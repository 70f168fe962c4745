"""Networks of random weights: the prediction must be the mean of squared Jacobians of many draws.

Tiny 1-D networks whose Jacobians are taken in full, 4000 draws of weights and input each, so that
what is compared has an error of a few per cent a pixel, known from the draws themselves.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.errors import InvalidInput, ModelError

SHAPE, DRAWS, WIDTH = (1, 12, 3), 4000, 8


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


def patches(x, draw):
    """Non-overlapping patches by reshaping."""
    return dense(x.reshape(1, x.shape[1] // 3, -1), draw)


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
    "input gate": lambda x, w: jnp.where(x > 0, x, 0.1 * x) @ w(3, WIDTH),
}


def sampled(net, at):
    """Mean and standard error of the squared Jacobian over draws."""

    def energy(key):
        weights, signal = jax.random.split(key)
        x = jax.random.normal(signal, SHAPE)
        variables = net.init(weights, x)
        jacobian = jax.jacobian(lambda x: net.apply(variables, x)[0, at])(x)
        return (jacobian**2).sum((0, 1, 3))

    keys = jax.random.split(jax.random.key(7), DRAWS)
    maps = np.asarray(jax.jit(jax.vmap(energy))(keys), np.float64)
    return maps.mean(0), maps.std(0) / np.sqrt(DRAWS)


@pytest.mark.parametrize("name", CASES)
def test_equals_the_mean_of_draws(name):
    net = Drawn(CASES[name])
    predicted = jaxrf.predict_erf(net, SHAPE, draws=64)
    mean, error = sampled(net, *predicted.at)
    # 64 draws of gates and weights have an error of their own; it is of the whole map
    assert np.abs(predicted.map - mean).max() <= 4 * error.max() + 0.05 * mean.max()
    assert predicted.map.sum() == pytest.approx(mean.sum(), rel=0.05)
    assert (predicted.map[mean == 0] == 0).all()
    assert not predicted.assumptions
