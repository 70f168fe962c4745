"""``StateFile``: the file that keeps the running sums of a run, so that it can be continued."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.extension import can_continue
from jaxrf.measure.fingerprint import fingerprint
from jaxrf.measure.sampler import Sampler

__all__ = ["StateFile"]

SAVE_EVERY = 20.0  # seconds between two states on disk, at most
CHEAP = 50  # so many times as long as writing one takes, at least: a fiftieth of the time


@dataclass(eq=False)
class StateFile:
    """Running sums on disk, under the fingerprint of the run that they belong to.

    Attributes:
        sampler: draws the samples of the run.
        path: of the file; None: nothing is kept.
    """

    sampler: Sampler
    path: str | Path | None = None
    _saved: float = field(default_factory=time.monotonic, init=False, repr=False)
    _cost: float = field(default=0.0, init=False, repr=False)

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self.sampler)

    def load(self) -> Accumulator | None:
        """The state in the file; None without a file.

        Raises:
            InvalidInput: the file holds the state of another run, or no state.
        """
        if self.path is None or not Path(self.path).exists():
            return None
        name, plan = self._fingerprint, self.sampler.plan
        return Accumulator.load(
            Path(self.path),
            name,
            can_continue=lambda found, done: can_continue(found, name, plan, done),
        )

    def save(self, state: Accumulator) -> None:
        """Write the state, where it has samples and is not being changed."""
        if self.path is not None and state.done and state.whole:
            name, begun = self._fingerprint, time.monotonic()
            state.save(Path(self.path), name)
            self._saved = time.monotonic()
            self._cost = self._saved - begun

    def save_now_and_then(self, state: Accumulator) -> None:
        """Write the state, if the last time was long enough ago for it to be cheap."""
        if time.monotonic() - self._saved > min(SAVE_EVERY, CHEAP * self._cost):
            self.save(state)
