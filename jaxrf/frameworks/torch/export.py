"""A torch module -> a functional graph of ATen operations with the modules' names on it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any

import jax
import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, OutputKind

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.torch.callee import called_module, called_name, method_as_forward
from jaxrf.frameworks.torch.dtypes import torch_dtype

__all__ = ["export", "input_names", "output_nodes", "tensors"]


def export(model: Any, inputs: tuple[Any, ...]) -> ExportedProgram:
    """Export a module at inference for inputs of the given shapes; nothing is computed.

    Args:
        model: a module, a method of one, a function that uses some, or a program that was exported
            already.
        inputs: pytrees of ``jax.ShapeDtypeStruct``.

    Raises:
        ModelError: the module does not take these inputs, or cannot be exported.
        InvalidInput: a program that was exported for other shapes.
    """
    if isinstance(model, ExportedProgram):
        _check_shapes(model, inputs)
        with _quiet():
            return model.run_decompositions({})
    module = called_module(model)
    device = next((t.device for t in _state(module)), torch.device("cpu"))

    def example(leaf: Any) -> torch.Tensor:
        return torch.zeros(leaf.shape, dtype=torch_dtype(leaf.dtype), device=device)

    examples = jax.tree.map(example, inputs)
    with method_as_forward(model), _inference(module), _checkpoints_open(), _quiet():
        try:
            # an empty table: functional, no views written to, composite operations kept whole
            return torch.export.export(module, tuple(examples)).run_decompositions({})
        except Exception as error:  # the user's module may raise anything
            shapes = ", ".join(str(tuple(leaf.shape)) for leaf in jax.tree.leaves(inputs))
            raise ModelError(
                f"exporting {called_name(model)} on shape {shapes}: torch.export raised "
                f"{_first_line(error)}"
            ) from error


def tensors(program: ExportedProgram) -> dict[str, tuple[str, torch.Tensor]]:
    """Placeholder name -> (name, tensor) of parameters, buffers and captured tensors."""
    found = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind in (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR):
            state = program.state_dict if spec.target in program.state_dict else program.constants
            found[spec.arg.name] = (spec.target, state[spec.target])
    return found


def input_names(program: ExportedProgram) -> list[str]:
    """Placeholders of the positional inputs, in the order in which JAX flattens them.

    Torch flattens a dict as it was filled, JAX by sorted keys.
    """
    names = program.graph_signature.user_inputs
    order, _ = torch.utils._pytree.tree_unflatten(range(len(names)), program.call_spec.in_spec)
    return [str(names[i]) for i in jax.tree.leaves(order)]


def output_nodes(program: ExportedProgram) -> list[Any]:
    """Nodes, or plain values, that the module returns; not the buffers that it changed."""
    specs = program.graph_signature.output_specs
    returned = list(program.graph.nodes)[-1].args[0]
    return [r for r, s in zip(returned, specs, strict=True) if s.kind == OutputKind.USER_OUTPUT]


def _state(module: torch.nn.Module) -> Iterator[torch.Tensor]:
    yield from module.parameters()
    yield from module.buffers()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's warnings about itself and its logs, which repeat the exception."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stderr(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def _inference(module: torch.nn.Module) -> Iterator[None]:
    """The module as at inference, and every part of it afterwards as it was."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


class _Open:
    """In place of a reentrant checkpoint: what it would run, without its own gradient."""

    @staticmethod
    def apply(function: Any, preserve_rng_state: bool, *arguments: Any) -> Any:
        return function(*arguments)


@contextmanager
def _checkpoints_open() -> Iterator[None]:
    """Modules inside ``torch.utils.checkpoint`` keep their names: an export sees into it."""
    from torch.utils import checkpoint

    before = checkpoint.CheckpointFunction
    checkpoint.CheckpointFunction = _Open  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        checkpoint.CheckpointFunction = before  # type: ignore[misc]


def _check_shapes(program: ExportedProgram, inputs: tuple[Any, ...]) -> None:
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    needed = [tuple(nodes[name].meta["val"].shape) for name in input_names(program)]
    got = [tuple(leaf.shape) for leaf in jax.tree.leaves(inputs)]
    if got != needed:
        raise InvalidInput(
            f"shape: got {got}, but the program was exported for {needed}; need the same, or the "
            "module itself"
        )


def _first_line(error: BaseException) -> str:
    """What went wrong in one line, without torch's advice on how to debug it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
