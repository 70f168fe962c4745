"""The one shape in which jaxrf sees a model."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.onnx import is_onnx_path, load_onnx

__all__ = ["Layout", "Network", "as_network", "named_leaves", "named_outputs", "zeros"]

Layout = Literal["channels_last", "channels_first", "unbatched_channels_first"]


@dataclass(frozen=True)
class Network:
    """A model as a pure function.

    Attributes:
        apply: ``(variables, *inputs) -> (output, {name: value})``, the end-points in order of
            execution. Inputs and output are arrays or pytrees of arrays.
        init: ``key -> variables``; None where the weights are inside the callable.
        name: for messages.
        layout: which axes of an input count as spatial unless the user says so.
        arguments: names of the positional inputs, where the model has several.
    """

    apply: Callable[..., tuple[Any, dict[str, Any]]]
    init: Callable[[Any], Any] | None
    name: str
    layout: Layout = "channels_last"
    arguments: tuple[str, ...] = ()


def as_network(model: Any, inputs: tuple[Any, ...]) -> Network:
    """Adapt a model: of a framework, anything with ``init`` and ``apply``, or a callable.

    Args:
        model: what the user passed: also a Flax Linen module, an ONNX model or the path of one.
        inputs: its positional arguments, pytrees of ``jax.ShapeDtypeStruct``.

    Raises:
        InvalidInput: it is none of these.
    """
    linen = sys.modules.get("flax.linen")
    if linen is not None and isinstance(model, linen.Module):
        from jaxrf.frameworks.flax_linen import linen_network

        return linen_network(model, inputs)
    if _is_torch(model):
        from jaxrf.frameworks.torch import torch_network

        return torch_network(model, inputs)
    if is_onnx_path(model):
        model = load_onnx(model)
    onnx = sys.modules.get("onnx")
    if onnx is not None and isinstance(model, getattr(onnx, "ModelProto", ())):
        from jaxrf.frameworks.onnx.network import onnx_network

        return onnx_network(model, inputs)
    if callable(getattr(model, "init", None)) and callable(getattr(model, "apply", None)):
        return _init_apply(model, inputs)
    if callable(model):
        name = getattr(model, "__name__", type(model).__name__)
        return Network(
            lambda variables, *xs: named_outputs(model(*xs)),
            None,
            name,
            arguments=argument_names(model, len(inputs)),
        )
    raise InvalidInput(
        f"model: got {type(model).__name__}, need a callable f(x), a Flax module, or an object "
        "with init(key, x) and apply(variables, x); did you mean to call a factory (--factory)?"
    )


def _is_torch(model: Any) -> bool:
    """Whether it is a PyTorch module, or a program exported from one."""
    kinds = (("torch.nn", "Module"), ("torch.export", "ExportedProgram"))
    loaded = ((sys.modules.get(place), name) for place, name in kinds)
    return any(place and isinstance(model, getattr(place, name)) for place, name in loaded)


def _init_apply(model, inputs) -> Network:
    """Duck-typed pair of pure functions, as in Flax and Haiku."""
    return Network(
        lambda variables, *xs: named_outputs(model.apply(variables, *xs)),
        lambda key: model.init(key, *zeros(inputs)),
        getattr(model, "__name__", type(model).__name__),
    )


def zeros(inputs: Any) -> Any:
    """Arrays of zeros in place of abstract ones, to initialise a model with."""
    import jax
    import jax.numpy as jnp

    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), inputs)


def argument_names(function: Callable, count: int) -> tuple[str, ...]:
    """Names of the first ``count`` positional parameters; () where they cannot be told."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(p.name for p in parameters if p.kind in kinds)[:count]
    return names if len(names) == count else ()


def named_outputs(output) -> tuple[Any, dict[str, Any]]:
    """(the output, every named one): of a pytree the last array is the output.

    A dict names its arrays by its keys, anything else by position: ``output/0``.
    """
    if isinstance(output, dict):
        leaves = [leaf for key, value in output.items() for leaf in named_leaves(value, str(key))]
    else:
        leaves = named_leaves(output, "output")
    if len(leaves) == 1 and not isinstance(output, dict):
        return leaves[0][1], {}
    return (leaves[-1][1] if leaves else None), dict(leaves)


def named_leaves(tree: Any, name: str) -> list[tuple[str, Any]]:
    """(name, leaf) of a pytree: ``name`` for a single array, ``name/key/0`` inside it.

    >>> named_leaves({"a": 1, "b": [2, 3]}, "x")
    [('x/a', 1), ('x/b/0', 2), ('x/b/1', 3)]
    """
    import jax

    def part(entry) -> str:
        for attribute in ("key", "name", "idx"):
            if hasattr(entry, attribute):
                return str(getattr(entry, attribute))
        return str(entry)

    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [("/".join([name, *map(part, path)]), leaf) for path, leaf in leaves]
