"""Models as their users write them: with a mode, running averages, dropout, and weights."""

from __future__ import annotations

from functools import partial

import flax.linen as nn
from flax import nnx

SHAPE = (1, 32, 32, 3)


class Block(nn.Module):
    features: int
    conv: object
    norm: object
    stride: int = 1

    @nn.compact
    def __call__(self, x):
        y = nn.relu(self.norm()(self.conv(self.features, (3, 3), (self.stride,) * 2)(x)))
        y = self.norm(scale_init=nn.initializers.zeros_init())(self.conv(self.features, (3, 3))(y))
        if x.shape != y.shape:
            x = self.conv(self.features, (1, 1), (self.stride,) * 2, name="proj")(x)
        return nn.relu(x + y)


class ResNet(nn.Module):
    """A residual network with ``train: bool = True``, as examples of training have it."""

    blocks: int = 2

    @nn.compact
    def __call__(self, x, train: bool = True):
        conv = partial(nn.Conv, use_bias=False)
        norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9)
        x = nn.relu(norm(name="bn_init")(conv(4, (7, 7), (2, 2), name="conv_init")(x)))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        for i in range(self.blocks):
            x = Block(4 * 2**i, conv, norm, 2 if i else 1)(x)
        x = nn.Dropout(0.5, deterministic=not train)(x)
        return nn.Conv(2, (1, 1), name="head")(x)


class Training(nn.Module):
    """It has one mode: running averages change, and dropout draws from a stream of its own."""

    @nn.compact
    def __call__(self, x):
        x = nn.BatchNorm(use_running_average=False)(nn.Conv(2, (3, 3))(x))
        return nn.Dropout(0.5, deterministic=False, rng_collection="noise")(x)


class Own(nnx.Module):
    """A model that brings its weights."""

    def __init__(self, seed: int = 0):
        rngs = nnx.Rngs(seed)
        self.stem = nnx.Conv(3, 4, (5, 5), strides=2, rngs=rngs)
        self.norm = nnx.BatchNorm(4, rngs=rngs)
        self.drop = nnx.Dropout(0.2, rngs=rngs)

    def __call__(self, x):
        return self.drop(self.norm(self.stem(x)))


class Plain(nnx.Module):
    """One convolution, nothing that has a mode."""

    def __init__(self):
        self.conv = nnx.Conv(3, 2, (3, 3), rngs=nnx.Rngs(0))

    def __call__(self, x):
        return self.conv(x)


resnet = ResNet()
training = Training()
own = Own()
