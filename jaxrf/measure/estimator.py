"""``Estimator``: the cotangent of one sample of an effective field, and the map it becomes.

With J_c the gradient of channel c of the feature, a cotangent e gives g = sum_c e_c J_c:

============  ======================================  =============================================
cotangent     e                                       E g^2 over e
============  ======================================  =============================================
rademacher    independent signs                       sum_c J_c^2, the energy of all channels
gaussian      standard normal                         the same, with a larger variance
hadamard      row i of a Hadamard matrix, in turn,    the same; exact over a cycle of rows where
              its columns times random signs          weights and input are fixed
one-hot       sqrt(C) at one random channel of C      the same, with a variance between channels
ones          1 everywhere                            adds the cross terms J_c J_d: **biased**
active        1 where the feature is positive         the same, of half of the channels: what
                                                      scripts get from a ReLU before their sum
exact         each channel in turn, all of them       sum_c J_c^2 itself, without noise, for as
                                                      many backward passes as there are channels
============  ======================================  =============================================

The signs of Hadamard columns stay through a cycle of rows (the next power of two above C), since
only whole cycles cancel; its samples are therefore negatively correlated, and error bars that take
them as independent are too wide, never too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.arguments.annotations import check_fields
from jaxrf.errors import InvalidInput

__all__ = ["COTANGENTS", "QUANTITIES", "Estimator"]


def _rademacher(key: jax.Array, index: jax.Array, shape: Sequence[int], dtype: Any) -> jax.Array:
    return jax.random.rademacher(jax.random.fold_in(key, index), shape, dtype)


def _gaussian(key: jax.Array, index: jax.Array, shape: Sequence[int], dtype: Any) -> jax.Array:
    return jax.random.normal(jax.random.fold_in(key, index), shape, dtype)


def _hadamard(key: jax.Array, index: jax.Array, shape: Sequence[int], dtype: Any) -> jax.Array:
    count = prod(shape)
    rows = 1 << (count - 1).bit_length()
    shared = jax.lax.population_count(jnp.arange(count) & (index % rows))
    signs = jax.random.rademacher(jax.random.fold_in(key, index // rows), (count,), dtype)
    return (signs * (1 - 2 * (shared % 2)).astype(dtype)).reshape(shape)


def _one_hot(key: jax.Array, index: jax.Array, shape: Sequence[int], dtype: Any) -> jax.Array:
    count = prod(shape)
    chosen = jax.random.randint(jax.random.fold_in(key, index), (), 0, count)
    here = jnp.where(jnp.arange(count) == chosen, count**0.5, 0.0)
    return here.astype(dtype).reshape(shape)


def _ones(key: jax.Array, index: jax.Array, shape: Sequence[int], dtype: Any) -> jax.Array:
    return jnp.ones(shape, dtype)


# (key, sample, shape over the channels, dtype) -> cotangent
COTANGENTS: dict[str, Callable[..., Any]] = {
    "rademacher": _rademacher,
    "gaussian": _gaussian,
    "hadamard": _hadamard,
    "one-hot": _one_hot,
    "ones": _ones,
    "active": _ones,  # and zero where the feature is not positive
}

# (gradients [n, *input], axes of the channels of the input) -> maps [n, *spatial]
QUANTITIES: dict[str, Callable[..., Any]] = {
    "g^2": lambda g, channels: np.square(g).sum(channels),
    "|g|": lambda g, channels: np.abs(g).sum(channels),
    "relu(g)": lambda g, channels: np.maximum(g, 0.0).sum(channels),
    "relu(mean g)": lambda g, channels: np.maximum(g.mean(channels), 0.0),
    "mean g": lambda g, channels: g.sum(channels),
}

EXACT = (
    "exact"  # no cotangent that is drawn: jaxrf.measure.channel_sampler runs through all of them
)
STEADY = ("ones", "one-hot", "active")  # cotangents under which mean g is not zero


@dataclass(frozen=True)
class Estimator:
    """The way from one backward pass to one sample of the map.

    Attributes:
        cotangent: over the channels of the feature, one of :data:`COTANGENTS`.
        quantity: the averaged quantity, one of :data:`QUANTITIES`: ``g^2``, ``|g|`` or ``relu(g)``,
            summed over the channels of the input; ``relu(mean g)``, clamped after their mean; or
            ``mean g``, a signed mean whose absolute value is the map. Numbers about different
            quantities cannot be compared: mean |g| is sqrt(2) wider than E g^2.
        normalize: divide the map of every sample by its sum (of magnitudes), so that all samples
            weigh the same. Less noise where gradients are heavy-tailed; biased, because a mean of
            ratios is not a ratio of means (by 0.5 to 2 % of sigma in random networks), and the
            map has no unit any more.
        positions: the most impulses in one backward pass (see :mod:`.impulse_grid`).
        channels: of the feature, 0-based, that ``exact`` sums over, and each of whose maps is kept;
            None for all channels, without their maps. Axes of the feature that are not spatial
            count as one, in C order. With ``exact``, ``|g|`` is sum_c |J_c|.

    Raises:
        InvalidInput: a cotangent or a quantity of another name, or two that do not go together.
    """

    cotangent: str = "rademacher"
    quantity: str = "g^2"
    normalize: bool = False
    positions: int = 1
    channels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        for what, got, known in (
            ("cotangent", self.cotangent, (*COTANGENTS, EXACT)),
            ("quantity", self.quantity, QUANTITIES),
        ):
            if got not in known:
                raise InvalidInput(f"{what}: got {got!r}, need one of {', '.join(known)}")
        if self.positions < 1:
            raise InvalidInput(f"positions: got {self.positions}, need at least 1")
        self._check_channels()
        if self.quantity == "mean g" and self.cotangent not in STEADY:
            raise InvalidInput(
                f"quantity: got 'mean g' with the cotangent {self.cotangent}, whose signs average "
                f"to nothing; need {', '.join(STEADY)}"
            )
        if self.positions > 1 and self.quantity not in ("g^2", "|g|"):
            raise InvalidInput(
                f"positions: got {self.positions} with {self.quantity}, which the random signs of "
                "the impulses would turn round; need g^2 or |g|, or 1 position"
            )

    def _check_channels(self) -> None:
        """Refuse options that the exact sum does not allow, and those that need it."""
        chosen = self.channels
        if not self.exact:
            if chosen is not None:
                raise InvalidInput(
                    f"channels: got some with the cotangent {self.cotangent}, which mixes all; "
                    f"need the cotangent {EXACT}"
                )
            return
        if self.quantity not in ("g^2", "|g|"):
            raise InvalidInput(
                f"quantity: got {self.quantity!r} with the cotangent {EXACT}, need g^2 or |g|; a "
                "signed gradient has one meaning per channel (one-hot) or for their sum (ones)"
            )
        if self.positions > 1:
            raise InvalidInput(
                f"positions: got {self.positions} with the cotangent {EXACT}, need 1: the fields "
                "of several impulses in a pass are told apart by random signs alone"
            )
        if chosen is not None:
            object.__setattr__(self, "channels", tuple(map(int, chosen)))
            if not self.channels or min(self.channels) < 0 or len(set(chosen)) < len(self.channels):
                raise InvalidInput(
                    f"channels: got {', '.join(map(str, chosen)) or 'none'}, need different "
                    "numbers from 0 on; leave it out for all channels"
                )

    @property
    def exact(self) -> bool:
        """Whether all channels are computed instead of drawn."""
        return self.cotangent == EXACT

    @property
    def map_name(self) -> str:
        """The name of the mapped quantity in tables and files."""
        shown = "|mean g|" if self.quantity == "mean g" else self.quantity
        return f"{shown}, normalized" if self.normalize else shown

    @property
    def signed(self) -> bool:
        """Whether the maps of samples have signs; the absolute value of their mean is shown."""
        return self.quantity == "mean g"

    def cotangents(
        self, key: jax.Array, index: jax.Array, shape: Sequence[int], values: jax.Array
    ) -> jax.Array:
        """The cotangent of sample ``index``, over the channels or over the whole feature map.

        Args:
            key: of the cotangents of a run.
            index: of the sample.
            shape: of the feature map, 1 where it is spatial.
            values: the feature map.
        """
        charge: jax.Array = COTANGENTS[self.cotangent](key, index, tuple(shape), values.dtype)
        return charge * (values > 0) if self.cotangent == "active" else charge

    def sample(self, gradients: np.ndarray, channels: tuple[int, ...]) -> np.ndarray:
        """The maps of samples.

        Args:
            gradients: float64 [n, *input].
            channels: the axes to sum over.

        Returns:
            float64 [n, *spatial].
        """
        energies: np.ndarray = QUANTITIES[self.quantity](gradients, channels)
        return energies

    def normalized(self, maps: np.ndarray) -> np.ndarray:
        """Every map over the sum of its magnitudes; an all-zero one stays zero."""
        if not self.normalize:
            return maps
        total = np.abs(maps).sum(tuple(range(1, maps.ndim)), keepdims=True)
        shares: np.ndarray = np.divide(maps, total, out=np.zeros_like(maps), where=total > 0)
        return shares

    def shown(self, mean: np.ndarray) -> np.ndarray:
        """The map of a mean over samples: the mean itself, or its absolute value."""
        return np.abs(mean) if self.signed else mean
