"""Stacks of convolutions: the networks, their exact maps, and samples of their gradients.

Convolutions are VALID and the input is exactly the theoretical field, so that the output is a
single feature and every backward pass costs its cone alone.
"""

from collections.abc import Callable
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.experiments.evidence import Estimate
from jaxrf.measure.metrics import fit_gaussian, luo_size, moments

LUO = "Luo et al. 2016"
EFFECTIVE = "effective networks"  # what the units of estimates are, by their energies
INTERVAL = (2.5, 97.5)  # percentiles of a 95 % interval


class Stack(nn.Module):
    """``depth`` convolutions with fresh weights of variance gain / fan-in, no bias.

    The nonlinearity stands between the convolutions, not behind the last. ``taps`` are relative
    standard deviations along every axis of a kernel, equal by default.
    """

    depth: int
    width: int = 16
    kernel: int = 3
    rank: int = 2
    activation: Callable | None = None
    gain: float = 1.0
    distribution: str = "normal"
    taps: tuple[float, ...] | None = None
    dilations: tuple[int, ...] | None = None

    @nn.compact
    def __call__(self, x):
        """Images [N, *spatial, C] of the size of the field to features [N, 1..., width]."""
        for layer in range(self.depth):
            if self.activation is not None and layer:
                x = self.activation(x)
            x = nn.Conv(
                self.width, (self.kernel,) * self.rank, padding="VALID", use_bias=False,
                kernel_init=self.draw, kernel_dilation=self.dilation(layer),
            )(x)  # fmt: skip
        return x

    def draw(self, key, shape, dtype=jnp.float32):
        """A kernel [*taps, in, out]."""
        initializer = nn.initializers.variance_scaling(self.gain, "fan_in", self.distribution)
        kernel = initializer(key, shape, dtype)
        if self.taps is None:
            return kernel
        scale = np.array(self.taps) / np.sqrt(np.mean(np.square(self.taps)))
        for axis in range(self.rank):
            kernel *= scale.reshape([-1 if a == axis else 1 for a in range(len(shape))])
        return kernel

    def dilation(self, layer: int) -> int:
        """Of a layer, 1 by default."""
        return 1 if self.dilations is None else self.dilations[layer]

    @property
    def size(self) -> int:
        """R of eq (2) at stride 1."""
        return 1 + sum((self.kernel - 1) * self.dilation(layer) for layer in range(self.depth))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an input that is the field and nothing else, with as many channels as a layer."""
        return (1, *(self.size,) * self.rank, self.width)

    @property
    def center(self) -> tuple[float, ...]:
        """The middle of that input."""
        return ((self.size - 1) / 2,) * self.rank


def power(profile, depth):
    """The ``depth``-fold convolution of a profile with itself: of a box of 3, trinomials."""
    found = np.ones(1)
    for _ in range(depth):
        found = np.convolve(found, profile)
    return found


def trinomial(depth):
    """Shares of the paths of 3-tap layers that end at every offset from -depth to depth."""
    return power(np.full(3, 1 / 3), depth)


def sigma_of(depth, kernel=3):
    """Of the expected energy of random weights: sqrt(n (k^2 - 1) / 12), input pixels."""
    return np.sqrt(depth * (kernel**2 - 1) / 12)


def kurtosis_of(depth):
    """Excess kurtosis of the n-fold convolution of a box of 3."""
    return -1.5 / depth


def gradients(model, shape, samples, seed):
    """The gradient [*spatial, C], float64, of each sample: fresh weights, input and signs."""
    root = jax.random.key(seed)

    @jax.jit
    def sample(index):
        draws, weights, signs = jax.random.split(jax.random.fold_in(root, index), 3)
        x = jax.random.normal(draws, shape)
        y, back = jax.vjp(partial(model.apply, model.init(weights, x)), x)
        return back(jax.random.rademacher(signs, y.shape, y.dtype))[0][0]

    for index in range(samples):
        yield np.asarray(sample(jnp.asarray(index)), np.float64)


# What a sample contributes to a map; the map is the mean over samples.
MAPS = {
    "g²": lambda g: (g**2).sum(-1),
    "|g|": lambda g: np.abs(g).sum(-1),
    "relu(g)": lambda g: np.maximum(g, 0.0).sum(-1),
}


def sampled(model, shape, samples, seed, quantities=tuple(MAPS)):
    """{quantity: float64 [samples, *spatial]} of single samples."""
    kept = {q: [] for q in quantities}
    for g in gradients(model, shape, samples, seed):
        for q in quantities:
            kept[q].append(MAPS[q](g))
    return {q: np.array(maps) for q, maps in kept.items()}


def numbers_of(energy):
    """(sigma, kurtosis, Luo size) of a map about its middle, means over the axes."""
    center = tuple((n - 1) / 2 for n in energy.shape)
    found = moments(energy, center)
    sigma = np.sqrt(np.mean(np.square(found.sigma)))
    return np.array([sigma, np.mean(found.kurtosis), luo_size(energy, center)])


def bootstrap(maps, replicates, seed, statistic=numbers_of, finish=lambda energy: energy):
    """(numbers of the mean map, [replicates, ...] of those of resampled samples).

    Args:
        maps: [samples, *spatial].
        replicates: how many times the samples are drawn again, with replacement.
        seed: of these draws.
        statistic: of a map.
        finish: of the mean map, what the statistic sees: its square root, for instance.
    """
    count = len(maps)
    flat = maps.reshape(count, -1)
    counts = _drawn_again(count, replicates, seed)
    shape = maps.shape[1:]
    again = [statistic(finish((weights @ flat).reshape(shape))) for weights in counts]
    return statistic(finish(maps.mean(0))), np.array(again)


def _drawn_again(count, replicates, seed):
    """[replicates, count] weights of samples that are drawn again."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(count, np.full(count, 1 / count), replicates) / count


