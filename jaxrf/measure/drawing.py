"""Batches of cells, and how one is drawn: the piece of work that devices, processes and jobs share.

A batch is what one compiled pass draws. The division of a plan into batches depends on the plan and
the batch size alone, so that whoever draws a batch runs the same program on the same numbers, and
its maps have the same bytes wherever they come from.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.plan import Cell
from jaxrf.measure.sampler import Sampler

__all__ = ["Drawer", "Drawn", "arrays_of", "batches", "bytes_of", "packed", "unpacked"]


class Drawn(NamedTuple):
    """The cells of a batch as they are added to running sums.

    Attributes:
        cells: their numbers in the plan, one after the other.
        maps: [n, *spatial], the mean over the samples of each.
        further: [n, ...] by name, the means of further arrays.
    """

    cells: range
    maps: np.ndarray
    further: dict[str, np.ndarray]

    def added_to(self, state: Accumulator, plan: Sequence[Cell]) -> None:
        """Add the cells to running sums, whose next cells they are."""
        state.add(self.maps, [plan[n].units for n in self.cells], self.further)


class Drawer:
    """Draws batches, and keeps the network of the last one.

    Attributes:
        sampler: draws the samples.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self._network: int | None = None
        self._variables: Any = None

    def weights(self, network: int) -> Any:
        """The variables of a network."""
        return self.sampler.weights(network)

    def draw(self, batch: range) -> Drawn:
        """The cells of a batch, all of the same network."""
        cells = [self.sampler.plan.cells[n] for n in batch]
        if cells[0].network != self._network:
            self._variables = self.weights(cells[0].network)
            self._network = cells[0].network
        samples = [i for cell in cells for i in cell.samples]
        maps, further = self.sampler.draw_samples(self._variables, samples)
        means = {name: _cell_means(array, cells) for name, array in further.items()}
        return Drawn(batch, _cell_means(maps, cells), means)


def batches(
    cells: Sequence[Cell], size: int, *, first: int = 0, step: int | None = None
) -> Iterator[range]:
    """The numbers of the cells of every batch: cells that share their weights, at least one.

    Args:
        cells: of a plan.
        size: samples of a batch, unless a single cell has more.
        first: number of the first cell that is missing.
        step: no batch straddles a multiple of so many cells.
    """
    while first < len(cells):
        last, count = first, 0
        end = len(cells) if step is None else min(len(cells), (first // step + 1) * step)
        while last < end and cells[last].network == cells[first].network:
            count += len(cells[last].samples)
            if last > first and count > size:
                break
            last += 1
        yield range(first, last)
        first = last


def packed(several: Sequence[Drawn]) -> dict[str, Any]:
    """Batches as arrays by name."""
    arrays: dict[str, Any] = {}
    for n, drawn in enumerate(several):
        arrays[f"{n}/cells"] = [drawn.cells.start, drawn.cells.stop]
        arrays[f"{n}/maps"] = drawn.maps
        arrays |= {f"{n}/further/{name}": array for name, array in drawn.further.items()}
    return arrays


def unpacked(arrays: Mapping[str, Any]) -> Iterator[Drawn]:
    """Batches from their arrays by name."""
    for n in range(sum(name.endswith("/cells") for name in arrays)):
        further = f"{n}/further/"
        yield Drawn(
            range(*map(int, arrays[f"{n}/cells"])),
            arrays[f"{n}/maps"],
            {k.removeprefix(further): a for k, a in arrays.items() if k.startswith(further)},
        )


def bytes_of(arrays: dict[str, Any]) -> bytes:
    """Arrays as one message."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def arrays_of(message: bytes) -> dict[str, Any]:
    """The arrays of a message."""
    with np.load(io.BytesIO(message), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _cell_means(samples: np.ndarray, cells: Sequence[Cell]) -> np.ndarray:
    """Means [cells, ...] over the samples [n, ...] of each cell."""
    ends = np.cumsum([len(cell.samples) for cell in cells])[:-1]
    return np.stack([part.mean(0) for part in np.split(samples, ends)])
