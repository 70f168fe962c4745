"""``ChannelFields``: energy, centroid and sigma of every channel of a feature, with errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.moments import described
from jaxrf.text.result import Result

__all__ = ["ChannelFields", "channel_fields"]


@dataclass(frozen=True, eq=False, repr=False)
class ChannelFields(Result):
    """The fields of the single channels of a feature, inside the theoretical box.

    All lengths are input pixels. A channel without energy (dead on all inputs) has NaN for all but
    its energy. Errors are a jackknife over independent units; they are NaN for a channel that has
    energy in one unit only.

    Attributes:
        index: int [C], numbers of the channels, 0-based.
        energy: float64 [C], sum of the channel's map, in its unit.
        share: float64 [C], of the energy of all channels in ``index``.
        centroid: float64 [C, n], per axis.
        sigma: float64 [C, n], square root of the second moment about the theoretical centre.
        sigma_centroid: float64 [C, n], the same about the centroid.
        errors: standard errors of these five by name, in the same shapes.
        maps: float64 [C, *spatial], mean map of each, where channels were chosen; else None.
        maps_stderr: float64 [C, *spatial], their standard errors.
    """

    REPORT: ClassVar[str] = "channels"

    index: np.ndarray
    energy: np.ndarray
    share: np.ndarray
    centroid: np.ndarray
    sigma: np.ndarray
    sigma_centroid: np.ndarray
    errors: Mapping[str, np.ndarray]
    maps: np.ndarray | None = None
    maps_stderr: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def width(self) -> np.ndarray:
        """Float64 [C], root mean square of sigma over the axes, by which channels are ranked."""
        width: np.ndarray = np.sqrt(np.mean(np.square(self.sigma), 1))
        return width

    @property
    def order(self) -> np.ndarray:
        """Positions in :attr:`index` of the channels with energy, the widest field first."""
        some = np.flatnonzero(self.energy > 0)
        return some[np.argsort(-self.width[some], kind="stable")]

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, as ``jaxrf erf -o x.npz`` writes it."""
        found = {"channel": self.index}
        for name in NAMES:
            found[f"channel_{name}"] = getattr(self, name)
            found[f"channel_{name}_stderr"] = self.errors[name]
        if self.maps is not None and self.maps_stderr is not None:
            found |= {"channel_maps": self.maps, "channel_maps_stderr": self.maps_stderr}
        return found


NAMES = ("energy", "share", "centroid", "sigma", "sigma_centroid")


def channel_fields(
    state: Accumulator, channels: tuple[int, ...], center: tuple[float, ...]
) -> ChannelFields:
    """The fields of single channels, from the running sums of a run of exact samples.

    Args:
        state: of a run of :class:`~jaxrf.measure.channel_sampler.ChannelSampler`.
        channels: numbers of the channels.
        center: theoretical centre, input pixels, about which the moments were taken.
    """
    numbers = state.kept["numbers"]
    maps = state.parts.get("maps")
    return ChannelFields(
        index=np.array(channels),
        **_described(numbers.mean(0), center),
        errors=_errors(numbers, state.units, center),
        maps=None if maps is None else maps.mean,
        maps_stderr=None if maps is None else maps.stderr,
    )


def _errors(
    numbers: np.ndarray, units: np.ndarray, center: tuple[float, ...]
) -> dict[str, np.ndarray]:
    """Standard errors by the jackknife over units.

    With theta_u the number without unit u of U, stderr^2 = (U - 1) / U sum_u (theta_u - mean)^2. It
    needs no replicates of thousands of channels, and is right for the smooth numbers here, for few
    units and heavy tails too. Variances over networks and over inputs that are both units are added
    up, which counts what they have in common twice: too large rather than too small.

    Args:
        numbers: float64 [cells, C, 1 + 2 n].
        units: int [cells, factors], the unit of every cell.
        center: theoretical centre.

    Source: Miller 1974, *The jackknife - a review*, Biometrika 61.
    """
    all_of = _described(numbers.mean(0), center)
    squares = {name: np.zeros_like(a) for name, a in all_of.items()}
    for factor in units.T:
        distinct = np.unique(factor)
        if len(distinct) < 2:
            return {name: np.full_like(a, np.nan) for name, a in all_of.items()}
        left = np.stack([numbers[factor != unit].mean(0) for unit in distinct])
        for name, values in _described(left, center).items():
            squares[name] += (len(distinct) - 1) * values.var(0)
    return {name: np.sqrt(square) for name, square in squares.items()}


def _described(numbers: np.ndarray, center: tuple[float, ...]) -> dict[str, np.ndarray]:
    """The numbers of :data:`NAMES` from energy, first and second moments [..., C, 1 + 2 n]."""
    found = described(numbers, np.array(center))
    energy = found["energy"]
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0: documented as NaN
        share = energy / energy.sum(-1, keepdims=True)
    return {name: share if name == "share" else found[name] for name in NAMES}
