"""Running sums over the units of a run, among them those of its bootstrap replicates.

A *unit* is what is independent of the others (:class:`jaxrf.measure.sampling.Plan`). Replicate r
counts unit i Poisson(1) times, drawn from the seed and i alone: the bootstrap of a stream whose
length need not be known, with memory for some dozens of maps instead of one a unit, and the same
after an interruption.

Source: Hanley and MacGibbon 2006, *Creating non-parametric bootstrap samples using Poisson
frequencies*, Computer Methods and Programs in Biomedicine 83.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from jaxrf.errors import InvalidInput

__all__ = ["Accumulator"]

REPLICATES = 48  # their error estimate is good to 1 / sqrt(2 * 47) = 10 %
FEWEST = 24  # good to 15 %; where maps are so large that memory counts
NUMBERS = 2**17  # in an array besides the map, of which there are replicates
MEMORY = 2**24  # numbers that all replicates together may hold (128 MiB), down to the fewest

_ARRAYS = ("total", "squares", "replicates", "weights")
_COUNTS = ("seed", "done", "felt")


@dataclass
class Accumulator:
    """Running sums over units, in float64.

    Attributes:
        total: [*spatial], sum of unit maps.
        squares: [*spatial], sum of squared unit maps.
        replicates: [R, *crop], sums of the unit maps of each replicate, inside the crop.
        weights: [R], units in each replicate.
        crop: the part of the map that numbers are taken over.
        seed: of the replicates.
        done: units so far.
        felt: units with any energy.
        parts: further arrays that are averaged over the same units, by name.
        whole: False while units are being added; a state interrupted then must not be kept.
    """

    total: np.ndarray
    squares: np.ndarray
    replicates: np.ndarray
    weights: np.ndarray
    crop: tuple[slice, ...]
    seed: int = 0
    done: int = 0
    felt: int = 0
    parts: dict[str, Accumulator] = field(default_factory=dict)
    whole: bool = True

    @classmethod
    def empty(
        cls,
        shape: tuple[int, ...],
        crop: tuple[slice, ...] | None = None,
        *,
        seed: int = 0,
        parts: Mapping[str, tuple[int, ...]] | None = None,
    ) -> Accumulator:
        """Nothing yet; the crop is the whole map by default, ``parts`` the shapes of further ones.

        Replicates are kept of parts of at most ``NUMBERS`` numbers; larger ones have a mean and a
        standard error alone.
        """
        crop = tuple(slice(0, n) for n in shape) if crop is None else crop
        total = np.zeros(shape)
        size = total[crop].size
        count = min(REPLICATES, max(FEWEST, MEMORY // max(size, 1)))
        replicates = np.zeros((count, *total[crop].shape))
        further = {}
        for name, of in (parts or {}).items():
            nothing = None if prod(of) <= NUMBERS else (slice(0, 0),) * len(of)
            further[name] = cls.empty(of, nothing, seed=seed)
        return cls(total, np.zeros(shape), replicates, np.zeros(count), crop, seed, parts=further)

    def add(self, maps: np.ndarray, parts: Mapping[str, np.ndarray] | None = None) -> None:
        """Add the maps [n, *spatial] of the next n units, and the further arrays of each."""
        self.whole = False
        for name, part in self.parts.items():
            part.add((parts or {})[name])
        for unit in maps:
            weights = np.random.default_rng((self.seed, self.done)).poisson(1.0, len(self.weights))
            self.total += unit
            self.squares += unit**2
            for replicate in np.flatnonzero(weights):
                self.replicates[replicate] += weights[replicate] * unit[self.crop]
            self.weights += weights
            self.felt += bool(unit.any())
            self.done += 1
        self.whole = True

    @property
    def mean(self) -> np.ndarray:
        """Mean map."""
        return self.total / self.done

    @property
    def stderr(self) -> np.ndarray:
        """Standard error of the mean over units; NaN for a single one."""
        if self.done < 2:
            return np.full_like(self.total, np.nan)
        spread = np.maximum(self.squares / self.done - self.mean**2, 0.0)
        return np.sqrt(spread / (self.done - 1))

    def save(self, path: Path, fingerprint: str) -> None:
        """Write the state so that an interruption at any moment leaves a whole file."""
        partial_path = path.with_name(path.name + ".new")
        stored = dict(self._stored())
        for name, part in self.parts.items():
            stored |= {f"{name}/{key}": value for key, value in part._stored().items()}
        with partial_path.open("wb") as file:
            np.savez(file, **stored, names=np.array(list(self.parts), str), fingerprint=fingerprint)
        partial_path.replace(path)

    def _stored(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in (*_ARRAYS, *_COUNTS)}
        return state | {"crop": np.array([(s.start, s.stop) for s in self.crop])}

    @classmethod
    def _read(cls, stored: Mapping[str, Any], of: str = "") -> Accumulator:
        arrays = {name: stored[of + name] for name in _ARRAYS}
        seed, done, felt = (int(stored[of + name]) for name in _COUNTS)
        crop = tuple(slice(*map(int, bounds)) for bounds in stored[of + "crop"])
        return cls(**arrays, crop=crop, seed=seed, done=done, felt=felt)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Accumulator:
        """Read a state back.

        Raises:
            InvalidInput: it was made with other options or another model, or cannot be read.
        """
        try:
            with np.load(path) as stored:
                found = str(stored["fingerprint"])
                state = cls._read(stored)
                parts = {str(n): cls._read(stored, f"{n}/") for n in stored["names"]}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InvalidInput(f"resume: {path} holds no state of a run; delete it") from error
        if found != fingerprint:
            raise InvalidInput(
                f"resume: {path} holds samples of {found}, need {fingerprint}; "
                "repeat the options of the first run, or delete the file"
            )
        state.parts = parts
        return state
