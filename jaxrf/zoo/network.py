"""Turns the tables of the zoo into Flax Linen modules.

One small module per kind of row, one table that pairs them, and :class:`Network`, which starts the
walk. End-points are marked with ``jax.ad_checkpoint.checkpoint_name``: an identity that leaves a
``name`` equation in the jaxpr, after BatchNorm and activation as in TF-Slim.

BatchNorm runs at inference. With the statistics of a fresh network (mean 0, variance 1) it is the
identity but for its epsilon: nothing rescales the features on their way, so the initial weights
have to. TF-Slim's initialisers (Xavier, or a fixed standard deviation of 0.09) count on training
for that. Here every kernel is drawn from a truncated normal distribution of variance
``gain / fan_in``, with gain 2 (He et al. 2015) unless its row says otherwise, and biases start at
zero. Features and gradients then stay within a factor of 100 of the input's through every network
of the zoo, as measured effective fields need (``tests/zoo/test_zoo.py``).
"""

from dataclasses import dataclass, replace

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name

from jaxrf.errors import InvalidInput
from jaxrf.zoo.rows import (
    AvgPool,
    Concat,
    Conv,
    Definition,
    Group,
    MaxPool,
    Norm,
    Padding,
    Residual,
    Row,
    Scoped,
    Style,
)

_ACTIVATIONS = {"relu": nn.relu, "relu6": nn.relu6}


@dataclass(frozen=True)
class _Place:
    """The place of a row in the network, with the width and style of the network."""

    style: Style
    width: float
    path: str
    collects: bool = True

    def enter(self, name: str) -> "_Place":
        return replace(self, path=f"{self.path}/{name}" if self.path else name)

    def outputs(self, channels: int | tuple[int, ...]) -> int:
        parts = channels if isinstance(channels, tuple) else (channels,)
        return sum(scaled(part, self.width) for part in parts)

    def normalise(self, x: jax.Array) -> jax.Array:
        """BatchNorm of the style, if it has one; in a compact ``__call__``."""
        if (epsilon := self.style.norm_epsilon) is None:
            return x
        norm = nn.BatchNorm(
            use_running_average=True, epsilon=epsilon, use_scale=self.style.norm_scale, name="norm"
        )
        normed: jax.Array = norm(x)
        return normed

    def activate(self, x: jax.Array) -> jax.Array:
        return _ACTIVATIONS[self.style.activation](x)


def scaled(channels: int, width: float) -> int:
    """Number of channels at a width: ``max(1, round(width * channels))``."""
    return max(1, round(width * channels))


def _padding(padding: Padding, kernel: tuple[int, int]) -> str | tuple[tuple[int, int], ...]:
    if padding != "FIXED":
        return padding
    return tuple(((k - 1) // 2, k - 1 - (k - 1) // 2) for k in kernel)


class _Conv(nn.Module):
    row: Conv
    place: _Place

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        row, place, inputs = self.row, self.place, x.shape[-1]
        kernel = row.kernel if isinstance(row.kernel, tuple) else (row.kernel, row.kernel)
        normed = row.then == "style" and place.style.norm_epsilon is not None
        x = nn.Conv(
            inputs * row.filters if row.channels is None else place.outputs(row.channels),
            kernel,
            strides=row.stride,
            padding=_padding(row.padding, kernel),
            feature_group_count=inputs if row.channels is None else 1,
            use_bias=row.then != "nothing" and not normed,
            kernel_init=nn.initializers.variance_scaling(row.gain, "fan_in", "truncated_normal"),
            name="conv",
        )(x)
        x = place.normalise(x) if normed else x
        return x if row.linear else place.activate(x)


class _Norm(nn.Module):
    row: Norm
    place: _Place

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return self.place.activate(self.place.normalise(x))


class _MaxPool(nn.Module):
    row: MaxPool
    place: _Place

    def __call__(self, x: jax.Array) -> jax.Array:
        kernel, stride = (self.row.kernel,) * 2, (self.row.stride,) * 2
        pooled: jax.Array = nn.max_pool(
            x, kernel, strides=stride, padding=_padding(self.row.padding, kernel)
        )
        return pooled


class _AvgPool(nn.Module):
    row: AvgPool
    place: _Place

    def __call__(self, x: jax.Array) -> jax.Array:
        kernel, stride = (self.row.kernel,) * 2, (self.row.stride,) * 2
        padding = _padding(self.row.padding, kernel)

        def total(values: jax.Array) -> jax.Array:
            sums: jax.Array = nn.pooling.pool(values, 0.0, jax.lax.add, kernel, stride, padding)
            return sums

        # Not nn.avg_pool: its count is float64 wherever that is enabled, whatever x is.
        return total(x) / total(jnp.ones((1, *x.shape[1:-1], 1), x.dtype))


class _Group(nn.Module):
    row: Group
    place: _Place

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return _chain(self.row.rows, x, self.place)


class _Residual(nn.Module):
    row: Residual
    place: _Place

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        row, place = self.row, self.place
        x = _chain(row.before, x, place)
        shortcut = _chain(row.shortcut, x, place)
        body = _chain(row.body, x, place)
        x = shortcut + (body if row.scale == 1 else row.scale * body)
        return x if row.linear else place.activate(x)


_MODULES = {
    Conv: _Conv,
    Norm: _Norm,
    MaxPool: _MaxPool,
    AvgPool: _AvgPool,
    Group: _Group,
    Residual: _Residual,
}


def _chain(rows: tuple[Row, ...], x: jax.Array, place: _Place) -> jax.Array:
    """Applies rows in order, naming end-points; must run inside a compact ``__call__``."""
    for row in rows:
        x = _beside(row, x, place) if isinstance(row, Concat) else _apply(row, x, place)
    return x


def _beside(row: Concat, x: jax.Array, place: _Place) -> jax.Array:
    silent = replace(place, collects=False)
    return jnp.concatenate([_chain((branch,), x, silent) for branch in row.rows], axis=-1)


def _apply(row: Scoped, x: jax.Array, place: _Place) -> jax.Array:
    here = place.enter(row.name)
    before, x = x.shape, _MODULES[type(row)](row, here, name=row.name)(x)
    if 0 in x.shape:
        raise InvalidInput(
            f"{here.path}: got an input of shape {before}, of which this layer leaves nothing; "
            "use a larger image"
        )
    if row.endpoint and place.collects:
        name = place.enter(row.endpoint).path if isinstance(row.endpoint, str) else here.path
        x = checkpoint_name(x, name)
    return x


class Network(nn.Module):
    """A feature extractor of the zoo, without classifier head, as at inference.

    Attributes:
        definition: the table it is built from.
        width: scales every channel count c of the table to ``max(1, round(width * c))``. Which
            units project their shortcut is decided by the table, never by the scaled counts, so
            spatial arithmetic and end-points are the same at every width.
    """

    definition: Definition
    width: float = 1.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the last feature map.

        Args:
            x: images [batch, height, width, channels] of any size. float64 stays float64 where
                JAX has it enabled, though parameters are float32.

        Raises:
            InvalidInput: no images of that layout, or so small that a VALID window does not fit.
        """
        if x.ndim != 4:
            raise InvalidInput(
                f"{self.definition.name}: got an input of shape {x.shape}, need images "
                "[batch, height, width, channels], such as 1,224,224,3"
            )
        place = _Place(self.definition.style, self.width, self.definition.scope)
        return _chain(self.definition.rows, x, place)

    def __repr__(self) -> str:
        name = self.definition.name.replace("-", "_")
        return f"jaxrf.zoo.{name}(width={self.width})"
