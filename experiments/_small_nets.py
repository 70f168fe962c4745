"""Two classifiers of small images, plain and residual, and their training."""

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxrf.errors import InvalidInput

WIDTH = 16


def _conv(x, stride, name):
    return nn.Conv(WIDTH, (3, 3), stride, padding=1, name=name)(x)


class Net(nn.Module):
    """3x3 layers, the map "features", its mean, and logits: [n, h, w, 1] -> [n, classes].

    The residual network has as many layers as the plain one, so the same theoretical field; its
    shortcuts skip two of them.

    Attributes:
        layers: of 3x3, the first with the stride; odd.
        stride: of the first layer.
        classes: of the logits.
        residual: whether there are shortcuts.
    """

    layers: int
    stride: int
    classes: int
    residual: bool

    @nn.compact
    def __call__(self, x):
        x = nn.relu(_conv(x, self.stride, "stem"))
        for n in range(0, self.layers - 1, 2):
            y = nn.relu(_conv(x, 1, f"layer{n + 1}"))
            y = _conv(y, 1, f"layer{n + 2}")
            x = nn.relu(x + y if self.residual else y)
        x = Features(name="features")(x)
        return nn.Dense(self.classes, name="logits")(x.mean((1, 2)))


class Features(nn.Module):
    """The identity: names a map."""

    @nn.compact
    def __call__(self, x):
        return x


@dataclass(frozen=True)
class Data:
    """Images, and what is trained on them.

    Attributes:
        images: float32 [n, h, w, 1], each of mean 0 and standard deviation 1.
        labels: int [n].
        layers: of a network for them.
        stride: of its first layer.
        batch: images per step of training.
        steps: of training.
    """

    images: np.ndarray
    labels: np.ndarray
    layers: int
    stride: int
    batch: int
    steps: int

    def net(self, residual):
        """The classifier of these images."""
        return Net(self.layers, self.stride, int(self.labels.max()) + 1, residual)


def faces():
    """200 patches of 25x25, half of them faces, from scikit-image."""
    try:
        from skimage.data import lfw_subset
    except ImportError:
        raise InvalidInput("faces: got no scikit-image; pip install 'jaxrf[trained]'") from None
    images = lfw_subset()
    return Data(_standard(images), np.repeat([1, 0], 100), layers=5, stride=2, batch=16, steps=200)


def gratings():
    """1,200 gratings of 32x32 in noise, the class one of six orientations; made here."""
    rng, count, size, classes = np.random.default_rng(0), 1200, 32, 6
    labels = rng.integers(0, classes, count)
    angle = np.pi * labels / classes
    wave = 2 * np.pi / rng.uniform(6, 10, count)  # pixels
    phase = rng.uniform(0, 2 * np.pi, count)
    y, x = np.mgrid[:size, :size]
    across = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    images = np.cos(wave[:, None, None] * across + phase[:, None, None])
    images += rng.normal(0, 1, images.shape)
    return Data(_standard(images), labels, layers=5, stride=2, batch=16, steps=120)


def _standard(images):
    images = np.asarray(images, np.float32)[..., None]
    axes = (1, 2, 3)
    return (images - images.mean(axes, keepdims=True)) / images.std(axes, keepdims=True)


def training(net, data, *, rate=2e-3):
    """Training by Adam.

    Args:
        net: what is trained.
        data: what on.
        rate: of learning.

    Returns:
        (variables -> state; (state, keys, indices) -> state). A state begins with the variables; a
        step a key draws from the images of the indices, with replacement.
    """
    optimizer = optax.adam(rate)
    images, labels = jnp.asarray(data.images), jnp.asarray(data.labels)

    def loss(variables, x, y):
        logits = net.apply(variables, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    @jax.jit
    def run(state, keys, indices):
        def step(state, key):
            variables, moments = state
            drawn = jax.random.choice(key, indices, (data.batch,))
            slope = jax.grad(loss)(variables, images[drawn], labels[drawn])
            change, moments = optimizer.update(slope, moments)
            return (optax.apply_updates(variables, change), moments), None

        return jax.lax.scan(step, state, keys)[0]

    return lambda variables: (variables, optimizer.init(variables)), run


def accuracy(net):
    """``(variables, images, labels) -> share of right answers``, compiled."""

    def right(variables, images, labels):
        return (net.apply(variables, images).argmax(-1) == labels).mean()

    return jax.jit(right)
