"""Windows: convolution, pooling, padding, slices; the default is elementwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

from jaxrf.errors import InvalidLayer
from jaxrf.geometry.index_tables import Table, continued, gather, sliding, sliding_far
from jaxrf.geometry.periodic_law import Law, through
from jaxrf.geometry.periodic_maps import Periodic
from jaxrf.geometry.words.access import Access

__all__ = ["IDENTITY", "Window"]

_FEW = 16  # taps up to which they are united one by one
_SMALL = 1024  # entries of a table that is kept: 9 KB, and 4.5 MB for as many as are kept
_KEPT = 512


@dataclass(frozen=True)
class Window(Access):
    """What output index u reads along one axis: ``u * stride - before + j * dilation``, j < kernel.

    Attributes:
        kernel: number of taps k.
        stride: step s between outputs, in (base-dilated) input indices.
        before: padding on the left p; negative values crop.
        after: padding on the right q; negative values crop.
        dilation: distance d between taps.
        base_dilation: distance between inputs, 1 + the zeros inserted (transposed convolution).
    """

    kernel: int = 1
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    base_dilation: int = 1

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "dilation", "base_dilation"):
            if (got := getattr(self, name)) < 1:
                raise InvalidLayer(f"{name}: got {got}, need a positive integer")

    @property
    def span(self) -> int:
        """Extent of the dilated kernel, d (k - 1) + 1 indices (the article's appendix)."""
        return self.dilation * (self.kernel - 1) + 1

    def output_length(self, length: int) -> int:
        """Number of outputs over ``length`` inputs (0 where the kernel does not fit)."""
        dilated = (length - 1) * self.base_dilation + 1 if length else 0
        return max(0, (dilated + self.before + self.after - self.span) // self.stride + 1)

    @property
    def period(self) -> int:
        """Number of outputs after which the taps repeat."""
        return self.base_dilation // gcd(self.base_dilation, self.stride)

    @property
    def step(self) -> int:
        """Operand indices by which the taps move in one period."""
        return self.stride // gcd(self.base_dilation, self.stride)

    @property
    def taps(self) -> int:
        """The number of taps of the kernel."""
        return self.kernel

    @property
    def padding(self) -> tuple[int, int]:
        """Elements that are padded before and after the operand; 0 for a crop."""
        return max(self.before, 0), max(self.after, 0)

    def taps_inside(self, outputs: int, first: int, stop: int) -> int:
        """Count tap by tap; a tap between the elements of a base-dilated operand meets none."""
        return _taps_inside(self, outputs, first, stop)

    def index_table(self, outputs: int, inputs: int) -> Table:
        """Index (u s - p + j d) / L where that is whole; padding is left in."""
        if outputs * self.kernel > _SMALL:
            return _table(self, outputs)
        return _small_table(self, outputs)

    def fits(self, inputs: int, outputs: int) -> bool:
        """Whether the window gives that many outputs."""
        return inputs == outputs if self is IDENTITY else self.output_length(inputs) == outputs

    def moves_along(self, length: int) -> bool:
        """Whether it is not elementwise, and there is more than one place to read."""
        return length != 1 and self != IDENTITY

    def resolved(self, resolve: Callable[[Any], int | None]) -> Window | None:
        """The window in integers, without padding behind the last output, which no field shows."""
        given = (self.kernel, self.stride, self.before, 0, self.dilation, self.base_dilation)
        values = [resolve(v) for v in given]
        return None if None in values else Window(*(v for v in values if v is not None))

    def periodic_map(self) -> Periodic | None:
        """The window as a periodic map; None where some phase reads nothing (a small kernel)."""
        return _periodic_map(self)

    def law_through(self, law: Law | None, *, inputs: int, outputs: int) -> Law | None:
        """The law of the output: taps move by s / gcd(L, s) indices every L / gcd(L, s) outputs."""
        return through(law, self.period, self.step)

    def forward(
        self,
        exact: np.ndarray,
        virtual: np.ndarray,
        law: Law | None,
        *,
        dim: int,
        inputs: int,
        outputs: int,
    ) -> tuple[np.ndarray, np.ndarray, Law | None]:
        """Intervals and law; of virtual ones with a law, one period is computed and continued."""
        real = self._real(exact, dim, inputs, outputs)
        moved = self.law_through(law, inputs=inputs, outputs=outputs)
        if moved is None:
            same = virtual is exact
            return real, real if same else self._real(virtual, dim, inputs, outputs), None
        rows = min(outputs, moved.period)
        found = gather(virtual, dim, inputs, self.index_table(rows, inputs), law)
        return real, continued(found, dim, outputs, moved), moved

    def _real(self, intervals: np.ndarray, dim: int, inputs: int, outputs: int) -> np.ndarray:
        """The union over the taps, nothing outside the operand."""
        if self.base_dilation > 1:
            return gather(intervals, dim, inputs, self.index_table(outputs, inputs), None)
        slide = sliding if self.kernel <= _FEW else sliding_far
        return slide(
            *(intervals, dim, inputs, outputs),
            first=-self.before,
            taps=self.kernel,
            step=self.dilation,
            stride=self.stride,
        )

    def back(self, mask: np.ndarray, *, dim: int, outputs: int, inputs: int) -> np.ndarray:
        """The operand indices that chosen outputs read, tap by tap."""
        if self == IDENTITY and outputs == inputs:
            return mask
        mask = np.broadcast_to(mask, [outputs if d == dim else n for d, n in enumerate(mask.shape)])
        mask = np.moveaxis(mask, dim, 0)
        back = np.zeros((inputs, *mask.shape[1:]), bool)
        for indices, chosen in _taps_in_range(self, outputs, inputs):
            back[indices] |= mask[chosen]  # a tap reads each input once: indices are distinct
        return np.moveaxis(back, 0, dim)


IDENTITY = Window()


def _table(window: Window, outputs: int) -> Table:
    u = np.arange(outputs)[:, None]
    positions = u * window.stride - window.before + np.arange(window.kernel) * window.dilation
    indices, rest = np.divmod(positions, window.base_dilation)
    return Table(indices, rest == 0)


def _taps_in_range(w: Window, outputs: int, inputs: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Per tap: the input indices that are real, and the outputs that read them."""
    starts = np.arange(outputs) * w.stride - w.before
    for j in range(w.kernel):
        indices, rest = np.divmod(starts + j * w.dilation, w.base_dilation)
        chosen = (rest == 0) & (indices >= 0) & (indices < inputs)
        if chosen.any():
            yield indices[chosen], chosen


_small_table = lru_cache(maxsize=_KEPT)(_table)


@lru_cache(maxsize=4096)
def _periodic_map(w: Window) -> Periodic | None:
    if w.base_dilation == 1:
        return Periodic((-w.before,), (w.span - 1 - w.before,), w.stride)
    lows, highs = [], []
    for u in range(w.period):
        taps = [u * w.stride - w.before + j * w.dilation for j in range(w.kernel)]
        hits = [t // w.base_dilation for t in taps if t % w.base_dilation == 0]
        if not hits:
            return None
        lows.append(hits[0])
        highs.append(hits[-1])
    return Periodic(tuple(lows), tuple(highs), w.step)


@lru_cache(maxsize=1024)
def _taps_inside(w: Window, outputs: int, first: int, stop: int) -> int:
    at = np.arange(outputs) * w.stride - w.before
    count = 0
    for j in range(w.kernel):
        index, rest = np.divmod(at + j * w.dilation, w.base_dilation)
        count += bool(((rest == 0) & (index >= first) & (index < stop)).any())
    return count
