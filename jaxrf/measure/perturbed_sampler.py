"""``PerturbedSampler``: samples of the change of a feature by noise on one cell after another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import ModelError
from jaxrf.frameworks.network import model_error
from jaxrf.measure.feature_box import FeatureBox, feature_box
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.sampler import Sampler
from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.program.execute import by_input, cast

__all__ = ["PerturbedSampler", "cells_of"]

MOST_CELLS = 1024  # where the size of cells is left open
PASSES = 16  # perturbed inputs in a compiled forward pass, times the sampler's batch
DOUBLE_BELOW = 0.03  # amplitudes whose differences drown in the rounding of float32
NOTHING = -2  # in place of a cell: the input is not perturbed; -1 is a pixel that cannot matter


def cells_of(mask: np.ndarray, center: tuple[float, ...], side: int) -> np.ndarray:
    """The number of the cell of every pixel, row by row; -1 outside the mask.

    Args:
        mask: bool [*spatial], the pixels that can matter.
        center: of the field, input pixels; it is in the middle of a cell.
        side: of a cell, input pixels.

    Returns:
        int [*spatial]; cells without a pixel of the mask have no number.
    """
    lines = [
        (np.arange(n) - int(np.floor(c)) + side // 2) // side
        for n, c in zip(mask.shape, center, strict=True)
    ]
    lines = [line - line.min() for line in lines]
    counts = [int(line.max()) + 1 for line in lines]
    every = np.ravel_multi_index(np.broadcast_arrays(*np.ix_(*lines)), counts)
    labels = np.full(mask.shape, -1)
    labels[mask] = np.unique(every[mask], return_inverse=True)[1]
    return labels


def _coarse_enough(mask: np.ndarray, center: tuple[float, ...]) -> int:
    """The smallest side of cells that leaves no more than ``MOST_CELLS`` of them."""
    side = 1
    while cells_of(mask, center, side).max() >= MOST_CELLS:
        side += 1
    return side


@dataclass(eq=False)
class PerturbedSampler(Sampler):
    """Forward passes with one cell perturbed; ``energies`` are maps of squared changes.

    Only pixels of the exact theoretical support are perturbed, since no others change the feature.
    The estimator is a :class:`Perturbation`.

    Attributes:
        center: theoretical centre, in the middle of a cell.
        labels: the cell of every pixel, see :func:`cells_of`.
        notes: the number of passes per sample, and what could not be done.
    """

    estimator: Any = field(default_factory=Perturbation)
    center: tuple[float, ...] = ()
    labels: np.ndarray = field(init=False, repr=False)
    notes: tuple[str, ...] = field(default=(), init=False)
    _double: bool | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        asked = self.estimator
        mask = self.analysis.support(self.endpoint, self.at).mask
        side = asked.cell or _coarse_enough(mask, self.center)
        self.estimator = replace(asked, cell=side)
        self.labels = cells_of(mask, self.center, side)
        self._sizes = np.bincount(self.labels[mask])
        what = "pixels" if side == 1 else f"cells of {' x '.join([str(side)] * mask.ndim)} pixels"
        self.notes = (
            f"{len(self._sizes) + 1} forward passes per sample: {len(self._sizes)} {what} can "
            f"matter; noise on {int(mask.sum())} of {mask.size} pixels",
        )
        self._chunk = min(PASSES * self.batch, len(self._sizes) + 1)
        self.batch = 1  # a sample is many passes: progress and states follow each
        source = self.analysis.source
        axes = self.analysis.spatial_axes
        others = tuple(n for n in range(len(self.analysis.shape)) if n not in axes)
        cells = np.expand_dims(self.labels, others).astype(np.int32)

        def drawn(index: jax.Array, x: Any) -> tuple[list[Any], jax.Array]:
            inputs = self._drawn_inputs(index)
            inputs[source] = inputs[source] if x is None else x.astype(inputs[source].dtype)
            noise = jax.random.fold_in(self._keys[2], index)
            return inputs, jax.random.normal(noise, self.analysis.shape, inputs[source].dtype)

        def feature(variables: Any, inputs: Any, noise: jax.Array, cell: jax.Array) -> jax.Array:
            x = inputs[source] + jnp.where(cells == cell, noise, 0)
            value = self._features_in(x.dtype).value
            at: jax.Array = by_input(value, variables, inputs, source)(x)
            return at

        self._drawn = compile_once(drawn)
        self._features = compile_once(jax.vmap(feature, in_axes=(None, None, None, 0)))

    def _features_in(self, dtype: Any) -> FeatureBox:
        """The feature as it is computed in the dtype of an input."""
        if dtype == self.analysis.traced.inputs[self.analysis.source].dtype:
            return self.features
        return feature_box(self.analysis, self.endpoint, self._places(), dtype)

    def draw_samples(
        self, variables: Any, samples: Sequence[int]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Maps [len(samples), *spatial]: squared changes over the square of the amplitude.

        Raises:
            ModelError: values that are not finite, or an error of the model.
        """
        return np.stack([self._influence(variables, i) for i in samples]), {}

    def _influence(self, variables: Any, index: int) -> np.ndarray:
        inputs, noise = self._drawn(index, self._input_of(index))
        order = np.concatenate([[NOTHING], np.arange(len(self._sizes))])
        order = np.pad(order, (0, -len(order) % self._chunk), constant_values=NOTHING)
        order = order.astype(np.int32)  # in either precision
        with np.errstate(over="ignore"):  # what is infinite then is refused below
            scaled = noise * np.asarray(self.estimator.amplitude, noise.dtype)
        found = [
            self._changed(variables, (inputs, scaled), cells)
            for cells in order.reshape(-1, self._chunk)
        ]
        features = np.concatenate(found).astype(np.float64).reshape(len(order), -1)
        changes = ((features - features[0]) ** 2).sum(1)[1 : len(self._sizes) + 1]
        if not np.isfinite(changes).all():
            raise ModelError(
                f"perturbing {self.endpoint}: got values that are not finite, need finite ones; "
                "check the model's initialisation at this depth and input, or lower the amplitude"
            )
        share = changes / self._sizes / self.estimator.amplitude**2
        return np.where(self.labels < 0, 0.0, share[self.labels])

    def _changed(self, variables: Any, drawn: tuple[Any, jax.Array], cells: Any) -> Any:
        if self._double is None:
            self._double = self._doubles(variables, drawn, cells)
        try:
            with compat.float64() if self._double else nullcontext():
                return np.asarray(self._features(*self._arguments(variables, drawn), cells))
        except Exception as error:  # the user's model may raise anything
            name = self.analysis.traced.network.name
            raise model_error(error, f"running {name}") from error

    def _arguments(self, variables: Any, drawn: tuple[Any, jax.Array]) -> tuple[Any, Any, Any]:
        inputs, noise = drawn
        if not self._double:
            return variables, inputs, noise
        return cast(variables, np.float64), cast(inputs, np.float64), cast(noise, np.float64)

    def _doubles(self, variables: Any, drawn: tuple[Any, jax.Array], cells: Any) -> bool:
        """Whether differences are taken in float64: for small amplitudes, if the model allows."""
        if self.estimator.amplitude >= DOUBLE_BELOW:
            return False
        self._double = True
        try:
            with compat.float64():
                out = jax.eval_shape(self._features, *self._arguments(variables, drawn), cells)
            if out.dtype == np.float64:
                return True
        except Exception:  # weights that are written into it in float32, say
            pass
        self.notes += (
            f"amplitude {self.estimator.amplitude:g}: the model computes in its own precision "
            "only; changes below its rounding are noise",
        )
        return False
