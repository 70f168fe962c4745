"""``restrict``: a function that computes one box of a feature map, and no more than that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import jax
import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.setting import Setting
from jaxrf.restriction.boxes import Box, Span, lengths, whole
from jaxrf.restriction.cut_model import CutModel, cut_model
from jaxrf.restriction.mixing import mixing
from jaxrf.text.result import Result
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.model_arguments import analysis_of

__all__ = ["Restriction", "restrict"]


@dataclass(frozen=True, eq=False, repr=False)
class Restriction(Result):
    """A model that computes one box of a feature map, from the box of its inputs that this takes.

    Called with the inputs, cut by :meth:`crop`, it returns the box. It can be differentiated,
    mapped and compiled like any function of JAX. Boxes of the interior that differ by a multiple of
    the stride are one compiled program.

    Attributes:
        analysis: the theory of the whole model.
        endpoint: full name of the feature map.
        cut: the cut program.
    """

    REPORT: ClassVar[str] = "restriction"

    analysis: Analysis
    endpoint: str
    cut: CutModel

    @property
    def box(self) -> tuple[tuple[int, int], ...]:
        """(first, last + 1) of the features, along all dimensions of the feature map.

        Where one dimension of the array holds several axes row by row, each has its own.
        """
        return _pairs(self.cut.box)

    @property
    def inputs(self) -> dict[str, tuple[tuple[int, int], ...] | None]:
        """Name -> (first, last + 1) along every axis of the input; None where it is not read."""
        boxes = zip(self.analysis.inputs, self.cut.input_boxes, strict=True)
        return {name: None if box is None else _pairs(box) for name, box in boxes}

    @property
    def input_shapes(self) -> dict[str, tuple[int, ...] | None]:
        """Name -> shape of the part of the input that is read; None where it is not read."""
        boxes = zip(self.analysis.inputs, self.cut.input_boxes, strict=True)
        return {name: None if box is None else lengths(box) for name, box in boxes}

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what is computed."""
        return lengths(self.cut.box)

    @property
    def flops(self) -> int:
        """Operations of the cut program."""
        return self.cut.flops

    @property
    def whole_flops(self) -> int:
        """Operations of the whole program."""
        return self.cut.whole_flops

    @cached_property
    def uncut(self) -> tuple[str, ...]:
        """What is computed on whole dimensions of the image, "operation at file:line" each."""
        found = mixing(self.cut, self.analysis.source, tuple(self.analysis.spatial_axes))
        return tuple(f"{name} at {source}" if source else name for name, source in found)

    @property
    def setting(self) -> Setting:
        """Whose weights the model has, how it is called, what was assumed."""
        return self.analysis.setting

    def crop(self, *inputs: Any) -> tuple[Any, ...]:
        """The parts of whole inputs that the box takes.

        Args:
            inputs: arrays of the model's shapes, in its order.

        Returns:
            One array per input; None where it is not read.

        Raises:
            InvalidInput: another number of inputs, or other shapes.
        """
        traced = self.analysis.traced
        expected = [(i.name, tuple(i.shape)) for i in traced.inputs]
        self._check(inputs, expected, "whole")
        return tuple(self.cut.crop(inputs))

    def __call__(self, *inputs: Any, variables: Any = None) -> jax.Array:
        """Compute the box.

        Args:
            inputs: as :meth:`crop` gives them.
            variables: weights of the model; by default those that it was given with.

        Raises:
            InvalidInput: other shapes; no weights, and the model has none of its own.
        """
        self._check(inputs, list(self.input_shapes.items()), "cropped")
        traced = self.analysis.traced
        if variables is None:
            variables = traced.user_weights
            if variables is None and traced.network.init is not None:
                raise InvalidInput(
                    f"variables: got none, need the weights of {traced.network.name}; give them as "
                    "variables=, here or to restrict"
                )
        return self.cut.compiled(variables, list(inputs), self.cut.bounds.tables)

    def _check(self, inputs: Sequence[Any], expected: Sequence[tuple[str, Any]], what: str) -> None:
        if len(inputs) != len(expected):
            names = ", ".join(name for name, _ in expected)
            raise InvalidInput(f"inputs: got {len(inputs)}, need {len(expected)} ({names})")
        for x, (name, shape) in zip(inputs, expected, strict=True):
            if shape is not None and np.shape(x) != shape:
                hint = "; crop(...) cuts it out" if what == "cropped" else ""
                raise InvalidInput(
                    f"{name}: got shape {np.shape(x)}, need the {what} one, {shape}{hint}"
                )


