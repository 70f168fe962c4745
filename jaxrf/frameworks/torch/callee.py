"""The callable that is exported: a module, one of its methods, or a function that uses modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch
from torch import nn

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.references import references

__all__ = ["Callee", "Function", "as_forward", "callee"]


class Function(nn.Module):
    """A function as a module, which holds the modules and parameters that the function uses.

    They have the names that the function has for them.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self._function = function
        seen: set[int] = set()
        for name, value in references(function):
            part = _part(value)
            if id(value) not in seen and part is not None and not hasattr(self, name):
                seen.add(id(value))
                setattr(self, name, part)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Call the function."""
        return self._function(*inputs, **named)


def _part(value: Any) -> nn.Module | nn.Parameter | None:
    """A module or parameter, or a list or dict of modules, as a part of another module."""
    if isinstance(value, nn.Module | nn.Parameter):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(v, nn.Module) for v in value):
        return nn.ModuleList(value)
    if isinstance(value, dict) and value and all(isinstance(v, nn.Module) for v in value.values()):
        return nn.ModuleDict({str(key): v for key, v in value.items()})
    return None


@dataclass(frozen=True, eq=False)
class Callee:
    """A model in the form in which torch exports it.

    Attributes:
        module: that is exported: the model, the owner of a method, or a function as one.
        function: its ``forward``, or the method or function in its place.
        name: for titles and messages: ``Net``, ``Net.forward_features``, or the function's own.
    """

    module: nn.Module
    function: Callable[..., Any]
    name: str


def callee(model: Any) -> Callee:
    """The callee of a module, one of its methods, or a function that uses modules.

    What ``torch.compile`` and parallel training put around a module is taken off: it is no part
    of its names.

    Raises:
        InvalidInput: a TorchScript module.
    """
    if isinstance(model, torch.jit.ScriptModule):
        raise InvalidInput(
            f"model: got the TorchScript module {model.original_name}, which torch cannot export; "
            "need the module that it was made from"
        )
    if isinstance(model, nn.Module):
        while (inner := _wrapped(model)) is not None:
            model = inner
        return Callee(model, model.forward, type(model).__name__)
    if isinstance(model, MethodType) and isinstance(model.__self__, nn.Module):
        owner = model.__self__
        return Callee(owner, model, f"{type(owner).__name__}.{model.__name__}")
    return Callee(Function(model), model, getattr(model, "__name__", type(model).__name__))


def _wrapped(module: nn.Module) -> nn.Module | None:
    if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return module.module
    return getattr(module, "_orig_mod", None)


@contextmanager
def as_forward(called: Callee) -> Iterator[None]:
    """While it is open, calling the module calls the function."""
    own = vars(called.module)
    before = own.get("forward")
    if isinstance(called.module, Function) or called.function == called.module.forward:
        yield
        return
    own["forward"] = called.function
    try:
        yield
    finally:
        del own["forward"]
        if before is not None:
            own["forward"] = before
