"""A torch module -> a functional graph of ATen operations with the modules' names on it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any

import jax
import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, OutputKind

from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.torch.callee import Callee, as_forward
from jaxrf.frameworks.torch.dtypes import torch_dtype
from jaxrf.frameworks.torch.modes import Mode, in_mode
from jaxrf.frameworks.torch.regions import regions_open

__all__ = ["buffer_inputs", "constant_inputs", "export", "input_names", "output_nodes", "tensors"]


def export(model: Callee | ExportedProgram, inputs: Any, mode: Mode) -> ExportedProgram:
    """Export a module for inputs of the given shapes; nothing is computed.

    Args:
        model: what is called, or a program that was exported already.
        inputs: (positional arguments, {name: argument}), pytrees of ``jax.ShapeDtypeStruct``.
        mode: training or inference, and further arguments.

    Raises:
        ModelError: the module does not take these inputs, or cannot be exported.
        InvalidInput: a program that was exported for other shapes.
    """
    if isinstance(model, ExportedProgram):
        _check_shapes(model, inputs)
        with _quiet():
            return model.run_decompositions({})
    device = next((t.device for t in _state(model.module)), torch.device("cpu"))

    def example(leaf: Any) -> torch.Tensor:
        return torch.zeros(leaf.shape, dtype=torch_dtype(leaf.dtype), device=device)

    positional, named = jax.tree.map(example, inputs)
    examples = tuple(positional), {**mode.arguments, **named}
    with as_forward(model), in_mode(model.module, mode.training), _quiet():
        try:
            try:
                return _functional(model.module, examples, casts=True)
            except Exception:  # what casts by hand may need the automatic ones
                return _functional(model.module, examples, casts=False)
        except Exception as error:  # the user's module may raise anything
            shapes = ", ".join(str(tuple(leaf.shape)) for leaf in jax.tree.leaves(inputs))
            raise ModelError(
                f"exporting {model.name} on shape {shapes}: torch.export raised "
                f"{_first_line(error)}{_other_dtype(model.module, inputs)}"
            ) from error


def _other_dtype(module: torch.nn.Module, inputs: Any) -> str:
    """Advice where no input has the floating dtype that all weights have."""
    own = {t.dtype for t in _state(module) if t.is_floating_point() or t.is_complex()}
    got = {torch_dtype(leaf.dtype) for leaf in jax.tree.leaves(inputs)}
    if len(own) != 1 or own & got:
        return ""
    name = str(*own).removeprefix("torch.")
    return f"; the weights are {name}: give the shape as 1,3,224,224:{name} (dtype=)"


def _functional(module: torch.nn.Module, examples: Any, *, casts: bool) -> ExportedProgram:
    """The program without in-place views; an empty table keeps composite operations whole."""
    with regions_open(casts=casts):
        return torch.export.export(module, *examples).run_decompositions({})


def tensors(program: ExportedProgram) -> dict[str, tuple[str, torch.Tensor]]:
    """Placeholder name -> (name, tensor) of parameters, buffers and captured tensors."""
    found = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind in (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR):
            state = program.state_dict if spec.target in program.state_dict else program.constants
            found[spec.arg.name] = (spec.target, state[spec.target])
    return found


def buffer_inputs(program: ExportedProgram) -> Iterator[tuple[str, torch.Tensor]]:
    """(placeholder, tensor) of what a module stores and does not learn."""
    kinds = {spec.arg.name: spec.kind for spec in program.graph_signature.input_specs}
    for name, (_, tensor) in tensors(program).items():
        if kinds[name] != InputKind.PARAMETER:
            yield name, tensor


def input_names(program: ExportedProgram, named: Iterable[str]) -> list[str]:
    """Placeholders of the inputs, in the order in which JAX flattens them: those by name last.

    Torch flattens a dict as it was filled, JAX by sorted keys.
    """
    names = program.graph_signature.user_inputs
    positional, others = _numbered(program)
    order = (positional, [others[name] for name in named if name in others])
    return [str(names[i]) for i in jax.tree.leaves(order)]


def constant_inputs(
    program: ExportedProgram, arguments: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """(placeholder, tensor) of the tensors among further arguments of the call."""
    names = program.graph_signature.user_inputs
    _, others = _numbered(program)
    for name, value in arguments.items():
        numbers = jax.tree.leaves(others[name])
        for i, leaf in zip(numbers, torch.utils._pytree.tree_leaves(value), strict=True):
            if isinstance(leaf, torch.Tensor):
                yield str(names[i]), leaf


def _numbered(program: ExportedProgram) -> Any:
    """(positional arguments, arguments by name), a number in the place of every leaf."""
    count = len(program.graph_signature.user_inputs)
    return torch.utils._pytree.tree_unflatten(range(count), program.call_spec.in_spec)


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
    """Context without torch's warnings about itself and its logs, which repeat the exception."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stderr(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _check_shapes(program: ExportedProgram, inputs: Any) -> None:
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    names = input_names(program, inputs[1])
    needed = [tuple(nodes[name].meta["val"].shape) for name in names]
    got = [tuple(leaf.shape) for leaf in jax.tree.leaves(inputs)]
    if got != needed:
        raise InvalidInput(
            f"shape: got {got}, but the program was exported for {needed}; need the same, or the "
            "module itself"
        )


def _first_line(error: BaseException) -> str:
    """The first line of an exception, without torch's advice on debugging."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
