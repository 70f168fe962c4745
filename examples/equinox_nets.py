"""Eight current families in Equinox, small enough to read: what jaxrf is tried on.

    jaxrf field examples/equinox_nets.py:resnet50 --factory --shape 3,224,224

Images are channels first, without a batch. ``NETWORKS`` lists each with an input shape; the tables
are the papers'.
"""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from equinox_transformers import Swin, ViT


class ConvNorm(eqx.nn.StatefulLayer):
    """Convolution without bias, BatchNorm, and an activation; (x, state) in and out."""

    conv: eqx.nn.Conv
    norm: eqx.nn.BatchNorm
    act: object = eqx.field(static=True)

    def __init__(self, cin, cout, kernel, stride=1, *, act=jax.nn.relu, groups=1, rank=2, key):
        self.conv = eqx.nn.Conv(
            rank, cin, cout, kernel, stride, (kernel - 1) // 2, groups=groups, use_bias=False,
            key=key,
        )  # fmt: skip
        self.norm = eqx.nn.BatchNorm(cout, "batch", mode="batch")
        self.act = act

    def __call__(self, x, state, *, key=None):
        x, state = self.norm(self.conv(x), state)
        return (x if self.act is None else self.act(x)), state


class Bottleneck(eqx.nn.StatefulLayer):
    """1x1, 3x3 with the stride, 1x1 to four times the width (ResNet v1.5)."""

    branch: eqx.nn.Sequential
    skip: ConvNorm | None

    def __init__(self, cin, width, stride, *, key):
        keys = jr.split(key, 4)
        self.branch = eqx.nn.Sequential([
            ConvNorm(cin, width, 1, key=keys[0]),
            ConvNorm(width, width, 3, stride, key=keys[1]),
            ConvNorm(width, 4 * width, 1, act=None, key=keys[2]),
        ])  # fmt: skip
        same = cin == 4 * width and stride == 1
        self.skip = None if same else ConvNorm(cin, 4 * width, 1, stride, act=None, key=keys[3])

    def __call__(self, x, state, *, key=None):
        y, state = self.branch(x, state)
        if self.skip is not None:
            x, state = self.skip(x, state)
        return jax.nn.relu(x + y), state


class ResNet(eqx.Module):
    """He et al. 2016, with the stride in the 3x3: field 427, stride 32 for depths 3, 4, 6, 3."""

    layers: eqx.nn.Sequential

    def __init__(self, depths=(3, 4, 6, 3), width=64, *, key):
        first, *keys = jr.split(key, 1 + sum(depths))
        layers = [ConvNorm(3, width, 7, 2, key=first), eqx.nn.MaxPool2d(3, 2, 1)]
        cin = width
        for stage, depth in enumerate(depths):
            for n in range(depth):
                stride = 2 if n == 0 and stage else 1
                layers.append(Bottleneck(cin, width << stage, stride, key=keys.pop()))
                cin = 4 * width << stage
        self.layers = eqx.nn.Sequential(layers)

    def __call__(self, x, state):
        return self.layers(x, state)


def pixelwise(layer):
    """A layer of vectors, at every pixel of [c, h, w]."""
    return jax.vmap(jax.vmap(layer, 1, 1), 1, 1)


class Norm(eqx.Module):
    """LayerNorm over the channels of every pixel."""

    norm: eqx.nn.LayerNorm

    def __init__(self, width):
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, x, *, key=None):
        return pixelwise(self.norm)(x)


class NextBlock(eqx.Module):
    """Depthwise 7x7, LayerNorm, two linear layers, layer scale, skip."""

    conv: eqx.nn.Conv2d
    norm: Norm
    mlp: eqx.nn.MLP
    scale: jax.Array

    def __init__(self, width, *, key):
        one, two = jr.split(key)
        self.conv = eqx.nn.Conv2d(width, width, 7, padding=3, groups=width, key=one)
        self.norm = Norm(width)
        self.mlp = eqx.nn.MLP(width, width, 4 * width, 1, jax.nn.gelu, key=two)
        self.scale = jnp.full((width, 1, 1), 1e-6)

    def __call__(self, x, *, key=None):
        return x + self.scale * pixelwise(self.mlp)(self.norm(self.conv(x)))