def restrict(
    model: Any,
    shape: Any = None,
    *,
    wrt: str | None = None,
    endpoint: str | None = None,
    box: Sequence[int | slice | Sequence[int] | None] | int | slice | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> Restriction:
    """Cut a model to one box of a feature map.

    Every feature map in between is computed only where the box needs it: padding inside the image
    becomes the pixels that are there, padding at its border stays. The result equals that box of
    the whole network, but for rounding, and so do its gradients. Operations that cannot be cut (a
    mean over the image, attention over all tokens, those without a rule) are computed whole, and
    :attr:`Restriction.uncut` names them.

    >>> import jax.numpy as jnp
    >>> blur = lambda x: x[:, :-2] + x[:, 1:-1] + x[:, 2:]
    >>> part = restrict(lambda x: blur(blur(x)), (1, 100, 1), box=[(50, 52)])
    >>> part.inputs
    {'input': ((0, 1), (50, 56), (0, 1))}
    >>> x = jnp.arange(100.0).reshape(1, 100, 1)
    >>> part(*part.crop(x)).ravel().tolist()
    [468.0, 477.0]

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the others that all functions have mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input along whose axes the box lies; the first one by default.
        endpoint: name of the feature map; the output by default.
        box: of the features, one entry per spatial axis: an index, a slice, a pair (first, last +
            1), or None for all along that axis. By default all features.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of the model's own.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`; a box that is empty or leaves the feature map.
        ModelError: as there.
    """
    check_arguments(restrict, locals())
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    name = analysis.find(endpoint)
    grid, traced = analysis.output_grid(name), analysis.traced
    features = _features(name, box, grid.dims, grid.shape)
    cut = cut_model(traced.program, traced.endpoints[name], features, grid=grid.shape)
    return Restriction(analysis, name, cut)


def _pairs(box: Box) -> tuple[tuple[int, int], ...]:
    """(first, last + 1) along every dimension."""
    return tuple((span.low, span.stop) for span in box)


def _features(name: str, box: Any, dims: Sequence[int | None], shape: Sequence[int]) -> Box:
    """The box along all dimensions of the grid."""
    spans = list(whole(shape))
    if box is None:
        return tuple(spans)
    given = [box] if isinstance(box, int | slice | np.integer) else list(box)
    if len(given) != len(dims):
        raise InvalidInput(
            f"box of {name}: got {len(given)} entries, need {len(dims)}, one per spatial axis"
        )
    for entry, dim in zip(given, dims, strict=True):
        length = 1 if dim is None else shape[dim]
        span = _span(name, entry, length)
        if dim is not None:
            low, stop = max(span.low, spans[dim].low), min(span.stop, spans[dim].stop)
            if low >= stop:
                raise InvalidInput(
                    f"box of {name}: got {entry!r} along an axis that shares its dimension with "
                    "another one, need entries that overlap"
                )
            spans[dim] = Span(low, stop)
    return tuple(spans)


def _span(name: str, entry: Any, length: int) -> Span:
    """The indices that one entry of a box stands for."""
    if entry is None:
        return Span(0, length)
    if isinstance(entry, slice):
        if entry.step not in (None, 1):
            raise InvalidInput(f"box of {name}: got a slice with step {entry.step}, need step 1")
        low, stop, _ = entry.indices(length)
        found = Span(int(low), int(stop))
    elif isinstance(entry, int | np.integer):
        index = int(entry)
        index += length * (index < 0)
        found = Span(index, index + 1)
    else:
        pair = list(entry) if isinstance(entry, Sequence) else []
        if len(pair) != 2 or not all(isinstance(e, int | np.integer) for e in pair):
            raise InvalidInput(
                f"box of {name}: got {entry!r}, need an index, a slice, a pair (first, last + 1) "
                "or None"
            )
        found = Span(int(pair[0]), int(pair[1]))
    if not 0 <= found.low < found.stop <= length:
        raise InvalidInput(
            f"box of {name}: got {entry!r}, need at least one of the features 0 to {length - 1}"
        )
    return found
