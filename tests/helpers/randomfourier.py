"""Random convolutions through spectra, and what they read by the definition of a convolution."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

__all__ = ["Convolution", "random_convolution"]


@dataclass(frozen=True, eq=False)
class Convolution:
    """One convolution: all that was drawn.

    Attributes:
        lengths: of the signal, per axis.
        sizes: of the kernels, per axis.
        transforms: lengths of the transforms, per axis.
        crops: (start, number) of the outputs that are kept, per axis.
        channels: of the signal.
        real: transforms of real signals, or complex ones.
        one_by_one: one transform per axis, not one over all of them.
        dense: channels are mixed, frequency by frequency; else each has its kernels.
        turned: correlation: the kernel's spectrum is conjugated.
        twice: two products are added up, the second with a kernel of half the size.
        padded: how the kernel gets its zeros: by its transform, or before it, in the model.
        last: channels come last, so that the transformed axes are not the last ones.
    """

    lengths: tuple[int, ...]
    sizes: tuple[int, ...]
    transforms: tuple[int, ...]
    crops: tuple[tuple[int, int], ...]
    channels: int
    real: bool
    one_by_one: bool
    dense: bool
    turned: bool
    twice: bool
    padded: str
    last: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the input."""
        c = (self.channels,)
        return (1, *self.lengths, *c) if self.last else (1, *c, *self.lengths)

    @property
    def axes(self) -> tuple[int, ...]:
        """Of the input, those that are transformed."""
        first = 1 if self.last else 2
        return tuple(range(first, first + len(self.lengths)))

    def kernels(self) -> list[np.ndarray]:
        """[in (, out), *taps] each, positive."""
        rng = np.random.default_rng(0)
        sizes = [self.sizes, tuple((k + 1) // 2 for k in self.sizes)][: 1 + self.twice]
        mixing = (self.channels, 2) if self.dense else (self.channels,)
        return [rng.uniform(0.5, 1.5, (*mixing, *size)) for size in sizes]

    def __call__(self, x):
        """The model."""
        spectrum = self._forward(x, self.axes)
        total = sum(self._product(spectrum, k, x.dtype) for k in self.kernels())
        y = self._inverse(total)
        for axis, (start, number) in zip(self.axes, self.crops, strict=True):
            y = y[(slice(None),) * axis + (slice(start, start + number),)]
        return y

    def _product(self, spectrum, kernel, dtype):
        k = jnp.asarray(kernel, dtype)
        first = k.ndim - len(self.lengths)
        axes = tuple(range(first, k.ndim))
        if self.padded == "concatenate":
            for axis, n in zip(axes, self.transforms, strict=True):
                missing = [*k.shape[:axis], n - k.shape[axis], *k.shape[axis + 1 :]]
                k = jnp.concatenate([k, jnp.zeros(missing, dtype)], axis)
        elif self.padded == "set":
            room = jnp.zeros((*k.shape[:first], *self.transforms), dtype)
            k = room.at[(..., *(slice(0, n) for n in kernel.shape[first:]))].set(k)
        factor = self._forward(k, axes)
        if self.turned:
            factor = jnp.conj(factor)
        space = "hwd"[: len(self.lengths)]
        image = f"b{space}c" if self.last else f"bc{space}"
        if self.dense:
            return jnp.einsum(f"{image},co{space}->{image.replace('c', 'o')}", spectrum, factor)
        if self.last:
            factor = jnp.moveaxis(factor, 0, -1)
        return 0.5 * spectrum * factor / 3

    def _forward(self, x, axes):
        if not self.real:
            if self.one_by_one:
                for axis, n in zip(axes, self.transforms, strict=True):
                    x = jnp.fft.fft(x, n, axis)
                return x
            return jnp.fft.fftn(x, self.transforms, axes)
        if self.one_by_one:
            x = jnp.fft.rfft(x, self.transforms[-1], axes[-1])
            for axis, n in zip(axes[:-1], self.transforms[:-1], strict=True):
                x = jnp.fft.fft(x, n, axis)
            return x
        return jnp.fft.rfftn(x, self.transforms, axes)

    def _inverse(self, x):
        if not self.real:
            if self.one_by_one:
                for axis in self.axes:
                    x = jnp.fft.ifft(x, axis=axis)
                return x.real
            return jnp.fft.ifftn(x, axes=self.axes).real
        if self.one_by_one:
            for axis in self.axes[:-1]:
                x = jnp.fft.ifft(x, axis=axis)
            return jnp.fft.irfft(x, self.transforms[-1], self.axes[-1])
        return jnp.fft.irfftn(x, self.transforms, self.axes)

    def pattern(self) -> np.ndarray:
        """[*output, *input]: output t reads input i where t - i is a tap, modulo n."""
        found = np.ones((1, 1), bool)
        for length, size, n, (start, number) in zip(
            self.lengths, self.sizes, self.transforms, self.crops, strict=True
        ):
            shift = np.arange(start, start + number)[:, None] - np.arange(length)
            here = ((-shift if self.turned else shift) % n) < size
            found = np.kron(found, here)
        outputs = 2 if self.dense else self.channels
        mixing = np.ones((2, self.channels), bool) if self.dense else np.eye(outputs, dtype=bool)
        full = np.kron(found, mixing) if self.last else np.kron(mixing, found)
        space = [number for _, number in self.crops]
        out = (1, *space, outputs) if self.last else (1, outputs, *space)
        return full.reshape(*out, *self.shape)


def random_convolution(seed: int) -> Convolution:
    """A convolution of one or two axes, of small odd and even lengths."""
    rng = np.random.default_rng(seed)

    def either() -> bool:
        return bool(rng.integers(2))

    rank = int(rng.choice([1, 1, 2]))
    most = 9 if rank == 1 else 5
    lengths, sizes, transforms, crops = [], [], [], []
    for _ in range(rank):
        length, size = int(rng.integers(2, most)), int(rng.integers(1, most))
        least = max(length, size)
        n = int(rng.choice([2 * least, length + size - 1, least, least + 1]))
        n = max(n, least)
        start = int(rng.integers(0, max(1, n - length + 1)))
        number = int(rng.integers(1, n - start + 1)) if either() else min(length, n - start)
        lengths.append(length)
        sizes.append(size)
        transforms.append(n)
        crops.append((start, number))
    return Convolution(
        tuple(lengths),
        tuple(sizes),
        tuple(transforms),
        tuple(crops),
        channels=int(rng.integers(1, 3)),
        real=either(),
        one_by_one=either(),
        dense=either(),
        turned=either(),
        twice=either(),
        padded=str(rng.choice(["transform", "concatenate", "set"])),
        last=either(),
    )
