"""What is called: a module, one of its methods, or a function that uses modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import torch
from torch import nn

from jaxrf.frameworks.references import references

__all__ = ["Function", "called_module", "called_name", "method_as_forward"]


class Function(nn.Module):
    """A function as a module, which holds the modules and parameters that the function uses.

    They have the names that the function has for them.
    """

    def __init__(self, function: Callable):
        super().__init__()
        self._function = function
        seen: set[int] = set()
        for name, value in references(function):
            part = _part(value)
            if id(value) not in seen and part is not None and not hasattr(self, name):
                seen.add(id(value))
                setattr(self, name, part)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the function returns."""
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


def called_module(model: Any) -> nn.Module:
    """The module that is exported: the model, the owner of a method, or a function as one."""
    if isinstance(model, nn.Module):
        return model
    return model.__self__ if _is_method(model) else Function(model)


def called_name(model: Any) -> str:
    """For titles and messages: ``Net``, ``Net.forward_features``, or the function's own."""
    if _is_method(model):
        return f"{type(model.__self__).__name__}.{model.__name__}"
    if isinstance(model, nn.Module | torch.export.ExportedProgram):
        return type(model).__name__
    return getattr(model, "__name__", type(model).__name__)


@contextmanager
def method_as_forward(model: Any) -> Iterator[None]:
    """While it is open, calling the owner of a method calls that method."""
    if not _is_method(model):
        yield
        return
    owner = model.__self__
    own = owner.__dict__.get("forward")
    owner.__dict__["forward"] = model
    try:
        yield
    finally:
        del owner.__dict__["forward"]
        if own is not None:
            owner.__dict__["forward"] = own


def _is_method(model: Any) -> bool:
    return isinstance(model, MethodType) and isinstance(model.__self__, nn.Module)
