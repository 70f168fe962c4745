"""The mode of a module, inference or training, and the assumption that is reported on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import Parameter, signature
from types import FunctionType
from typing import Any

from torch import nn

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.torch.callee import Callee

__all__ = ["Mode", "in_mode", "mode_of"]

# Words for the mode of a whole module, and whether they mean training.
_WORDS = {"train": True, "training": True, "eval": False, "inference": False}
_SHOWN = 3  # classes in one line, at most


@dataclass(frozen=True)
class Mode:
    """How a module is called.

    Attributes:
        training: every part in training mode; else at inference.
        arguments: keyword arguments of its own ``forward``.
        assumed: one line per assumption.
    """

    training: bool
    arguments: dict[str, Any]
    assumed: tuple[str, ...] = ()


def mode_of(called: Callee, call: Mapping[str, Any]) -> Mode:
    """The mode of a call: inference by default, whatever the module's ``training``.

    Args:
        called: what is called; words that it takes are its own.
        call: what the user gives: arguments of the function, or ``train=True``.

    Raises:
        InvalidInput: an argument that the function does not have; a mode that is neither true nor
            false, or several that disagree.
    """
    own = signature(called.function).parameters
    arguments = {name: value for name, value in call.items() if name in own or name not in _WORDS}
    words = {name: value for name, value in call.items() if name not in arguments}
    anything = any(p.kind == Parameter.VAR_KEYWORD for p in own.values())
    for name in arguments:
        if name not in own and not anything:
            raise InvalidInput(
                f"call: got {name}, which {called.name} does not take; need train, or one of "
                f"{', '.join(own) or 'none'}"
            )
    for name, value in words.items():
        if not isinstance(value, bool):
            raise InvalidInput(f"call: got {name}={value!r}, need true or false")
    asked = {value == _WORDS[name] for name, value in words.items()}
    if len(asked) > 1:
        raise InvalidInput(f"call: got {', '.join(words)}, which disagree; need one of them")
    training = asked == {True}
    if training and any(
        isinstance(part, nn.modules.dropout._DropoutNd) for part in called.module.modules()
    ):
        return Mode(True, arguments, ("training mode, without dropout: it changes no field",))
    if asked or not (parts := _parts(called.module)):
        return Mode(training, arguments)
    shown = ", ".join(parts[:_SHOWN]) + (", ..." if len(parts) > _SHOWN else "")
    return Mode(
        False,
        arguments,
        (
            f"inference, although {called.name} is in training mode ({shown}); "
            "--call train=true (call=) for training",
        ),
    )


def _parts(module: nn.Module) -> list[str]:
    """Classes whose parts are in training mode and do something else there."""
    parts = (part for part in module.modules() if part.training and _differs(part))
    return list(dict.fromkeys(type(part).__name__ for part in parts))


def _differs(part: nn.Module) -> bool:
    if isinstance(part, nn.modules.dropout._DropoutNd):
        return part.p > 0
    if isinstance(part, nn.MultiheadAttention | nn.RNNBase):
        return part.dropout > 0
    if isinstance(part, nn.modules.batchnorm._NormBase):
        return part.track_running_stats
    forward = getattr(type(part), "forward", None)
    return isinstance(forward, FunctionType) and "training" in forward.__code__.co_names


@contextmanager
def in_mode(module: nn.Module, training: bool) -> Iterator[None]:
    """The module in one mode, and every part of it afterwards in its own."""
    modes = [(part, part.training) for part in module.modules()]
    module.train(training)
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
