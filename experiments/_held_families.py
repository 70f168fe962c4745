"""Networks that no rule of the prediction was developed on: chosen first, run once at the end."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

HELD_SHAPE, WIDTH = (1, 65, 3), 16
HE = nn.initializers.he_normal()


def conv(width=WIDTH, size=3, **options):
    """A convolution along the one axis, He-normal by default."""
    options = {"kernel_init": HE, **options}
    return lambda x: nn.Conv(width, (size,), **options)(x)


def mish(x):
    """Convolution and Mish (Misra 2019)."""
    y = conv()(x)
    return y * jnp.tanh(nn.softplus(y))


def wavenet(dilation):
    """A causal gated block with its skip (van den Oord et al. 2016)."""

    def block(x):
        y = conv(2 * WIDTH, 2, kernel_dilation=dilation, padding="CAUSAL")(x)
        one, other = jnp.split(y, 2, -1)
        return x + conv(size=1)(jnp.tanh(one) * nn.sigmoid(other))

    return block


def mixer(x):
    """Weights of their own for every place, then for every channel (Tolstikhin et al. 2021)."""
    places = x.shape[1]
    y = nn.LayerNorm()(x).swapaxes(1, 2)
    x = x + nn.Dense(places)(nn.gelu(nn.Dense(places)(y))).swapaxes(1, 2)
    return x + nn.Dense(WIDTH)(nn.gelu(nn.Dense(2 * WIDTH)(nn.LayerNorm()(x))))


def upward(x):
    """A transposed convolution of four taps at stride 2, and ReLU."""
    return nn.relu(nn.ConvTranspose(WIDTH, (4,), (2,), kernel_init=HE)(x))


def blur_pool(x):
    """The binomial filter 1 2 1 at stride 2 (Zhang 2019)."""
    taps = jnp.array([1.0, 2.0, 1.0]) / 4
    kernel = jnp.broadcast_to(taps[:, None, None], (3, 1, x.shape[-1]))
    return jax.lax.conv_general_dilated(
        x, kernel, (2,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"),
        feature_group_count=x.shape[-1],
    )  # fmt: skip


def shuffle(x):
    """Grouped convolutions with their channels shuffled between (Zhang et al. 2018)."""
    y = nn.relu(conv(feature_group_count=4)(x))
    n, length, c = y.shape
    y = y.reshape(n, length, 4, c // 4).swapaxes(2, 3).reshape(y.shape)
    return x + conv(feature_group_count=4)(y)


def highway(x):
    """T h + (1 - T) x (Srivastava et al. 2015)."""
    gate = nn.sigmoid(conv()(x))
    return gate * nn.relu(conv()(x)) + (1 - gate) * x


def gru(x):
    """A recurrent network along the axis."""
    return nn.RNN(nn.GRUCell(WIDTH))(x)


def pyramid(x):
    """Three levels, the coarse ones brought up by repetition and added (Lin et al. 2017)."""
    levels = [nn.relu(conv()(x))]
    for _ in range(2):
        levels.append(nn.relu(conv(strides=2)(levels[-1])))
    top = conv(size=1)(levels[-1])
    for level in levels[1::-1]:
        top = top.repeat(2, 1)[:, : level.shape[1]] + conv(size=1)(level)
    return conv()(top)


def space_to_depth(x):
    """Pairs of places become channels, and ReLU layers."""
    x = x[:, :64].reshape(x.shape[0], 32, -1)
    return nn.relu(conv()(x))


def positive(x):
    """A residual block whose weights are uniform between 0 and a bound."""
    y = nn.LayerNorm()(x)
    init = nn.initializers.uniform(2 * (3 / (3 * WIDTH)) ** 0.5 / 3)
    return x + nn.Conv(WIDTH, (3,), kernel_init=init)(nn.relu(y))


def inverted(x):
    """MobileNet-v3: expansion, depthwise 5, squeeze-excite, hard swish (Howard et al. 2019)."""
    y = nn.hard_swish(conv(4 * WIDTH, 1)(x))
    y = nn.hard_swish(conv(4 * WIDTH, 5, feature_group_count=4 * WIDTH)(y))
    gate = nn.relu(nn.Dense(WIDTH)(y.mean(1, keepdims=True)))
    y = y * nn.hard_sigmoid(nn.Dense(4 * WIDTH)(gate))
    return x + conv(size=1)(y)


RELU = lambda x: nn.relu(conv()(x))  # noqa: E731 - a step like the others

HELD_OUT: dict[str, tuple[Callable, ...]] = {
    "Mish": (mish,) * 8,
    "WaveNet": (conv(size=1), *(wavenet(2**n) for n in range(4))),
    "MLP-Mixer": (conv(), mixer, mixer),
    "decoder": (RELU, conv(strides=2), RELU, conv(strides=2), RELU, upward, upward, RELU),
    "blur pool": (RELU, RELU, blur_pool, RELU, RELU, blur_pool, RELU),
    "channel shuffle": (conv(), *(shuffle,) * 3),
    "highway": (conv(), *(highway,) * 4),
    "GRU": (conv(), gru),
    "feature pyramid": (RELU, pyramid),
    "space to depth": (RELU, space_to_depth, RELU, RELU),
    "uniform weights, residual": (conv(), *(positive,) * 4),
    "MobileNet-v3": (conv(), *(inverted,) * 3),
}