def gaussian_r2(energy):
    """R^2 of the least-squares Gaussian about the middle, over the whole field."""
    residual, total = gaussian_sums(energy)
    return 1 - residual / total


def gaussian_sums(energy):
    """Sums of squares: of what that Gaussian leaves, of the map about its mean."""
    r2 = fit_gaussian(energy, [(n - 1) / 2 for n in energy.shape]).r2
    total = float(((energy - energy.mean()) ** 2).sum())
    return np.array([(1 - r2) * total, total])


def shape_of_mean(maps, replicates, seed):
    """R^2 of the mean map without its noise, and its standard error by bootstrap over samples.

    Noise adds to both sums of squares. A replicate has the noise of the samples and as much again,
    so that what the sums of the replicates have more, in the mean, is taken off; twice, off those
    of a replicate.
    """
    sums = gaussian_sums(maps.mean(0))
    again = np.array(
        [gaussian_sums(np.tensordot(w, maps, 1)) for w in _drawn_again(len(maps), replicates, seed)]
    )
    noise = again.mean(0) - sums
    residual, total = sums - noise
    others = (again - 2 * noise).T
    return float(1 - residual / total), float(np.std(1 - others[0] / others[1], ddof=1))


def rings(maps, depth, count):
    """Of rings about the centre: radius, energy over that of the exact map, standard error.

    Args:
        maps: E g^2 of single networks, [samples, 2 depth + 1, 2 depth + 1].
        depth: of the 3x3 stack.
        count: rings of equal width, out to three sigma.
    """
    offsets = np.arange(-depth, depth + 1)
    radius = np.hypot(offsets[:, None], offsets)
    edges = np.linspace(0, min(depth, 3 * sigma_of(depth)), count + 1)
    share = np.outer(trinomial(depth), trinomial(depth))
    found = {"radius": [], "ratio": [], "error": []}
    totals = maps.sum((1, 2))
    for low, high in zip(edges, edges[1:], strict=False):
        inside = (radius >= low) & (radius < high)
        if not inside.any():
            continue
        energies = maps[:, inside].sum(1) / share[inside].sum() / totals.mean()
        ratio = float(energies.mean())
        spread = energies - ratio * totals / totals.mean()  # a ratio of two means
        found["radius"].append(float(np.average(radius[inside], weights=share[inside])))
        found["ratio"].append(ratio)
        found["error"].append(float(spread.std(ddof=1) / np.sqrt(len(maps))))
    return found


def worth(maps):
    """Networks of equal energy that these are worth, at least 2: Kish's effective number.

    Args:
        maps: E g^2 of single networks, [samples, *spatial].
    """
    totals = maps.reshape(len(maps), -1).sum(1)
    return max(2, int(totals.sum() ** 2 / (totals**2).sum()))


def estimate(name, found, key, units=EFFECTIVE):
    """An estimate from ``{"value": {key: ...}, "error": {key: ...}, "worth": ...}``."""
    return Estimate(name, found["value"][key], found["error"][key], found["worth"], units)
