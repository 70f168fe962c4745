"""Running sums over the cells of a run, among them those of its bootstrap replicates.

A *unit* is a network or an input whose samples are independent of those of all others
(:class:`jaxrf.measure.plan.Plan`). Replicate r counts unit i Poisson(1) times, drawn from the seed
and i alone. This is the bootstrap of a stream of unknown length: it needs memory for some dozens of
maps instead of one for each unit, and is the same after an interruption. A cell that belongs to two
units, a network and an input that are both used again, counts as often as the product of both
counts.

Source: Hanley and MacGibbon 2006, *Creating non-parametric bootstrap samples using Poisson
frequencies*, Computer Methods and Programs in Biomedicine 83; products of the weights of two
factors: Owen 2007, *The pigeonhole bootstrap*, Annals of Applied Statistics 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.files import open_archive, whole
from jaxrf.measure.moments import axis_moments
from jaxrf.measure.tails import Tails, tails_of

__all__ = ["ROWS", "Accumulator", "apart"]

REPLICATES = 48  # their error estimate is good to 1 / sqrt(2 * 47) = 10 %
FEWEST = 24  # good to 15 %; where maps are so large that memory counts
MEMORY = 2**24  # numbers in all replicates together (128 MiB), where FEWEST replicates allow it

_ARRAYS = ("total", "squares", "replicates", "weights", "rows", "units")
_COUNTS = ("seed", "done")
ROWS = "rows"  # name of the array of energies and second moments among further arrays
_PART, _KEPT = "part/", "kept/"  # prefixes in files


@dataclass
class Accumulator:
    """Running sums over cells, in float64.

    Attributes:
        total: [*spatial], sum of the maps of cells.
        squares: [*spatial], sum of their squares.
        replicates: [R, *crop], sums of the maps of each replicate, inside the crop.
        weights: [R], cells in each replicate.
        crop: the part of the map that numbers are taken over.
        center: origin of offsets per axis, in coordinates of the crop.
        rows: [cells, 1 + axes], energy inside the crop, and energy times squared offset per axis.
        units: int [cells, factors], the unit of every cell.
        seed: of the replicates.
        done: cells so far.
        parts: running sums of further arrays over the same cells, by name.
        kept: further arrays of every cell, [cells, ...], by name, which are not summed.
        whole: False while cells are being added; a state that is interrupted then is not kept.
    """

    total: np.ndarray
    squares: np.ndarray
    replicates: np.ndarray
    weights: np.ndarray
    crop: tuple[slice, ...]
    center: tuple[float, ...]
    rows: np.ndarray
    units: np.ndarray
    seed: int = 0
    done: int = 0
    parts: dict[str, Accumulator] = field(default_factory=dict)
    kept: dict[str, np.ndarray] = field(default_factory=dict)
    whole: bool = True

    @classmethod
    def empty(
        cls,
        shape: tuple[int, ...],
        crop: tuple[slice, ...] | None = None,
        *,
        center: tuple[float, ...] | None = None,
        axes: int | None = None,
        factors: int = 1,
        seed: int = 0,
    ) -> Accumulator:
        """The running sums before the first cell.

        Args:
            shape: of the maps.
            crop: the part that numbers are taken over; the whole map by default.
            center: origin of offsets; the middle of the crop by default.
            axes: second moments per cell; as many as the map has axes by default.
            factors: units that a cell belongs to.
            seed: of the replicates.
        """
        crop = tuple(slice(0, n) for n in shape) if crop is None else crop
        total = np.zeros(shape)
        inside = total[crop]
        center = tuple((n - 1) / 2 for n in inside.shape) if center is None else center
        count = min(REPLICATES, max(FEWEST, MEMORY // max(inside.size, 1)))
        return cls(
            total=total,
            squares=np.zeros(shape),
            replicates=np.zeros((count, *inside.shape)),
            weights=np.zeros(count),
            crop=crop,
            center=center,
            rows=np.zeros((0, 1 + (len(shape) if axes is None else axes))),
            units=np.zeros((0, factors), np.int64),
            seed=seed,
        )

    def add(
        self,
        maps: np.ndarray,
        units: Sequence[tuple[int, ...]] | None = None,
        further: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Add the maps [n, *spatial] of the next n cells.

        Args:
            maps: one for each cell.
            units: of each cell, a number per factor; a unit of its own by default.
            further: arrays [n, ...] by name: those in ``parts`` are summed, others are kept.
                "rows" are energy and second moments, where ``maps`` are no maps.
        """
        if units is None:
            units = [(i,) for i in range(self.done, self.done + len(maps))]
        self.whole = False
        for name, array in (further or {}).items():
            if name == ROWS:
                continue
            if name in self.parts:
                self.parts[name].add(array, units)
            else:
                before = self.kept.get(name, array[:0])
                self.kept[name] = np.concatenate([before, array])
        for cell, unit in zip(maps, units, strict=True):
            weights = self._weights(unit)
            inside = cell[self.crop]
            self.total += cell
            self.squares += cell**2
            for replicate in np.flatnonzero(weights):
                self.replicates[replicate] += weights[replicate] * inside
            self.weights += weights
            self.done += 1
        given = (further or {}).get(ROWS)
        inside = np.abs(maps[(slice(None), *self.crop)])
        rows = _rows(inside, self.center) if given is None else given
        self.rows = np.concatenate([self.rows, rows])
        self.units = np.concatenate([self.units, np.array(units, np.int64)])
        self.whole = True

    def _weights(self, unit: tuple[int, ...]) -> np.ndarray:
        """How often each replicate counts a cell."""
        weights = np.ones(len(self.weights), np.int64)
        for factor, number in enumerate(unit):
            key = (self.seed, number, factor) if factor else (self.seed, number)
            weights *= np.random.default_rng(key).poisson(1.0, len(weights))
        return weights

    @property
    def single(self) -> bool:
        """Whether every cell is a unit of its own."""
        return self.units.shape[1] == 1 and len(np.unique(self.units)) == len(self.units)

    @property
    def tails(self) -> Tails:
        """The tails of the energies of units."""
        return tails_of(self.rows, self.units)

    @property
    def felt(self) -> int:
        """Units with any energy; where networks and inputs are both units, the fewer of the two."""
        some = self.units[self.rows[:, 0] > 0]
        return min(len(np.unique(factor)) for factor in some.T)

    @property
    def mean(self) -> np.ndarray:
        """Mean map."""
        return self.total / self.done

    @property
    def stderr(self) -> np.ndarray:
        """Standard error of the mean over units; NaN for a single one.

        By the plain formula where every cell is a unit, else by the replicates, inside the crop.
        """
        units = min(len(np.unique(factor)) for factor in self.units.T)
        if units < 2:
            return np.full_like(self.total, np.nan)
        if self.single:
            spread = np.maximum(self.squares / self.done - self.mean**2, 0.0)
            by_units: np.ndarray = np.sqrt(spread / (self.done - 1))
            return by_units
        error = np.zeros_like(self.total)
        some = self.weights > 0
        weights = self.weights[some].reshape(-1, *(1,) * error.ndim)
        squares = weights * (self.replicates[some] / weights - self.mean[self.crop]) ** 2
        error[self.crop] = np.sqrt(squares.mean(0) / self.done * units / (units - 1))
        return error

    def save(self, path: Path, fingerprint: str) -> None:
        """Write the state to a file, which an interruption at any moment leaves whole."""
        with whole(path) as file:
            np.savez(file, **self.stored(), fingerprint=fingerprint)

    def stored(self) -> dict[str, Any]:
        """Everything as arrays by name, for :meth:`restored`."""
        state = {name: getattr(self, name) for name in (*_ARRAYS, *_COUNTS)}
        state |= {"crop": [(s.start, s.stop) for s in self.crop], "center": self.center}
        for name, part in self.parts.items():
            state |= {f"{_PART}{name}/{key}": value for key, value in part.stored().items()}
        return state | {f"{_KEPT}{name}": array for name, array in self.kept.items()}

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Accumulator:
        """Running sums from their arrays by name."""
        parts = {name.split("/")[1] for name in stored if name.startswith(_PART)}
        return cls(
            **{name: stored[name] for name in _ARRAYS},
            **{name: int(stored[name]) for name in _COUNTS},  # type: ignore[arg-type]
            crop=tuple(slice(*map(int, bounds)) for bounds in stored["crop"]),
            center=tuple(stored["center"].tolist()),
            parts={name: cls.restored(_below(stored, f"{_PART}{name}/")) for name in parts},
            kept=_below(stored, _KEPT),
        )

    @classmethod
    def load(
        cls,
        path: Path,
        fingerprint: str,
        *,
        can_continue: Callable[[str, int], bool] = lambda found, done: False,
    ) -> Accumulator:
        """Read a state back.

        Args:
            path: of the file.
            fingerprint: of the run.
            can_continue: (fingerprint of the state, its cells) -> whether the run begins with it.

        Raises:
            InvalidInput: the state was made with other options or another model, or cannot be read.
        """
        try:
            with open_archive(path) as stored:
                found = str(stored["fingerprint"])
                state = cls.restored({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InvalidInput(f"resume: {path} holds no state of a run; delete it") from error
        if found != fingerprint and not can_continue(found, state.done):
            held, needed = apart(found, fingerprint)
            raise InvalidInput(
                f"resume: {path} holds samples of {held}, need {needed}; "
                "repeat the options of the first run, or delete the file"
            )
        return state


def apart(found: str, needed: str) -> tuple[str, str]:
    """The parts in which the fingerprints of two runs differ.

    >>> apart("net Plan(samples=8, seed=0), weights 1a", "net Plan(samples=8, seed=1), weights 2b")
    ('seed=0, weights 1a', 'seed=1, weights 2b')
    """
    parts = [re.split(r"\)?, (?=[a-z_]+[= ])|\)? (?=[A-Z]\w+\(|axes )", n) for n in (found, needed)]
    if len(parts[0]) != len(parts[1]):
        return found, needed
    pairs = [(a, b) for a, b in zip(*parts, strict=True) if a != b]
    held, wanted = zip(*pairs, strict=True)
    return ", ".join(held), ", ".join(wanted)


def _below(stored: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The entries whose name has a prefix, without the prefix."""
    return {k.removeprefix(prefix): v for k, v in stored.items() if k.startswith(prefix)}


def _rows(maps: np.ndarray, center: Sequence[float]) -> np.ndarray:
    """[n, 1 + axes]: energy, and energy times squared offset per axis, of maps [n, *crop]."""
    energy = maps.reshape(len(maps), -1).sum(1)
    return np.column_stack([energy, axis_moments(maps, center, 2)])
