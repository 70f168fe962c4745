"""Today's networks, by name: those of keras.applications, and those written out beside this file.

Theory needs no weights, so a Keras model is built with zeros unless it is asked for real ones.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

os.environ.setdefault("KERAS_BACKEND", "jax")
sys.path.insert(0, str(Path(__file__).parent))

import _image_nets as images
import _signal_nets as signals

from jaxrf.errors import InvalidInput

IMAGE = (1, 224, 224, 3)


@dataclass(frozen=True)
class Net:
    """A network of the table.

    Attributes:
        title: as its paper has it.
        build: (input shape, real weights?) -> model.
        shape: of the input that it is reported for; by default that of ImageNet.
        of_keras: whether every layer of it is an end-point.
    """

    title: str
    build: Callable[[tuple[int, ...], bool], Any]
    shape: tuple[int, ...] = IMAGE
    of_keras: bool = False

    @property
    def is_image(self) -> bool:
        """Whether its input has two spatial axes."""
        return len(self.shape) == 4


def _keras(name: str, shape: tuple[int, ...], real: bool) -> Any:
    try:
        import keras
    except ImportError as error:
        raise InvalidInput(
            f"{name}: got no Keras, whose networks this experiment takes; pip install jaxrf[keras]"
        ) from error
    keras.utils.clear_session()  # layers are numbered from 1 in each model
    keras.utils.set_random_seed(0)
    with _initialized(np.random.default_rng(0) if real else None):
        build = getattr(keras.applications, name)
        model = build(weights=None, input_shape=shape[1:])
    if real:
        for layer in model.layers:  # ConvNeXt's 1e-6 would leave nothing of what a block adds
            if type(layer).__name__ == "LayerScale":
                layer.gamma.assign(np.ones(layer.gamma.shape))
    return model


@contextmanager
def _initialized(rng: np.random.Generator | None) -> Iterator[None]:
    """Keras draws its kernels by numpy while it is open, or makes them zeros without a generator.

    The variances are its own (scale / fan), the distribution is normal or uniform as there, but not
    truncated: drawing hundreds of kernels takes Keras longer than measuring their network. Theory
    needs no weights at all.
    """
    import keras

    cls = keras.initializers.VarianceScaling
    original = cls.__call__

    def draw(self, shape, dtype=None):
        if rng is None:
            return np.zeros(shape, dtype or "float32")
        area = int(np.prod(shape[:-2]))
        fans = {"fan_in": area * shape[-2], "fan_out": area * shape[-1]}
        fans["fan_avg"] = sum(fans.values()) / 2
        deviation = np.sqrt(self.scale / fans[self.mode])
        if self.distribution == "uniform":
            values = rng.uniform(-1, 1, shape) * np.sqrt(3) * deviation
        else:
            values = rng.standard_normal(shape) * deviation
        return values.astype(dtype or "float32")

    cls.__call__ = draw
    try:
        yield
    finally:
        cls.__call__ = original


def _written(model: Any) -> Callable[[tuple[int, ...], bool], Any]:
    """A module of Flax, which takes any input and has no weights of its own."""
    return lambda shape, real: model


_KERAS = {
    "ConvNeXt-T": "ConvNeXtTiny",
    "ConvNeXt-B": "ConvNeXtBase",
    "EfficientNet-B0": "EfficientNetB0",
    "EfficientNet-B7": "EfficientNetB7",
    "EfficientNetV2-B0": "EfficientNetV2B0",
    "EfficientNetV2-S": "EfficientNetV2S",
    "MobileNetV2": "MobileNetV2",
    "MobileNetV3-S": "MobileNetV3Small",
    "MobileNetV3-L": "MobileNetV3Large",
    "DenseNet-121": "DenseNet121",
    "DenseNet-201": "DenseNet201",
    "Xception": "Xception",
    "NASNet-A mobile": "NASNetMobile",
    "NASNet-A large": "NASNetLarge",
}
_WRITTEN = (
    Net("RegNetX-400MF", _written(images.regnetx_400mf)),
    Net("RegNetY-400MF", _written(images.regnety_400mf)),
    Net("U-Net, valid", _written(images.unet_valid), (1, 572, 572, 1)),
    Net("U-Net, same", _written(images.unet_same), (1, 512, 512, 1)),
    Net("PatchGAN 70", _written(images.patchgan), (1, 256, 256, 6)),
    Net("WaveNet", _written(signals.wavenet), (1, 16000, 1)),
    Net("TCN", _written(signals.tcn), (1, 16000, 1)),
    Net("Demucs encoder", _written(signals.demucs_encoder), (1, 64000, 1)),
)
NETWORKS: dict[str, Net] = {
    net.title: net
    for net in (
        *(Net(title, partial(_keras, name), of_keras=True) for title, name in _KERAS.items()),
        *_WRITTEN,
    )
}


def parameters(net: Net, model: Any) -> int:
    """Trainable parameters, classifier included."""
    if net.of_keras:
        return sum(int(np.prod(w.shape)) for w in model.trainable_variables)
    image = jax.ShapeDtypeStruct(net.shape, "float32")
    variables = jax.eval_shape(model.init, jax.random.key(0), image)
    return sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))


def endpoints(net: Net, analysis: Any) -> list[str]:
    """The feature maps to report: all that a network marks; of Keras, one of every stride.

    That is the last one with the largest field: what comes after it, at the same stride, is on the
    side (a ReLU of an earlier map in NASNet), or only pads or crops.
    """
    local = [name for name, field in analysis.items() if field.stride[0] is not None]
    if not net.of_keras:
        return local
    chosen: dict[Any, str] = {}
    for name in local:
        field = analysis[name]
        before = chosen.get(field.stride)
        if field.size[0] == 1 or _operation(analysis, name) in ("pad", "slice"):
            continue
        if before is None or field.size[0] >= analysis[before].size[0]:
            chosen[field.stride] = name
    return list(chosen.values())


def _operation(analysis: Any, name: str) -> str:
    """What an end-point is made by, behind the marks that name it."""
    nodes = analysis.graph.nodes
    node = nodes[analysis.node(name)]
    while node.op == "name":
        node = nodes[node.operands[0]]
    return node.op


def without_place(label: str | None) -> str:
    """A message of jaxrf without the file and line, which depend on the machine."""
    return "" if label is None else re.sub(r" at [^)]*", "", label)
