"""Networks along one axis: weights, loops, gates and normalisations that are hard to predict."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

LINE_SHAPE, WIDTH = (1, 41, 3), 16
HE, LECUN = nn.initializers.he_normal(), nn.initializers.lecun_normal()


def conv(width=WIDTH, size=3, **options):
    """A convolution along the axis, He-normal by default."""
    options = {"kernel_init": HE, **options}
    return lambda x: nn.Conv(width, (size,), **options)(x)


def act(function, **options):
    """Convolution and activation."""
    return lambda x: function(conv(**options)(x))


def mean_of(level):
    """An initialiser whose weights have a mean, in units of their spread."""

    def init(key, shape, dtype=jnp.float32):
        drawn = level + jax.random.normal(key, shape, dtype)
        return drawn / jnp.sqrt(shape[0] * shape[1] * (1 + level**2))

    return init


def scan(x):
    """A linear recurrence with a decay of its own in every channel, SiLU and a dense layer."""
    decay = nn.sigmoid(Scale(x.shape[-1])())

    def step(h, u):
        h = decay * h + u
        return h, h

    _, y = jax.lax.scan(step, jnp.zeros((1, x.shape[-1])), x.swapaxes(0, 1))
    return nn.Dense(WIDTH)(nn.silu(y.swapaxes(0, 1)))


def prefix(x):
    """The same as an associative scan."""
    decay = jnp.broadcast_to(nn.sigmoid(Scale(x.shape[-1])()), x.shape)
    _, y = jax.lax.associative_scan(
        lambda one, other: (one[0] * other[0], one[1] * other[0] + other[1]), (decay, x), axis=1
    )
    return nn.Dense(WIDTH)(nn.silu(y))


class Scale(nn.Module):
    """One drawn number per channel."""

    width: int

    @nn.compact
    def __call__(self):
        draw = lambda key, shape: 1.0 + jax.random.normal(key, shape)  # noqa: E731
        return self.param("scale", draw, (self.width,))


def recurrent(act):
    """One convolution used four times."""

    def block(x):
        layer = nn.Conv(WIDTH, (3,), kernel_init=HE)
        for _ in range(4):
            x = layer(act(x))
        return x

    return block


def shared(x):
    """Two branches, of the same weights at another dilation."""
    kernel = Kernel()(x)
    y = nn.relu(x)
    return sum(
        jax.lax.conv_general_dilated(
            y, kernel, (1,), "SAME", rhs_dilation=(n,), dimension_numbers=("NWC", "WIO", "NWC")
        )
        for n in (1, 2)
    )


class Kernel(nn.Module):
    """A kernel that is used twice."""

    @nn.compact
    def __call__(self, x):
        return self.param("kernel", LECUN, (3, x.shape[-1], WIDTH))


def pooled(x):
    """A 3-tap average and a 1x1 convolution."""
    return conv(size=1)(nn.avg_pool(nn.relu(x), (3,), (1,), "SAME"))


def over_places(x):
    """InstanceNorm behind a convolution, and ReLU."""
    y = conv()(x)
    y = y - y.mean(1, keepdims=True)
    return nn.relu(y * jax.lax.rsqrt((y**2).mean(1, keepdims=True) + 1e-5))


def group_norm(x):
    """A residual block with GroupNorm of four groups."""
    y = conv()(nn.relu(nn.GroupNorm(4)(x)))
    return x + conv()(nn.relu(nn.GroupNorm(4)(y)))


def inverted(function):
    """MobileNet-v2: expansion, depthwise 5, projection."""

    def block(x):
        y = function(conv(4 * WIDTH, 1)(x))
        y = function(conv(4 * WIDTH, 5, feature_group_count=4 * WIDTH)(y))
        return x + conv(size=1, kernel_init=LECUN)(y)

    return block


def gated(x):
    """GLU with its skip."""
    one, other = jnp.split(conv(2 * WIDTH, kernel_init=LECUN)(x), 2, -1)
    return x + one * nn.sigmoid(other)


def transposed(x):
    """Down and up by transposed convolution, with what was there joined."""
    down = nn.relu(conv(strides=2)(x))
    up = nn.ConvTranspose(WIDTH, (4,), (2,), kernel_init=HE)(nn.relu(conv()(down)))
    return conv()(jnp.concatenate([nn.relu(up)[:, : x.shape[1]], x], -1))


def identity(x):
    """Nothing."""
    return x


LINES: dict[str, tuple[Callable, ...]] = {
    "uniform() of Flax": (act(identity, kernel_init=nn.initializers.uniform()),) * 6,
    "weights with a mean": (act(identity, kernel_init=mean_of(0.3)),) * 6,
    "with a mean, ReLU": (act(nn.relu, kernel_init=mean_of(0.3)),) * 6,
    "GELU, one axis": (act(nn.gelu),) * 6,
    "SiLU, one axis": (act(nn.silu),) * 6,
    "scan": (nn.Dense(WIDTH), scan, scan),
    "associative scan": (nn.Dense(WIDTH), prefix, prefix),
    "recurrent": (conv(), recurrent(nn.relu)),
    "shared branches": (conv(), *(shared,) * 3),
    "pools, 1x1 between": (conv(), *(pooled,) * 4),
    "InstanceNorm": (conv(), *(over_places,) * 4),
    "GroupNorm": (conv(), *(group_norm,) * 3),
    "MBConv, SiLU": (act(nn.silu), *(inverted(nn.silu),) * 3),
    "MBConv, ReLU": (act(nn.relu), *(inverted(nn.relu),) * 3),
    "GLU": (conv(), *(gated,) * 4),
    "U-Net, transposed": (act(nn.relu), transposed),
}
