"""The arguments that all functions of a model share: what they mean, and how they are resolved.

``model``
    Any callable ``f(x)``; a model of Flax, Haiku, Equinox, Keras or PyTorch; an object with
    ``init`` and ``apply``; an ONNX file; one of these with its weights as ``(model, variables)``.
    In place of a model and its shape stands an :class:`~jaxrf.Analysis` of them, whose model is
    neither traced nor adapted again.
``shape``
    Of the input, the batch axis included, as :func:`jaxrf.analyze` has it: a list has one entry per
    argument of the model. None with an ``Analysis``, and where an ONNX file says it.
``wrt``
    Name of the input that the result is about, where the model has several; the first one by
    default, and with an ``Analysis`` the one that it is about. A name may be shortened to its last
    parts.
``endpoint``
    Name of the feature map; the model's output by default. It may be shortened like an input's.
``at``
    Position in that feature map, one index per spatial axis; the central feature, n // 2, by
    default. Functions of all positions (:func:`jaxrf.measure_grid`) and of all layers
    (:func:`jaxrf.weighted_layers`) do not take it.
``spatial_axes``
    Axes of the input that count as spatial; by default all but the first and the last, as the
    model's framework has them. With an ``Analysis``, its own by default.
``variables``
    Weights in the place of drawn ones or of the model's own, or a file of them.
``call``
    Keyword arguments of the model's own call, such as ``{"train": True}``.
``dtype``
    Of inputs that do not say; float32 by default.

The last three and the shape belong to the model: beside an ``Analysis``, which has them already,
they are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jaxrf.arguments.names import find_name
from jaxrf.errors import InvalidInput
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.analyze import analyze

__all__ = ["analysis_of", "feature_of"]


def analysis_of(
    model: Any,
    shape: Any = None,
    *,
    wrt: str | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> Analysis:
    """The theory of what a function is asked about; see the top of this file.

    >>> analysis = analysis_of(lambda x, y: x[:, 1:] + y, [(1, 5, 1), (1, 4, 1)])
    >>> analysis_of(analysis) is analysis, analysis_of(analysis, wrt="y").input
    (True, 'y')

    Args:
        model: or an ``Analysis``.
        shape: of the input.
        wrt: name of the input.
        spatial_axes: of that input.
        variables: weights.
        call: keyword arguments of the model's call.
        dtype: of inputs that do not say.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`; what belongs to a model beside an ``Analysis``.
        ModelError: as there.
    """
    of_model = {"shape": shape, "variables": variables, "call": call, "dtype": dtype}
    if not isinstance(model, Analysis):
        of_model["dtype"] = "float32" if dtype is None else dtype
        return analyze(model, wrt=wrt, spatial_axes=spatial_axes, **of_model)
    for name, value in of_model.items():
        if value is not None:
            raise InvalidInput(
                f"{name}: got one beside an Analysis, which has its own; leave it out, or give "
                "the model in place of the Analysis"
            )
    source = model.input if wrt is None else find_name(wrt, model.inputs, "input")
    if source == model.input and spatial_axes is None:
        return model
    return model.with_respect_to(source, spatial_axes=spatial_axes)


def feature_of(
    analysis: Analysis, endpoint: str | None, at: int | Sequence[int] | None
) -> tuple[str, tuple[int, ...]]:
    """(full name of the feature map, position in it).

    Args:
        analysis: of the model.
        endpoint: name of the feature map; None is the output.
        at: position in it; None is the central feature.

    Raises:
        InvalidInput: no such end-point, or a position out of range.
    """
    name = analysis.find(endpoint)
    return name, analysis.position(name, at)
