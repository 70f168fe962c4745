"""``FieldGrid``: energy, centroid and sigma of the field at every output position."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from jaxrf.frameworks.setting import Setting
from jaxrf.measure.bootstrap import Replicates, Statistics, standard_errors
from jaxrf.measure.field_grid.output_positions import Positions
from jaxrf.measure.field_grid.records import Record, statistics
from jaxrf.measure.plan import Plan
from jaxrf.text.result import Result

__all__ = ["FieldGrid"]


@dataclass(frozen=True, eq=False, repr=False)
class FieldGrid(Result):
    """The effective field at every position of an end-point.

    Lengths are input pixels. Arrays have the shape of the positions, ``[*grid]``, with one entry
    per input axis at the end where they are about axes. A position that reads nothing has no
    energy and NaN for a place.

    Attributes:
        positions: output indices, theoretical centres, borders and period.
        vector: the mean record.
        replicates: of the record, for the errors of all numbers.
        plan: networks, inputs and samples that were drawn.
        inputs: "normal" or "given".
        expected: the predicted record; None where nothing was predicted.
        notes: what the prediction assumes, or why there is none; inputs that were not used.
        setting: whose weights, how the model was called, and what was assumed.
    """

    REPORT: ClassVar[str] = "grid"

    positions: Positions
    vector: np.ndarray
    replicates: Replicates
    plan: Plan
    inputs: str
    expected: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    setting: Setting = field(default_factory=Setting)

    @property
    def endpoint(self) -> str:
        """Name of the feature map."""
        return self.positions.endpoint

    @cached_property
    def numbers(self) -> Statistics:
        """Every number as a flat tuple."""
        return statistics(Record.of(self.vector, self.positions))

    @cached_property
    def errors(self) -> Statistics:
        """Standard error of every number, by bootstrap over independent units."""
        return standard_errors(
            self.replicates, lambda vector: statistics(Record.of(vector, self.positions))
        )

    @cached_property
    def predicted(self) -> Statistics | None:
        """The expectation of every number over random weights; None without a prediction."""
        if self.expected is None:
            return None
        return statistics(Record.of(self.expected, self.positions))

    def array(self, name: str, of: Statistics | None = None) -> np.ndarray:
        """A number of every position, or of every class, in its own shape.

        Args:
            name: "energy", "centroid", "sigma", "sigma_centroid", "outputs" or "inputs".
            of: ``numbers`` by default, else ``errors`` or ``predicted``.
        """
        flat, grid = np.array((self.numbers if of is None else of)[name]), self.positions.shape
        shapes = {"outputs": self.positions.period, "inputs": self.positions.shift}
        about_axes = name in ("centroid", "sigma", "sigma_centroid")
        return flat.reshape(shapes.get(name, (*grid, len(grid)) if about_axes else grid))

    @property
    def energy(self) -> np.ndarray:
        """[*grid], sum of the map of every position."""
        return self.array("energy")

    @property
    def centroid(self) -> np.ndarray:
        """[*grid, n], mean of the map of every position, input pixels."""
        return self.array("centroid")

    @property
    def center(self) -> np.ndarray:
        """[*grid, n], theoretical centre of every position, input pixels."""
        return self.positions.center.reshape(*self.positions.shape, -1)

    @property
    def sigma(self) -> np.ndarray:
        """[*grid, n], root of the second moment about the theoretical centre, as ``ERF.sigma``."""
        return self.array("sigma")

    @property
    def sigma_centroid(self) -> np.ndarray:
        """[*grid, n], the same about the centroid."""
        return self.array("sigma_centroid")

    @property
    def read(self) -> np.ndarray:
        """[*spatial], energy of every input pixel, summed over all positions."""
        return Record.of(self.vector, self.positions).read

    @property
    def dead(self) -> np.ndarray:
        """Bool [*spatial], the input pixels without any energy."""
        dead: np.ndarray = self.read == 0
        return dead

    @property
    def residues(self) -> dict[str, np.ndarray]:
        """Mean energies of residue classes over the mean of all classes.

        ``outputs`` [*T]: of output positions, their indices modulo the period of the field (the
        checkerboard of a transposed convolution); ``inputs`` [*D]: of input pixels, modulo what
        the field moves in a period (the stride, where the period is 1). Borders are left out where
        every class has a member inside.
        """
        return {name: self.array(name) for name in ("outputs", "inputs")}

    @property
    def groups(self) -> tuple[str, ...]:
        """Of "interior", "border" and "corner", those that have positions."""
        return tuple(self.positions.groups)
