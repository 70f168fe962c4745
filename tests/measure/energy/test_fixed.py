"""Networks without weights: the prediction must be the squared Jacobian, element by element.

Covers: measure.energy.convolution, measure.energy.elementwise, measure.energy.separable,
measure.energy.scattering.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf


def average(x, size=3, stride=1, pad="SAME"):
    """Average pool over both axes of [batch, rows, columns, channels]; padding counts."""
    window, steps = (1, size, size, 1), (1, stride, stride, 1)
    return lax.reduce_window(x, 0.0, lax.add, window, steps, pad) / size**2


def counted(x):
    """Average pool over what is inside the image."""
    return average(x) / average(jnp.ones_like(x))


def filtered(x, taps=(1.0, 2.0, 1.0), **options):
    """One filter for every channel, depthwise."""
    channels = x.shape[-1]
    kernel = jnp.tile(jnp.outer(jnp.array(taps), jnp.array(taps))[..., None, None], channels)
    options = {"window_strides": (1, 1), "padding": "SAME", **options}
    return lax.conv_general_dilated(
        x, kernel, feature_group_count=channels, dimension_numbers=("NHWC", "HWIO", "NHWC"),
        **options,
    )  # fmt: skip


def resized(x, factor, method="bilinear"):
    n, h, w, c = x.shape
    return jax.image.resize(x, (n, int(h * factor), int(w * factor), c), method)


def repeated(x):
    return x.repeat(2, 1).repeat(2, 2)


def halves(x):
    """Average over 2 x 2 by reshaping."""
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))


def normalised(x):
    """Less its mean over the channels; the mean of all of it added."""
    return x - x.mean(-1, keepdims=True) + x.mean((1, 2, 3), keepdims=True)


def masked(x):
    """A window that is an outer product, and one that is not."""
    line = jnp.hanning(x.shape[1])
    board = (jnp.arange(x.shape[1])[:, None] + jnp.arange(x.shape[2])) % 3 + 1
    return x * (line[:, None] * line)[..., None] * board[..., None]


def chosen(x):
    """A known predicate chooses place by place."""
    return jnp.where((jnp.arange(x.shape[2]) % 2 == 0)[:, None], x, 2 * x)


def shuffled(x):
    """Depth to space."""
    n, h, w, c = x.shape
    return x.reshape(n, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5).reshape(n, 2 * h, 2 * w, -1)


def channels_last(x):
    return x.transpose(0, 3, 1, 2)[:, ::-1].transpose(0, 2, 3, 1)[:, :, ::-1]


def conv_nchw(x):
    """One fixed kernel over channels and space, channels first, strided and dilated."""
    kernel = jnp.multiply.outer(jnp.arange(1.0, 3.0), jnp.ones(x.shape[-1]))[..., None, None]
    kernel = kernel * jnp.array([1.0, 0.5, 2.0])[:, None] * jnp.array([1.0, -1.0])
    return lax.conv_general_dilated(
        x.transpose(0, 3, 1, 2), kernel, (2, 1), ((1, 1), (2, 0)), rhs_dilation=(2, 1)
    ).transpose(0, 2, 3, 1)


CASES = {
    "average": average,
    "two averages": lambda x: average(average(x), 2, 2, "VALID"),
    "counted averages": lambda x: counted(counted(x)),
    "filter": filtered,
    "filters, strided": lambda x: filtered(filtered(x, window_strides=(2, 2))),
    "filter, dilated": lambda x: filtered(filtered(x), rhs_dilation=(2, 2)),
    "transposed filter": lambda x: filtered(
        average(x), lhs_dilation=(2, 2), padding=((1, 2), (1, 2))
    ),
    "less its blur": lambda x: x - average(x) + 0.5 * filtered(x),
    "bilinear": lambda x: resized(x, 2),
    "bilinear of average": lambda x: resized(average(x, 2, 2, "VALID"), 2),
    "bicubic down": lambda x: resized(resized(x, 0.5, "bicubic"), 2),
    "nearest": lambda x: average(repeated(halves(x))),
    "repeated, averaged": lambda x: average(repeated(x)),
    "nearest by resize": lambda x: average(resized(x, 2, "nearest")),
    "means": normalised,
    "masks": masked,
    "masks of averages": lambda x: average(average(x) * jnp.hanning(x.shape[2])[:, None]),
    "where": chosen,
    "moved": lambda x: average(channels_last(x)),
    "channels": conv_nchw,
    "depth to space": lambda x: average(shuffled(x)),
    "differences": lambda x: average(x[:, 1:] - x[:, :-1]),
    "padded": lambda x: average(jnp.pad(x, ((0, 0), (2, 0), (0, 3), (0, 0)))),
    "reflected": lambda x: average(jnp.pad(x, ((0, 0), (0, 0), (2, 2), (0, 0)), "reflect")),
    "cumulative": lambda x: jnp.cumsum(x, 1) / 4 + lax.cumsum(x, 2, reverse=True),
    "split": lambda x: sum(w * part for w, part in enumerate(jnp.split(x, 2, -1), 1)),
    "joined": lambda x: jnp.concatenate([average(x), 2 * x[..., :1]], -1),
    "taken": lambda x: average(jnp.take(x, jnp.array([3, 1, 4, 1, 5, 9, 2, 6]), axis=1)),
    "gathered": lambda x: x[:, jnp.arange(8), jnp.arange(8) ** 2 % 12][:, :, None] + x[:, 8:9, :1],
    "cropped": lambda x: lax.dynamic_slice(x, (0, 2, 3, 0), (1, 6, 5, 4)),
    "tiled": lambda x: average(lax.tile(average(x), (1, 2, 1, 1))),
    "written over": lambda x: lax.dynamic_update_slice(x, average(x)[:, 1:6, :5], (0, 4, 3, 0)),
    "set at places": lambda x: x.at[:, 5:8].set(average(x)[:, :3]),
    "rows set": lambda x: average(average(x).at[:, jnp.array([7, 5])].set(x[:, :2])),
    "added at places": lambda x: (2 * x).at[:, jnp.array([6, 1, 6])].add(x[:, 5:8]),
    "taken off at places": lambda x: lax.scatter_sub(
        2 * x,
        jnp.array([[6], [1]]),
        x[:, :2],
        lax.ScatterDimensionNumbers((0, 2, 3), (1,), (1,)),
    ),
    "flattened": lambda x: (x.reshape(1, -1, 4) * 3).reshape(x.shape),
    "constant factor": lambda x: jnp.sqrt(2.0) * (x / 4.0 - 1.0) + x,
}


def exact(model, shape, at):
    """Sum over channels of the squared Jacobian of feature ``at``."""
    jacobian = jax.jacobian(lambda x: model(x)[0, at[0], at[1]])(jnp.zeros(shape))
    return (np.asarray(jacobian, np.float64) ** 2).sum((0, 1, 4))


ALWAYS = ("bilinear of average", "where", "taken", "tiled", "written over", "set at places")
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in CASES if name not in ALWAYS]


@pytest.mark.parametrize("name", [*ALWAYS, *SLOW])
def test_equals_the_squared_jacobian(name):
    model, shape = CASES[name], (1, 12, 12, 4)
    predicted = jaxrf.predict_erf(model, shape, draws=1)
    wanted = exact(model, shape, predicted.at)
    np.testing.assert_allclose(predicted.map, wanted, rtol=1e-5, atol=1e-6 * wanted.max())
    assert not predicted.assumptions


@pytest.mark.parametrize(
    ("name", "at"),
    [
        pytest.param("less its blur", (0, 0), marks=pytest.mark.slow),
        pytest.param("less its blur", (11, 3), marks=pytest.mark.slow),
        ("counted averages", (11, 3)),
    ],
)
def test_at_borders(name, at):
    shape = (1, 12, 12, 4)
    predicted = jaxrf.predict_erf(CASES[name], shape, at=at, draws=1)
    wanted = exact(CASES[name], shape, at)
    np.testing.assert_allclose(predicted.map, wanted, rtol=1e-5, atol=1e-6 * wanted.max())
