"""Adapt a torch module to a :class:`~jaxrf.frameworks.network.Network`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import torch
from torch.fx import Node

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.constant import constant
from jaxrf.frameworks.endpoints import OF_MODULE
from jaxrf.frameworks.keywords import named_arguments
from jaxrf.frameworks.network import Network, argument_names, named_outputs
from jaxrf.frameworks.torch.by_node import places_of
from jaxrf.frameworks.torch.callee import Callee, callee
from jaxrf.frameworks.torch.constant_nodes import declared, known_values
from jaxrf.frameworks.torch.dtypes import from_torch
from jaxrf.frameworks.torch.export import (
    buffer_inputs,
    constant_inputs,
    export,
    input_names,
    output_nodes,
    tensors,
)
from jaxrf.frameworks.torch.modes import Mode, mode_of
from jaxrf.frameworks.torch.nodes import module_outputs
from jaxrf.frameworks.torch.noise import noise_values
from jaxrf.frameworks.torch.ops.constant_arrays import constant_array
from jaxrf.frameworks.torch.redraw import redrawn
from jaxrf.frameworks.torch.run import run
from jaxrf.frameworks.torch.weights import shapes, weights

__all__ = ["network"]

_OLDEST = (2, 6)  # the first whose decompositions keep composite operations whole


def network(model: Any, inputs: tuple[Any, ...], call: Mapping[str, Any] | None = None) -> Network:
    """A module, or an exported program, with every sub-module's output an end-point.

    The weights are the module's own, whatever the key: of a trained network the effective field is
    that of the trained network.

    Args:
        model: ``torch.nn.Module``, one of its methods, a function that uses some, or
            ``torch.export.ExportedProgram``.
        inputs: the positional arguments, pytrees of ``jax.ShapeDtypeStruct``; arguments by name as
            :class:`~jaxrf.frameworks.keywords.Keywords`.
        call: further keyword arguments of the call; ``train=True`` for training mode.

    Raises:
        ModelError: the module does not take these inputs, or cannot be exported.
        InvalidInput: an older PyTorch, or a program exported for other shapes.
    """
    if tuple(int(n) for n in torch.__version__.split(".")[:2]) < _OLDEST:
        raise InvalidInput(
            f"torch: got version {torch.__version__}, need {_OLDEST[0]}.{_OLDEST[1]} or newer; "
            "pip install 'jaxrf[torch]'"
        )
    if any(not isinstance(n, int) for leaf in jax.tree.leaves(inputs) for n in leaf.shape):
        raise ModelError("torch.export specialises every length: one size at a time")
    called, mode = _called(model, call or {})
    function = None if called is None else called.function
    named = () if function is None else named_arguments(function, inputs)
    positional, others = (inputs[:-1], dict(inputs[-1])) if named else (inputs, {})
    program = export(called or model, (positional, others), mode)
    nodes = list(program.graph.nodes)
    state = tensors(program)
    placeholders = {node.name: node for node in nodes if node.op == "placeholder"}
    learned = {n: (name, t) for n, (name, t) in state.items() if _is_variable(t)}
    own = dict(learned.values())
    given = {placeholders[n]: t.cpu() for n, (_, t) in state.items() if n not in learned}
    given.update((placeholders[n], t.cpu()) for n, t in constant_inputs(program, mode.arguments))
    buffers = {placeholders[n]: t.cpu() for n, t in buffer_inputs(program) if not t.is_meta}
    facts = declared(nodes, given, buffers)
    folded, noise = known_values(nodes, given, facts), noise_values(nodes)
    places = places_of(nodes, lambda: known_values(nodes, {}, {**given, **buffers}))
    variable = {placeholders[n]: name for n, (name, _) in learned.items()}
    takes = [placeholders[name] for name in input_names(program, named)]
    returns = output_nodes(program)
    modules = module_outputs(nodes)

    def init(key: Any) -> dict[str, Any]:
        return weights(own, key)

    def apply(variables: Any, *arguments: Any) -> tuple[Any, dict[str, Any]]:
        values = {node: variables[name] for node, name in variable.items()}
        values.update((node, _constant(value)) for node, value in folded.items())
        values.update((node, constant(from_torch(value))) for node, value in facts.items())
        values.update(zip(takes, jax.tree.leaves(arguments), strict=True))
        values = run(nodes, {**noise, **values}, places)
        named: dict[str, list[Any]] = {}
        for name, node in modules:
            named.setdefault(OF_MODULE + name, []).append(values[node])
        outputs = [values[r] if isinstance(r, Node) else r for r in returns]
        tree = torch.utils._pytree.tree_unflatten(outputs, program.call_spec.out_spec)
        output, parts = named_outputs(_builtin(tree))
        return output, {**named, **{name: [value] for name, value in parts.items()}}

    drawn = any(tensor.is_meta for tensor in own.values())
    return Network(
        apply,
        init,
        type(model).__name__ if called is None else called.name,
        layout="channels_first",
        arguments=() if function is None else argument_names(function, len(positional)),
        variables=None if drawn else shapes(own),
        call=mode.arguments,
        assumed=(*mode.assumed, *_in_single_precision(inputs)),
        redraw=None if drawn else redrawn(None if called is None else called.module, own),
    )


def _in_single_precision(inputs: tuple[Any, ...]) -> Iterator[str]:
    """The assumption that is reported where an input has more bits than JAX."""
    wide = {jnp.dtype(leaf.dtype).name for leaf in jax.tree.leaves(inputs)}
    for name in sorted(wide & {"float64", "complex128"}):
        yield f"{name} inputs: the module takes them so, what is traced has half as many bits"


def _called(model: Any, call: Mapping[str, Any]) -> tuple[Callee | None, Mode]:
    """The callee and its mode; None and a fixed mode for an exported program."""
    if not isinstance(model, torch.export.ExportedProgram):
        called = callee(model)
        return called, mode_of(called, call)
    if call:
        raise InvalidInput(
            f"call: got {', '.join(call)}, but the program was exported with its arguments; need "
            "none, or the module itself"
        )
    return None, Mode(False, {})


def _is_variable(tensor: torch.Tensor) -> bool:
    """Whether a tensor is a variable: a float, or one without values."""
    return tensor.is_floating_point() or tensor.is_complex() or tensor.is_meta


def _builtin(tree: Any) -> Any:
    """Dicts and tuples in place of a library's own output classes."""
    if isinstance(tree, Mapping):
        return {str(key): _builtin(value) for key, value in tree.items()}
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return {f.name: _builtin(getattr(tree, f.name)) for f in dataclasses.fields(tree)}
    return tuple(map(_builtin, tree)) if isinstance(tree, list | tuple) else tree


def _constant(value: Any) -> Any:
    """A known value: integers as numpy, floats declared to be constant."""
    if isinstance(value, list | tuple):
        return [_constant(v) for v in value]
    return constant_array(from_torch(value)) if isinstance(value, torch.Tensor) else value
