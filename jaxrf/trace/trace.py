"""Trace a model on abstract inputs and parameters: nothing is initialised, nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.frameworks import Network, as_network
from jaxrf.trace.build import TracedGraph, build
from jaxrf.trace.program import Program, flatten

__all__ = ["Traced", "checked_shape", "trace"]


@dataclass(frozen=True, eq=False)
class Traced:
    """A traced model.

    Attributes:
        network: the model as a pure function.
        shape: of the input.
        dtype: of the input.
        program: its flat equations.
        endpoints: name -> value number of the program, the output last.
        output: name of the output.
        marked: names that the model gives inside itself (``checkpoint_name``).
    """

    network: Network
    shape: tuple[int, ...]
    dtype: Any
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
            except Exception as error:  # the user's model may raise anything
                raise model_error(error, f"initialising {self.network.name}") from error

        return variables

    @cached_property
    def graph(self) -> TracedGraph:
        """The program in the words of the graph."""
        return build(self.program)


def trace(model: Any, shape: tuple[int, ...], *, dtype="float32", all_endpoints=False) -> Traced:
    """Trace ``model`` for an input of ``shape``.

    End-points are those that the model names itself (``jax.ad_checkpoint.checkpoint_name``, or a
    dict of outputs); without any, or with ``all_endpoints``, also the framework's sub-modules.

    Raises:
        InvalidInput: a bad shape, an output that is not an array, or one that is empty.
        ModelError: the model raises.
    """
    shape = checked_shape(shape)
    try:
        dtype = jnp.dtype(dtype)
    except TypeError:
        raise InvalidInput(f"dtype: got {dtype!r}, need a JAX dtype, e.g. float32") from None
    network = as_network(model, shape, dtype)
    x = jax.ShapeDtypeStruct(shape, dtype)
    try:
        variables = jax.eval_shape(network.init, jax.random.key(0)) if network.init else None
        with np.errstate(all="ignore"):  # JAX infers shapes with numpy; what is wrong, it raises
            closed, structure = jax.make_jaxpr(network.apply, return_shape=True)(variables, x)
    except JaxrfError:
        raise
    except (Exception, SystemExit) as error:  # the user's model may raise anything
        raise model_error(error, f"tracing {network.name} on shape {shape}") from error
    output, named = structure
    leaves = jax.tree.leaves(output)
    if len(leaves) != 1:
        raise InvalidInput(
            f"model {network.name}: got {len(leaves)} outputs, need one array, or a dict of "
            "named arrays"
        )
    arguments = len(jax.tree.leaves(variables))
    program = flatten(closed, inputs=[arguments])
    _check_strides(program)
    if 0 in leaves[0].shape:
        raise InvalidInput(
            f"model {network.name}: the output is empty, shape {tuple(leaves[0].shape)}; "
            f"need a larger input than {shape}"
        )
    captured = dict(zip(named_values(named), program.outputs[1:], strict=True))
    return _with_endpoints(network, x, program, captured, all_endpoints)


def _check_strides(program: Program) -> None:
    """JAX gives a convolution of negative stride an empty output, without a word."""
    for equation in program.equations:
        strides = equation.params.get("window_strides") or ()
        if any(stride < 1 for stride in strides):
            raise InvalidInput(
                f"stride: got {tuple(strides)} in {equation.name} at {equation.source}, "
                "need a positive integer an axis"
            )


def _with_endpoints(network, x, program: Program, captured, all_endpoints: bool) -> Traced:
    marked = marked_values(program)
    output = program.outputs[0]
    chosen = {**captured, **marked} if all_endpoints or not marked else marked
    order = {number: i for i, eq in enumerate(program.equations) for number in eq.outputs}
    chosen = dict(sorted(chosen.items(), key=lambda item: order.get(item[1], -1)))
    name = next((n for n, number in reversed(chosen.items()) if number == output), "output")
    chosen.pop(name, None)
    chosen = {n: number for n, number in chosen.items() if number in program.dependent}
    return Traced(
        network, x.shape, x.dtype, program, {**chosen, name: output}, name, frozenset(marked)
    )


def marked_values(program: Program) -> dict[str, int]:
    """Name -> value number of everything that the model marks with ``checkpoint_name``."""
    marked: dict[str, int] = {}
    for equation in program.equations:
        if equation.name == "name":
            marked[_unused(marked, equation.params["name"])] = equation.outputs[0]
    return marked


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


def checked_shape(shape: Iterable[int]) -> tuple[int, ...]:
    """The shape as positive ints.

    Raises:
        InvalidInput: it is anything else.
    """
    lengths = tuple(shape) if isinstance(shape, Iterable) else ()
    if not lengths or not all(isinstance(n, Integral) and n > 0 for n in lengths):
        raise InvalidInput(f"shape: got {shape!r}, need positive integers, e.g. (1, 224, 224, 3)")
    return tuple(map(int, lengths))


def model_error(error: BaseException, doing: str) -> ModelError:
    """One line for whatever a model raised: the kind, its first line and what was being done."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ModelError(f"{doing}: the model raised {type(error).__name__}: {' '.join(lines[:1])}")
