"""Trace a model on abstract inputs and parameters: nothing is initialised, nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.frameworks import Network, as_network
from jaxrf.frameworks.network import model_error
from jaxrf.frameworks.weights import model_weights
from jaxrf.program.drawing.initializer import Initializer
from jaxrf.program.endpoints import Endpoints, Origin, choose, returned_values, unknown_shapes
from jaxrf.program.flatten import flatten
from jaxrf.program.inputs import Input, abstract_inputs, named_inputs
from jaxrf.program.program import Program
from jaxrf.program.value_kinds import is_drawn

__all__ = ["Traced", "trace", "trace_network"]


@dataclass(frozen=True, eq=False)
class Traced:
    """A traced model.

    Attributes:
        network: the model as a pure function.
        inputs: its input arrays, in the order of ``program.inputs``.
        structure: the pytree of its positional arguments.
        program: its flat equations.
        chosen: which of its values are end-points.
        variables: shapes and dtypes of its weights, in the pytree that the network takes.
    """

    network: Network
    inputs: tuple[Input, ...]
    structure: Any
    program: Program
    chosen: Endpoints
    variables: Any = None

    @property
    def endpoints(self) -> dict[str, int]:
        """Name -> value number of the program, the output last."""
        return self.chosen.numbers

    @cached_property
    def unknown_shapes(self) -> dict[str, str]:
        """Name -> shape in words, of end-points whose lengths are not all known."""
        return unknown_shapes(self.program, self.endpoints)

    @property
    def output(self) -> str:
        """Name of the output: the last one that an input can influence."""
        return next(reversed(self.chosen.numbers))

    @cached_property
    def draw(self) -> Callable[[jax.Array], Any]:
        """``key -> variables``: random ones, or those that were given, whatever the key.

        Raises, when called:
            ModelError: the model's initialisation raises.
            InvalidInput: the weights that were given are abstract.
        """
        if self.network.user_weights is not None:
            return model_weights(self.network.user_weights, self.network.name)
        return self.initial

    @cached_property
    def initial(self) -> Callable[[jax.Array], Any]:
        """``key -> variables`` of the model's initialiser; None where it has none.

        Raises, when called:
            ModelError: it raises.
        """
        if self.network.init is None:
            return lambda key: None
        initializer = Initializer(self.network.init)

        def variables(key: jax.Array) -> Any:
            try:
                return initializer(key)
            except JaxrfError:
                raise
            except Exception as error:  # the user's model may raise anything
                raise model_error(error, f"initialising {self.network.name}") from error

        return variables

    @property
    def user_weights(self) -> Any:
        """The weights that the user gave; None where others count.

        Raises:
            InvalidInput: they are abstract.
        """
        return None if self.network.user_weights is None else self.draw(jax.random.key(0))

    @property
    def assumed(self) -> tuple[str, ...]:
        """One line per assumption about the call, and one if the model draws random numbers."""
        drawn = self.network.init is not None and any(map(is_drawn, self.program.equations))
        inside = "random numbers that the model draws: from a fixed key, alike in all samples"
        return (*self.network.assumed, *([inside] if drawn else []))


def trace(model: Any, shape: Any, *, dtype: Any = "float32", all_endpoints: bool = False) -> Traced:
    """Trace ``model`` for inputs of ``shape`` (see :func:`jaxrf.program.inputs.abstract_inputs`).

    End-points are the model's outputs and what it marks (``jax.ad_checkpoint.checkpoint_name``);
    without any mark, or with ``all_endpoints``, also the framework's sub-modules.

    Raises:
        InvalidInput: a bad shape, an output that is not an array or is empty, or no output that
            an input can influence.
        ModelError: the model raises.
    """
    inputs = abstract_inputs(shape, dtype)
    return trace_network(as_network(model, inputs), inputs, all_endpoints=all_endpoints)


def trace_network(
    network: Network,
    inputs: tuple[Any, ...],
    *,
    all_endpoints: bool,
    ambiguities: tuple[str, ...] = (),
) -> Traced:
    """:func:`trace` for a model and inputs that are adapted already.

    ``ambiguities`` of the shape are named where the model raises.
    """
    shapes = jax.tree.map(lambda leaf: tuple(leaf.shape), inputs)
    shown = shapes[0] if len(shapes) == 1 else shapes
    try:
        variables = network.variables
        if variables is None and network.init is not None:
            variables = jax.eval_shape(network.init, jax.random.key(0))
        with np.errstate(all="ignore"):  # JAX infers shapes with numpy; what is wrong, it raises
            origins: list[Origin] = []  # apart: JAX sorts the keys of a dict

            def run(variables: Any, *inputs: Any) -> list[Any]:
                output, named = network.apply(variables, *inputs)
                returned = {} if output is None else returned_values(output, named)
                origins[:] = returned
                return list(returned.values())

            closed = jax.make_jaxpr(run)(variables, *inputs)
    except JaxrfError as error:
        if not ambiguities:
            raise
        raise type(error)("; ".join([str(error), *ambiguities])) from error
    except (Exception, SystemExit) as error:  # the user's model may raise anything
        told = model_error(error, f"tracing {network.name} on shape {shown}")
        raise ModelError("; ".join([str(told), *ambiguities])) from error
    if not origins:
        raise InvalidInput(
            f"model {network.name}: got 0 outputs, need one array or a dict of named arrays"
        )
    arguments, leaves = len(jax.tree.leaves(variables)), named_inputs(inputs, network.arguments)
    program = flatten(closed, inputs=range(arguments, arguments + len(leaves)))
    _check_strides(program)
    returned = dict(zip(origins, program.outputs, strict=True))
    chosen = choose(program, returned, all_endpoints=all_endpoints)
    for name in chosen.outputs[-1:]:
        if 0 in (shape := program.shapes[chosen.numbers[name]]):
            raise InvalidInput(
                f"model {network.name}: the output{'' if name == 'output' else f' {name}'} is "
                f"empty, shape {shape}; need a larger input than {shown}"
            )
    if not chosen.outputs:
        only = "the output does not depend" if len(chosen.independent) == 1 else "no output depends"
        what = f"the {leaves[0].name}" if len(leaves) == 1 else "any of its inputs"
        raise InvalidInput(f"model {network.name}: {only} on {what}")
    abstract = jax.tree.map(lambda v: jax.ShapeDtypeStruct(v.shape, v.dtype), variables)
    return Traced(network, leaves, jax.tree.structure(inputs), program, chosen, abstract)


def _check_strides(program: Program) -> None:
    """JAX gives a convolution of negative stride an empty output, without a word."""
    for equation in program.equations:
        strides = equation.params.get("window_strides") or ()
        if any(stride < 1 for stride in strides):
            raise InvalidInput(
                f"stride: got {tuple(strides)} in {equation.name} at {equation.source}, "
                "need a positive integer per axis"
            )
