"""Models for the command line, most of them as a user would write them, some of them broken."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def conv(x, kernel=3, stride=1, padding=1):
    channels = x.shape[-1]
    weights = jnp.ones((kernel, kernel, channels, channels)) / kernel**2 / channels
    return lax.conv_general_dilated(
        x, weights, (stride, stride), [(padding, padding)] * 2, dimension_numbers=NHWC
    )


NHWC = ("NHWC", "HWIO", "NHWC")


def blur(x):
    return conv(conv(x))


def strided(x):
    return conv(conv(x, stride=2), stride=2)


def oblong(x):
    """Five rows by three columns, stride 2 along the columns."""
    weights = jnp.ones((5, 3, x.shape[-1], 4))
    return lax.conv_general_dilated(x, weights, (1, 2), [(2, 2), (1, 1)], dimension_numbers=NHWC)


def stream(x):
    """Causal in time [batch, time, channels], with a residual connection: a wave network."""
    for dilation in (1, 2, 4):
        weights = jnp.ones((3, x.shape[-1], x.shape[-1]))
        x = x + lax.conv_general_dilated(
            x, weights, (1,), [(2 * dilation, 0)], rhs_dilation=(dilation,),
            dimension_numbers=("NHC", "HIO", "NHC"),
        )  # fmt: skip
    return x


def averaged(x):
    return x - x.mean(1, keepdims=True)


def upsampled(x):
    return jnp.repeat(jnp.repeat(x, 2, 1), 2, 2)


def misaligned(x):
    return conv(x) + jnp.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]


def holes(x):
    """Two taps 3 apart per axis: 2 x 2 touched inputs in a box of 4 x 4."""
    weights = jnp.ones((2, 2, x.shape[-1], 1))
    return lax.conv_general_dilated(
        x, weights, (1, 1), "VALID", rhs_dilation=(3, 3), dimension_numbers=NHWC
    )


def named(x):
    return {"first": conv(x), "second": blur(x)}


def with_priors(x):
    """The last output does not depend on the input."""
    return conv(x), jnp.arange(5.0)


def many(x):
    return {f"layer{n}": x + n for n in range(120)}


def tokens(x):
    return blur(x).reshape(1, -1, x.shape[-1])


def pooled(x):
    return blur(x).mean((1, 2))


def total(x):
    return jnp.sum(x)


def line(x):
    return x[:, 1:] + x[:, :-1]


def captioned(image, tokens):
    """Two inputs: rows of pixels, and numbers of words that a table gives a meaning."""
    table = jnp.ones((9, 3)) + jnp.arange(9.0)[:, None]
    return image[:, 1:] + image[:, :-1] + table[tokens].mean(1)[:, None]


def channels_first(x):
    weights = jax.random.normal(jax.random.key(0), (2, x.shape[1], 3, 3))
    return lax.conv_general_dilated(x, weights, (1, 1), "SAME")


def unknown(x):
    return jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x)


def looping(x):
    return lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] + 1), (0, x))[1]


class Net(nn.Module):
    features: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(self.features, (3, 3), name="stem")(x))
        return nn.Conv(self.features, (3, 3), strides=(2, 2), name="head")(x)


class Deep(nn.Module):
    """A module in a module in a module, with names that no table has room for."""

    @nn.compact
    def __call__(self, x):
        for stage in range(2):
            x = Wrapped(name=f"stage_number_{stage}_of_a_network_of_long_names")(x)
        return x


class Wrapped(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Net(name="an_inner_network_with_a_name")(x)


net = Net()
deep = Deep()


class Namespace:
    inner = net

    def method(self, x):
        return blur(x)


namespace = Namespace()
number = 5


def make():
    return blur


def make_number():
    return number


def make_wrongly(size):
    return blur


def broken_factory():
    raise ValueError("no weights here\nsecond line")


def raises(x):
    raise RuntimeError("first line\nsecond line")


def exits(x):
    raise SystemExit(7)


def stride_zero(x):
    return conv(x, stride=0)


def stride_negative(x):
    return conv(x, stride=-1)


def pool_negative(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, -2, -2, 1), "VALID")


def empty(x):
    return x[:, :0]


def nothing(x):
    return None


def text(x):
    return "a feature map"


def two(x):
    return x, x


def constant(x):
    return jnp.ones((1, 4, 4, 3))


def branches(x):
    return x if x.sum() > 0 else -x


def index(x):
    return jnp.argmax(x, -1)


def whole(x):
    return x.astype(jnp.int32)


def complex_valued(x):
    return x + 1j * x


def not_a_number(x):
    return x * (x - x) / (x - x)


def infinite(x):
    return blur(x) * 1e30 * 1e30


def dead(x):
    return nn.relu(x) * 0.0
