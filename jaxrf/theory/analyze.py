"""``analyze``: derive the theory of every end-point of a model for one input shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.names import find_name
from jaxrf.errors import InvalidInput, NotExact
from jaxrf.frameworks import as_network
from jaxrf.program.inputs import abstract_inputs, named_inputs
from jaxrf.program.trace import trace_network
from jaxrf.theory.ambiguous_shapes import shape_ambiguities
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.axes import axes_of_named, spatial_axes_of
from jaxrf.theory.model_inputs import complete_inputs
from jaxrf.theory.model_solution import solve_model

__all__ = ["analyze"]


def analyze(
    model: Any,
    shape: Any = None,
    *,
    spatial_axes: Sequence[int] | None = None,
    wrt: str | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    all_endpoints: bool = False,
    strict: bool = False,
) -> Analysis:
    """Derive the receptive field of every end-point of a model.

    >>> import jax.numpy as jnp
    >>> analysis = analyze(lambda x: (x[:, ::2] + x[:, 1::2]) / 2, (1, 8, 3))
    >>> analysis.output.size, analysis.output.stride, analysis.output.center((1,))
    ((2,), (Fraction(2, 1),), (2.5,))
    >>> both = analyze(lambda x, y: x[:, 1:] + y, [(1, 5, 1), (1, 4, 1)])
    >>> both.output.padding, both.with_respect_to("y").output.padding
    ((-1,), (0,))

    Args:
        model: any callable f(x), a model of Flax, Haiku, Equinox or Keras, an object with ``init``
            and ``apply``; with its weights as (model, variables), or a bound Linen module.
        shape: of the input, e.g. (1, 224, 224, 3). A list has one entry per argument, each a shape,
            a ``jax.ShapeDtypeStruct``, or a pytree of them. Of an ONNX file, what is left out is
            as the file declares it.
        spatial_axes: axes of the input that count as spatial; all but first and last by default,
            the last of an input that is named and has no more than two (tokens).
        wrt: name of the input, where there are several; the first by default.
        variables: weights in the place of drawn ones or of the model's own, checked against
            them; or the path of a file (msgpack, safetensors, NPZ) or Orbax folder. Theory does not
            depend on them, what is measured does.
        call: further keyword arguments of the model's own call, such as {"train": True}; its mode
            is inference unless they say otherwise.
        dtype: of inputs that do not say.
        all_endpoints: also list the framework's sub-modules where the model names its end-points.
        strict: raise where an operation is not known, instead of bounding it by everything.

    Raises:
        InvalidInput: a shape, axis, output, call or weights that cannot be used.
        ModelError: the model raises while it is traced.
        NotExact: an operation without a rule, under ``strict``.
    """
    check_arguments(analyze, locals())
    model, shape, taken = complete_inputs(model, shape, dtype)
    inputs = abstract_inputs(shape, dtype)
    network = as_network(model, inputs, call=call, variables=variables)
    named = named_inputs(inputs, network.arguments)
    names = [i.name for i in named]
    source = 0 if wrt is None else names.index(find_name(wrt, names, "input"))
    if network.layout != "channels_first":  # whose layers tell; an error before any work
        axes_of = spatial_axes_of if wrt is None else axes_of_named
        axes_of(named[source].shape, spatial_axes, network.layout)
    unsure = shape_ambiguities(named[source].shape, network.layout, spatial_axes)
    traced = trace_network(network, inputs, all_endpoints=all_endpoints, ambiguities=unsure)
    by_name = wrt is not None
    analysis = Analysis(
        traced, *solve_model(traced, source, spatial_axes, named=by_name, taken=taken)
    )
    if not analysis.outputs:
        raise InvalidInput(
            f"model {traced.network.name}: the output does not depend on the {analysis.input}"
            if len(names) == 1
            else f"model {traced.network.name}: no output depends on {analysis.input}"
        )
    if strict and analysis.approximate:
        raise NotExact(
            f"no rule for {'; '.join(analysis.approximate)}: the field can only be bounded by the "
            "whole input; run without strict to get that bound"
        )
    return analysis
