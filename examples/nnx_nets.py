"""Eight current families in Flax NNX, small enough to read: what jaxrf is tried on.

    jaxrf field examples/nnx_nets.py:resnet50 --factory --shape 1,224,224,3

Images are channels last. ``NETWORKS`` lists each with an input shape; the tables are the papers'.
"""

import itertools

import jax
import jax.numpy as jnp
from flax import nnx
from nnx_transformers import Swin, ViT


class ConvNorm(nnx.Module):
    """Convolution without bias, BatchNorm, and an activation."""

    def __init__(self, cin, cout, kernel, stride=1, *, act=nnx.relu, groups=1, rank=2, rngs):
        pad, size = [((kernel - 1) // 2,) * 2] * rank, (kernel,) * rank
        self.conv = nnx.Conv(
            cin, cout, size, stride, padding=pad, feature_group_count=groups, use_bias=False,
            rngs=rngs,
        )  # fmt: skip
        self.norm = nnx.BatchNorm(cout, rngs=rngs)
        self.act = act

    def __call__(self, x):
        x = self.norm(self.conv(x))
        return x if self.act is None else self.act(x)


class Bottleneck(nnx.Module):
    """1x1, 3x3 with the stride, 1x1 to four times the width (ResNet v1.5)."""

    def __init__(self, cin, width, stride, *, rngs):
        self.reduce = ConvNorm(cin, width, 1, rngs=rngs)
        self.conv = ConvNorm(width, width, 3, stride, rngs=rngs)
        self.expand = ConvNorm(width, 4 * width, 1, act=None, rngs=rngs)
        same = cin == 4 * width and stride == 1
        self.skip = None if same else ConvNorm(cin, 4 * width, 1, stride, act=None, rngs=rngs)

    def __call__(self, x):
        skip = x if self.skip is None else self.skip(x)
        return nnx.relu(skip + self.expand(self.conv(self.reduce(x))))


class ResNet(nnx.Module):
    """He et al. 2016, with the stride in the 3x3: field 427, stride 32 for depths 3, 4, 6, 3."""

    def __init__(self, depths=(3, 4, 6, 3), width=64, *, rngs):
        self.stem = ConvNorm(3, width, 7, 2, rngs=rngs)
        blocks, cin = [], width
        for stage, depth in enumerate(depths):
            for n in range(depth):
                stride = 2 if n == 0 and stage else 1
                blocks.append(Bottleneck(cin, width << stage, stride, rngs=rngs))
                cin = 4 * width << stage
        self.blocks = nnx.List(blocks)

    def __call__(self, x):
        x = nnx.max_pool(self.stem(x), (3, 3), (2, 2), [(1, 1), (1, 1)])
        for block in self.blocks:
            x = block(x)
        return x


class NextBlock(nnx.Module):
    """Depthwise 7x7, LayerNorm, two linear layers, layer scale, skip."""

    def __init__(self, width, *, rngs):
        self.conv = nnx.Conv(width, width, (7, 7), feature_group_count=width, rngs=rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)
        self.scale = nnx.Param(jnp.full(width, 1e-6))

    def __call__(self, x):
        return x + self.scale * self.down(nnx.gelu(self.up(self.norm(self.conv(x)))))


class ConvNeXt(nnx.Module):
    """Liu et al. 2022."""

    def __init__(self, depths=(3, 3, 9, 3), width=96, *, rngs):
        self.stem = nnx.Conv(3, width, (4, 4), 4, padding="VALID", rngs=rngs)
        layers = [nnx.LayerNorm(width, rngs=rngs)]
        for stage, depth in enumerate(depths):
            c = width << stage
            if stage:
                layers.append(nnx.LayerNorm(c // 2, rngs=rngs))
                layers.append(nnx.Conv(c // 2, c, (2, 2), 2, padding="VALID", rngs=rngs))
            layers += [NextBlock(c, rngs=rngs) for _ in range(depth)]
        self.layers = nnx.Sequential(*layers)

    def __call__(self, x):
        return self.layers(self.stem(x))


class MBConv(nnx.Module):
    """Expansion, depthwise convolution, squeeze-excite, projection, skip."""

    def __init__(self, cin, cout, expand, kernel, stride, *, rngs):
        c, squeezed = expand * cin, max(1, cin // 4)
        self.expand = ConvNorm(cin, c, 1, act=nnx.silu, rngs=rngs) if expand > 1 else None
        self.conv = ConvNorm(c, c, kernel, stride, act=nnx.silu, groups=c, rngs=rngs)
        self.squeeze = nnx.Linear(c, squeezed, rngs=rngs)
        self.excite = nnx.Linear(squeezed, c, rngs=rngs)
        self.project = ConvNorm(c, cout, 1, act=None, rngs=rngs)
        self.drop = nnx.Dropout(0.2, broadcast_dims=(1, 2, 3), rngs=rngs)

    def __call__(self, x):
        y = self.conv(x if self.expand is None else self.expand(x))
        y = y * nnx.sigmoid(self.excite(nnx.silu(self.squeeze(y.mean((1, 2), keepdims=True)))))
        y = self.drop(self.project(y))
        return x + y if x.shape == y.shape else y


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


class EfficientNet(nnx.Module):
    """Tan and Le 2019."""

    def __init__(self, stages=EFFICIENTNET_B0, *, rngs):
        self.stem = ConvNorm(3, 32, 3, 2, act=nnx.silu, rngs=rngs)
        blocks, cin = [], 32
        for expand, kernel, stride, cout, repeats in stages:
            for n in range(repeats):
                first = stride if n == 0 else 1
                blocks.append(MBConv(cin, cout, expand, kernel, first, rngs=rngs))
                cin = cout
        self.blocks = nnx.Sequential(*blocks)

    def __call__(self, x):
        return self.blocks(self.stem(x))


class Double(nnx.Module):
    """Two 3 x ... x 3 convolutions."""

    def __init__(self, cin, cout, *, rank, rngs):
        self.first = ConvNorm(cin, cout, 3, rank=rank, rngs=rngs)
        self.second = ConvNorm(cout, cout, 3, rank=rank, rngs=rngs)

    def __call__(self, x):
        return self.second(self.first(x))


class UNet(nnx.Module):
    """Ronneberger et al. 2015 (up-convolutions), and Cicek et al. 2016 in 3-D (interpolated)."""

    def __init__(self, levels=4, width=32, channels=3, rank=2, interpolate=False, *, rngs):
        widths = [width << level for level in range(levels + 1)]
        self.rank, self.interpolate = rank, interpolate
        pairs = list(itertools.pairwise(widths))
        self.encode = nnx.List(
            Double(cin, cout, rank=rank, rngs=rngs) for cin, cout in [(channels, width), *pairs]
        )
        up = ConvNorm if interpolate else nnx.ConvTranspose
        options = {"kernel": 1, "rank": rank} if interpolate else {
            "kernel_size": (2,) * rank, "strides": (2,) * rank}  # fmt: skip
        self.up = nnx.List(up(high, low, **options, rngs=rngs) for low, high in pairs)
        self.decode = nnx.List(Double(2 * low, low, rank=rank, rngs=rngs) for low, _ in pairs)
        self.head = nnx.Conv(width, 2, (1,) * rank, rngs=rngs)

    def __call__(self, x):
        skips, window = [], (2,) * self.rank
        for n, double in enumerate(self.encode):
            skips.append(x := double(nnx.max_pool(x, window, window) if n else x))
        for n in reversed(range(len(self.up))):
            if self.interpolate:
                space = [2 * size for size in x.shape[1:-1]]
                x = jax.image.resize(x, (x.shape[0], *space, x.shape[-1]), "linear")
            x = self.decode[n](jnp.concatenate([skips[n], self.up[n](x)], -1))
        return self.head(x)


class Gated(nnx.Module):
    """Causal dilated convolution, gated; a residual and a skip output."""

    def __init__(self, width, dilation, *, rngs):
        self.conv = nnx.Conv(
            width, 2 * width, (2,), kernel_dilation=dilation, padding="CAUSAL", rngs=rngs
        )
        self.out = nnx.Conv(width, 2 * width, (1,), rngs=rngs)

    def __call__(self, x):
        signal, gate = jnp.split(self.conv(x), 2, -1)
        residual, skip = jnp.split(self.out(jnp.tanh(signal) * nnx.sigmoid(gate)), 2, -1)
        return x + residual, skip


class WaveNet(nnx.Module):
    """van den Oord et al. 2016: the field of ``stacks`` times dilations 1, 2, 4, ..."""

    def __init__(self, stacks=3, layers=10, width=32, channels=1, *, rngs):
        self.stem = nnx.Conv(channels, width, (1,), rngs=rngs)
        dilations = [2**n for n in range(layers)] * stacks
        self.layers = nnx.List([Gated(width, d, rngs=rngs) for d in dilations])
        self.head = nnx.Sequential(
            nnx.relu, nnx.Conv(width, width, (1,), rngs=rngs),
            nnx.relu, nnx.Conv(width, 256, (1,), rngs=rngs),
        )  # fmt: skip

    def __call__(self, x):
        x, total = self.stem(x), 0.0
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return self.head(total)


def resnet50():
    """ResNet-50 with weights."""
    return ResNet(rngs=nnx.Rngs(0))


# Name -> (class, its options, input shape): as published, and small for tests
NETWORKS = {
    "resnet": (ResNet, {}, (1, 224, 224, 3)),
    "convnext": (ConvNeXt, {}, (1, 224, 224, 3)),
    "efficientnet": (EfficientNet, {}, (1, 224, 224, 3)),
    "vit": (ViT, {}, (1, 224, 224, 3)),
    "swin": (Swin, {}, (1, 224, 224, 3)),
    "unet": (UNet, {}, (1, 256, 256, 3)),
    "wavenet": (WaveNet, {}, (1, 4096, 1)),
    "unet3d": (
        UNet,
        {"levels": 3, "channels": 1, "rank": 3, "interpolate": True},
        (1, 64, 64, 64, 1),
    ),
}
SMALL = {
    "resnet": ({"depths": (1, 1, 2), "width": 4}, (1, 96, 96, 3)),
    "convnext": ({"depths": (1, 2), "width": 8}, (1, 96, 96, 3)),
    "efficientnet": ({"stages": EFFICIENTNET_B0[:3]}, (1, 64, 64, 3)),
    "vit": ({"size": 32, "patch": 8, "width": 12, "depth": 2}, (1, 32, 32, 3)),
    "swin": ({"size": 160, "window": 4, "depths": (2, 2), "width": 12}, (1, 160, 160, 3)),
    "unet": ({"levels": 2, "width": 4}, (1, 64, 64, 3)),
    "wavenet": ({"stacks": 2, "layers": 4, "width": 4}, (1, 64, 1)),
    "unet3d": ({"levels": 1, "width": 2}, (1, 16, 16, 16, 1)),
}


def build(name, *, small=False):
    """(model, input shape), the model without weights: theory needs none."""
    cls, options, shape = NETWORKS[name]
    if small:
        changed, shape = SMALL[name]
        options = {**options, **changed}
    return nnx.eval_shape(lambda: cls(**options, rngs=nnx.Rngs(0))), shape
