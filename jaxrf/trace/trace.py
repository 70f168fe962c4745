"""Trace a model on abstract inputs and parameters: nothing is initialised, nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.frameworks import Network, as_network
from jaxrf.frameworks.marks import OF_MODULE
from jaxrf.frameworks.network import model_error
from jaxrf.trace.build import TracedGraph, build
from jaxrf.trace.flatten import flatten
from jaxrf.trace.inputs import Input, abstract_inputs, named_inputs
from jaxrf.trace.program import Program
from jaxrf.trace.stored import is_mark

__all__ = ["Traced", "trace", "trace_network"]


@dataclass(frozen=True, eq=False)
class Traced:
    """A traced model.

    Attributes:
        network: the model as a pure function.
        inputs: its input arrays, in the order of ``program.inputs``.
        structure: the pytree of its positional arguments.
        program: its flat equations.
        endpoints: name -> value number of the program, the output last.
        output: name of the output.
        marked: names of values that stand inside the model, marked there.
    """

    network: Network
    inputs: tuple[Input, ...]
    structure: Any
    program: Program
    endpoints: dict[str, int]
    output: str
    marked: frozenset[str]

    @cached_property
    def draw(self) -> Callable[[jax.Array], Any]:
        """``key -> random variables``, compiled once; None where the weights are given.

        Raises, when called:
            ModelError: the model's initialisation raises.
        """
        if self.network.init is None:
            return lambda key: None
        compiled = jax.jit(self.network.init)

        def variables(key):
            try:
                return compiled(key)
            except JaxrfError:
                raise
            except Exception as error:  # the user's model may raise anything
                raise model_error(error, f"initialising {self.network.name}") from error

        return variables

    @cached_property
    def graph(self) -> TracedGraph:
        """The program in the words of the graph."""
        return build(self.program)


def trace(model: Any, shape: Any, *, dtype="float32", all_endpoints=False) -> Traced:
    """Trace ``model`` for inputs of ``shape`` (see :func:`jaxrf.trace.inputs.abstract_inputs`).

    End-points are those that the model names itself (``jax.ad_checkpoint.checkpoint_name``, or a
    dict of outputs); without any, or with ``all_endpoints``, also the framework's sub-modules.

    Raises:
        InvalidInput: a bad shape, an output that is not an array, or one that is empty.
        ModelError: the model raises.
    """
    inputs = abstract_inputs(shape, dtype)
    return trace_network(as_network(model, inputs), inputs, all_endpoints=all_endpoints)


def trace_network(network: Network, inputs: tuple[Any, ...], *, all_endpoints: bool) -> Traced:
    """:func:`trace` for a model and inputs that are adapted already."""
    shapes = jax.tree.map(lambda leaf: tuple(leaf.shape), inputs)
    shown = shapes[0] if len(shapes) == 1 else shapes
    try:
        variables = network.variables
        if variables is None and network.init is not None:
            variables = jax.eval_shape(network.init, jax.random.key(0))
        with np.errstate(all="ignore"):  # JAX infers shapes with numpy; what is wrong, it raises
            names: list[str] = []  # apart: JAX sorts the keys of a dict

            def run(variables, *inputs):
                output, named = network.apply(variables, *inputs)
                names[:] = named
                return output, list(named.values())

            closed, (output, values) = jax.make_jaxpr(run, return_shape=True)(variables, *inputs)
    except JaxrfError:
        raise
    except (Exception, SystemExit) as error:  # the user's model may raise anything
        raise model_error(error, f"tracing {network.name} on shape {shown}") from error
    if not jax.tree.leaves(output):
        raise InvalidInput(
            f"model {network.name}: got 0 outputs, need one array or a dict of named arrays"
        )
    arguments, leaves = len(jax.tree.leaves(variables)), named_inputs(inputs, network.arguments)
    program = flatten(closed, inputs=range(arguments, arguments + len(leaves)))
    _check_strides(program)
    if 0 in output.shape:
        raise InvalidInput(
            f"model {network.name}: the output is empty, shape {tuple(output.shape)}; "
            f"need a larger input than {shown}"
        )
    named = named_values(dict(zip(names, values, strict=True)))
    captured = dict(zip(named, program.outputs[1:], strict=True))
    return _with_endpoints(
        network, leaves, jax.tree.structure(inputs), program, captured, all_endpoints
    )


def _check_strides(program: Program) -> None:
    """JAX gives a convolution of negative stride an empty output, without a word."""
    for equation in program.equations:
        strides = equation.params.get("window_strides") or ()
        if any(stride < 1 for stride in strides):
            raise InvalidInput(
                f"stride: got {tuple(strides)} in {equation.name} at {equation.source}, "
                "need a positive integer an axis"
            )


def _with_endpoints(
    network, inputs, structure, program: Program, captured, all_endpoints: bool
) -> Traced:
    marked, modules = marked_values(program)
    captured = {**modules, **captured}
    output = program.outputs[0]
    chosen = {**captured, **marked} if all_endpoints or not marked else marked
    order = {number: i for i, eq in enumerate(program.equations) for number in eq.outputs}
    chosen = dict(sorted(chosen.items(), key=lambda item: order.get(item[1], -1)))
    name = next((n for n, number in reversed(chosen.items()) if number == output), "output")
    chosen.pop(name, None)
    chosen = {n: number for n, number in chosen.items() if number in program.dependent}
    endpoints = {**chosen, name: output}
    return Traced(
        network, inputs, structure, program, endpoints, name, frozenset({*modules, *marked})
    )


def marked_values(program: Program) -> tuple[dict[str, int], dict[str, int]]:
    """Name -> value number of what the model marks (``checkpoint_name``), and of its sub-modules.

    The latter are those that :mod:`jaxrf.frameworks.marks` put there.
    """
    marked: dict[str, int] = {}
    modules: dict[str, int] = {}
    for equation in program.equations:
        if equation.name == "name" and not is_mark(equation):
            name: str = equation.params["name"]
            found = modules if name.startswith(OF_MODULE) else marked
            found[_unused(found, name.removeprefix(OF_MODULE))] = equation.outputs[0]
    return marked, modules


def named_values(named: dict[str, Any]) -> dict[str, Any]:
    """End-points that a framework captured, one array each."""
    values: dict[str, Any] = {}
    for name, value in named.items():
        for leaf in jax.tree.leaves(value):
            values[_unused(values, name)] = leaf
    return values


def _unused(names: dict[str, int], name: str) -> str:
    """The name, numbered where a shared part of the model marks it again."""
    if name not in names:
        return name
    return next(f"{name}#{n}" for n in range(2, len(names) + 3) if f"{name}#{n}" not in names)
