"""``FeatureBox``: the features that a measurement looks at, computed from no more than they need.

A measurement of one feature runs the program cut to it (:mod:`jaxrf.restriction`). Where that saves
nothing, because some operation reads the whole image, it runs the model as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from jaxrf.measure.impulse import at_feature
from jaxrf.program.execute import endpoint_function
from jaxrf.program.precision import in_dtype
from jaxrf.program.program import Program
from jaxrf.program.trace import Traced
from jaxrf.restriction.boxes import Box, Span, lengths, offsets, whole
from jaxrf.restriction.cut_model import CutModel, cut_model
from jaxrf.theory.analysis import Analysis

__all__ = ["FeatureBox", "cut_feature", "feature_box"]

_WORTH_IT = 0.98  # share of the operations up to which a cut program runs in place of the model


@dataclass(frozen=True, eq=False)
class FeatureBox:
    """A box of an end-point, as a function of the weights and of whole inputs.

    Attributes:
        value: (variables, inputs) -> the box, a dimension for every axis.
        shape: of the box.
        dims: per spatial axis, the dimension that follows it; None for an axis without one.
        low: per spatial axis, the index of the first feature in the box.
        flops: operations of what is run.
        whole_flops: operations of the whole model up to the end-point.
    """

    value: Callable[[Any, Sequence[Any]], jax.Array]
    shape: tuple[int, ...]
    dims: tuple[int | None, ...]
    low: tuple[int, ...]
    flops: int
    whole_flops: int

    @property
    def channels(self) -> tuple[int, ...]:
        """The shape of a cotangent over the channels of one feature: 1 along the axes."""
        return tuple(1 if d in self.dims else n for d, n in enumerate(self.shape))

    @property
    def notes(self) -> tuple[str, ...]:
        """A line on how much of the network is run; none where it is all of it."""
        if self.flops == self.whole_flops:
            return ()
        share = 100 * self.flops / self.whole_flops
        return (f"run on the network cut to what is measured: {share:.2g} % of its operations",)

    def impulse(self, charge: jax.Array, at: Any) -> jax.Array:
        """A cotangent of the box that is zero everywhere but at one feature; traceable in ``at``.

        Args:
            charge: broadcastable to the box.
            at: output index per spatial axis, in the whole end-point.
        """
        place = [index - low for index, low in zip(at, self.low, strict=True)]
        return at_feature(jnp.broadcast_to(charge, self.shape), self.dims, place)


def feature_box(
    analysis: Analysis,
    endpoint: str,
    places: Sequence[Sequence[int]] | None,
    dtype: Any = None,
) -> FeatureBox:
    """The smallest box that holds some features of an end-point.

    Args:
        analysis: of the model.
        endpoint: full name.
        places: output indices of the features; None: all of them.
        dtype: of the weights and inputs that it will be called with; None: their own.
    """
    grid, traced = analysis.output_grid(endpoint), analysis.traced
    cut = cut_feature(analysis, endpoint, places, dtype)
    box = cut.box
    low = tuple(0 if d is None else box[d].low for d in grid.dims)
    if cut.flops <= _WORTH_IT * cut.whole_flops:

        def of_cut(variables: Any, inputs: Sequence[Any]) -> jax.Array:
            return cut.value(variables, cut.crop(inputs))

        return FeatureBox(of_cut, lengths(box), grid.dims, low, cut.flops, cut.whole_flops)
    value = endpoint_function(traced, endpoint)
    starts = offsets(box, whole(grid.shape))
    stops = [span.stop for span in box]

    def of_model(variables: Any, inputs: Sequence[Any]) -> jax.Array:
        return jax.lax.slice(value(variables, inputs).reshape(grid.shape), starts, stops)

    return FeatureBox(of_model, lengths(box), grid.dims, low, cut.whole_flops, cut.whole_flops)


def cut_feature(
    analysis: Analysis,
    endpoint: str,
    places: Sequence[Sequence[int]] | None,
    dtype: Any = None,
) -> CutModel:
    """The program cut to the smallest box that holds some features; as :func:`feature_box`."""
    grid = analysis.output_grid(endpoint)
    box = _hull(grid.dims, grid.shape, places)
    return cut_model(*_program(analysis.traced, endpoint, dtype), box, grid=grid.shape)


def _program(traced: Traced, endpoint: str, dtype: Any) -> tuple[Program, int]:
    """(flat program, value number of the end-point), as it is computed in a dtype."""
    if dtype is None:
        return traced.program, traced.endpoints[endpoint]
    return in_dtype(traced, endpoint, dtype)


def _hull(
    dims: Sequence[int | None], shape: Sequence[int], places: Sequence[Sequence[int]] | None
) -> Box:
    """The box around features, along all dimensions of the grid."""
    box = list(whole(shape))
    for axis, dim in enumerate(dims):
        if dim is not None and places is not None:
            indices = [int(at[axis]) for at in places]
            box[dim] = Span(min(indices), max(indices) + 1)
    return tuple(box)