class ConvNeXt(eqx.Module):
    """Liu et al. 2022."""

    layers: eqx.nn.Sequential

    def __init__(self, depths=(3, 3, 9, 3), width=96, *, key):
        first, *keys = jr.split(key, 1 + sum(depths) + len(depths))
        layers = [eqx.nn.Conv2d(3, width, 4, 4, key=first), Norm(width)]
        for stage, depth in enumerate(depths):
            c = width << stage
            if stage:
                layers += [Norm(c // 2), eqx.nn.Conv2d(c // 2, c, 2, 2, key=keys.pop())]
            layers += [NextBlock(c, key=keys.pop()) for _ in range(depth)]
        self.layers = eqx.nn.Sequential(layers)

    def __call__(self, x):
        return self.layers(x)


class MBConv(eqx.nn.StatefulLayer):
    """Expansion, depthwise convolution, squeeze-excite, projection, skip."""

    expand: ConvNorm | None
    conv: ConvNorm
    excite: eqx.nn.MLP
    project: ConvNorm
    drop: eqx.nn.Dropout

    def __init__(self, cin, cout, expand, kernel, stride, *, key):
        c, keys, silu = expand * cin, jr.split(key, 4), jax.nn.silu
        self.expand = ConvNorm(cin, c, 1, act=silu, key=keys[0]) if expand > 1 else None
        self.conv = ConvNorm(c, c, kernel, stride, act=silu, groups=c, key=keys[1])
        self.excite = eqx.nn.MLP(c, c, max(1, cin // 4), 1, silu, jax.nn.sigmoid, key=keys[2])
        self.project = ConvNorm(c, cout, 1, act=None, key=keys[3])
        self.drop = eqx.nn.Dropout(0.2)

    def __call__(self, x, state, *, key=None):
        y = x
        if self.expand is not None:
            y, state = self.expand(y, state)
        y, state = self.conv(y, state)
        y, state = self.project(y * self.excite(y.mean((1, 2)))[:, None, None], state)
        y = self.drop(y, key=key)
        return (x + y if x.shape == y.shape else y), state


# Expansion, kernel, stride, channels, repeats of every stage (Tan and Le 2019, table 1)
EFFICIENTNET_B0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class EfficientNet(eqx.Module):
    """Tan and Le 2019; its dropout takes a key."""

    blocks: eqx.nn.Sequential

    def __init__(self, stages=EFFICIENTNET_B0, *, key):
        first, *keys = jr.split(key, 1 + sum(s[-1] for s in stages))
        blocks, cin = [ConvNorm(3, 32, 3, 2, act=jax.nn.silu, key=first)], 32
        for expand, kernel, stride, cout, repeats in stages:
            for n in range(repeats):
                steps = stride if n == 0 else 1
                blocks.append(MBConv(cin, cout, expand, kernel, steps, key=keys.pop()))
                cin = cout
        self.blocks = eqx.nn.Sequential(blocks)

    def __call__(self, x, state, *, key):
        return self.blocks(x, state, key=key)


class Double(eqx.Module):
    """Two 3 x ... x 3 convolutions with ReLU."""

    first: eqx.nn.Conv
    second: eqx.nn.Conv

    def __init__(self, cin, cout, *, rank, key):
        one, two = jr.split(key)
        self.first = eqx.nn.Conv(rank, cin, cout, 3, padding="SAME", key=one)
        self.second = eqx.nn.Conv(rank, cout, cout, 3, padding="SAME", key=two)

    def __call__(self, x):
        return jax.nn.relu(self.second(jax.nn.relu(self.first(x))))


class UNet(eqx.Module):
    """Ronneberger et al. 2015 (up-convolutions), and Cicek et al. 2016 in 3-D (interpolated)."""

    encode: list[Double]
    up: list
    decode: list[Double]
    pool: eqx.nn.Pool
    head: eqx.nn.Conv
    interpolate: bool = eqx.field(static=True)

    def __init__(self, levels=4, width=32, channels=3, rank=2, interpolate=False, *, key):
        keys = iter(jr.split(key, 3 * levels + 2))
        widths = [width << level for level in range(levels + 1)]
        pairs = list(itertools.pairwise(widths))
        self.interpolate = interpolate
        inner = [(channels, width), *pairs]
        self.encode = [Double(a, b, rank=rank, key=next(keys)) for a, b in inner]
        kind, size = (eqx.nn.Conv, (1, 1)) if interpolate else (eqx.nn.ConvTranspose, (2, 2))
        self.up = [kind(rank, high, low, *size, key=next(keys)) for low, high in pairs]
        self.decode = [Double(2 * low, low, rank=rank, key=next(keys)) for low, _ in pairs]
        self.pool = eqx.nn.MaxPool3d(2, 2) if rank == 3 else eqx.nn.MaxPool2d(2, 2)
        self.head = eqx.nn.Conv(rank, width, 2, 1, key=next(keys))

    def __call__(self, x):
        skips = []
        for n, double in enumerate(self.encode):
            skips.append(x := double(self.pool(x) if n else x))
        for n in reversed(range(len(self.up))):
            if self.interpolate:
                shape = (x.shape[0], *(2 * size for size in x.shape[1:]))
                x = jax.image.resize(x, shape, "linear")
            x = self.decode[n](jnp.concatenate([skips[n], self.up[n](x)]))
        return self.head(x)


class Gated(eqx.Module):
    """Causal dilated convolution, gated; a residual and a skip output."""

    conv: eqx.nn.Conv1d
    out: eqx.nn.Conv1d

    def __init__(self, width, dilation, *, key):
        one, two = jr.split(key)
        self.conv = eqx.nn.Conv1d(
            width, 2 * width, 2, padding=[(dilation, 0)], dilation=dilation, key=one
        )
        self.out = eqx.nn.Conv1d(width, 2 * width, 1, key=two)

    def __call__(self, x):
        signal, gate = jnp.split(self.conv(x), 2)
        residual, skip = jnp.split(self.out(jnp.tanh(signal) * jax.nn.sigmoid(gate)), 2)
        return x + residual, skip


class WaveNet(eqx.Module):
    """van den Oord et al. 2016: the field of ``stacks`` times dilations 1, 2, 4, ..."""

    stem: eqx.nn.Conv1d
    layers: list[Gated]
    head: eqx.nn.Sequential

    def __init__(self, stacks=3, layers=10, width=32, channels=1, *, key):
        one, two, three, *keys = jr.split(key, 3 + stacks * layers)
        dilations = [2**n for n in range(layers)] * stacks
        relu = eqx.nn.Lambda(jax.nn.relu)
        self.stem = eqx.nn.Conv1d(channels, width, 1, key=one)
        self.layers = [Gated(width, d, key=k) for d, k in zip(dilations, keys, strict=True)]
        self.head = eqx.nn.Sequential([
            relu, eqx.nn.Conv1d(width, width, 1, key=two),
            relu, eqx.nn.Conv1d(width, 256, 1, key=three),
        ])  # fmt: skip

    def __call__(self, x):
        x, total = self.stem(x), 0.0
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return self.head(total)


def resnet50():
    """ResNet-50 with weights: (module, state)."""
    return eqx.nn.make_with_state(ResNet)(key=jr.key(0))


# Name -> (class, its options, input shape): as published, and small for tests
NETWORKS = {
    "resnet": (ResNet, {}, (3, 224, 224)),
    "convnext": (ConvNeXt, {}, (3, 224, 224)),
    "efficientnet": (EfficientNet, {}, (3, 224, 224)),
    "vit": (ViT, {}, (3, 224, 224)),
    "swin": (Swin, {}, (3, 224, 224)),
    "unet": (UNet, {}, (3, 256, 256)),
    "wavenet": (WaveNet, {}, (1, 4096)),
    "unet3d": (UNet, {"levels": 3, "channels": 1, "rank": 3, "interpolate": True},
               (1, 64, 64, 64)),
}  # fmt: skip
SMALL = {
    "resnet": ({"depths": (1, 1, 2), "width": 4}, (3, 96, 96)),
    "convnext": ({"depths": (1, 2), "width": 8}, (3, 96, 96)),
    "efficientnet": ({"stages": EFFICIENTNET_B0[:3]}, (3, 64, 64)),
    "vit": ({"size": 32, "patch": 8, "width": 12, "depth": 2}, (3, 32, 32)),
    "swin": ({"size": 160, "window": 4, "depths": (2, 2), "width": 12}, (3, 160, 160)),
    "unet": ({"levels": 2, "width": 4}, (3, 64, 64)),
    "wavenet": ({"stacks": 2, "layers": 4, "width": 4}, (1, 64)),
    "unet3d": ({"levels": 1, "width": 2}, (1, 16, 16, 16)),
}


def build(name, *, small=False):
    """(model, input shape), the model without weights: theory needs none."""
    cls, options, shape = NETWORKS[name]
    if small:
        changed, shape = SMALL[name]
        options = {**options, **changed}
    make = eqx.nn.make_with_state(cls) if cls in (ResNet, EfficientNet) else cls
    return eqx.filter_eval_shape(make, **options, key=jr.key(0)), shape
