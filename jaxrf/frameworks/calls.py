"""The keyword arguments of a model's call, among them its mode: inference or training."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["Call", "resolve_call", "training_arguments"]

# Inference is what a receptive field is about: BatchNorm is then elementwise (the article's
# appendix). Arguments by which models choose their mode, and their value at inference.
_INFERENCE = {
    "train": False,
    "training": False,
    "is_training": False,
    "inference": True,
    "deterministic": True,
    "use_running_average": True,
}
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Call:
    """Keyword arguments of a model's own call.

    Attributes:
        arguments: the given ones, and the mode where jaxrf chose it.
        assumed: one line for every argument that jaxrf chose.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()


def resolve_call(
    function: Callable[..., Any],
    given: Mapping[str, Any],
    inputs: int,
    title: str,
    *,
    modes: bool = True,
) -> Call:
    """The keyword arguments of a model's call: the given ones, and inference by default.

    >>> resolve_call(lambda x, train=True, blur=True: x, {"blur": False}, 1, "net").arguments
    {'blur': False, 'train': False}

    Args:
        function: what is called; its signature says which arguments there are.
        given: arguments that the user gave.
        inputs: number of positional arguments that are arrays.
        title: of the model, for messages.
        modes: choose inference where the user does not say; else a function is called as it is.

    Raises:
        InvalidInput: an argument that the call does not have, or that is one of the inputs; more
            inputs than it takes, or one in the place of its mode.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # compiled code
        return Call(dict(given))
    positional = [p.name for p in parameters.values() if p.kind in _POSITIONAL]
    kinds = {p.kind for p in parameters.values()}
    _check_inputs(positional, inputs, inspect.Parameter.VAR_POSITIONAL in kinds, title)
    taken = positional[:inputs]
    for name in given:
        if name in taken:
            raise InvalidInput(f"call: got {name}, an input of {title}; give its shape instead")
        if name not in parameters and inspect.Parameter.VAR_KEYWORD not in kinds:
            known = [n for n in parameters if n not in taken]
            need = f"one of {', '.join(known)}" if known else "none"
            raise InvalidInput(f"call: got {name}, which {title} does not take; need {need}")
    left = {n: p for n, p in parameters.items() if n not in (*taken, *given)}
    chosen = _chosen(left) if modes else {}
    return Call(
        {**given, **chosen},
        tuple(_told(name, value, left[name].default) for name, value in chosen.items()),
    )


def _chosen(parameters: Mapping[str, inspect.Parameter]) -> dict[str, bool]:
    """The modes that a call leaves open, or has for training by default."""
    chosen = {
        name: value
        for name, value in _INFERENCE.items()
        if name in parameters
        and any(parameters[name].default is d for d in (inspect.Parameter.empty, None, not value))
    }
    older = parameters.get("deterministic")
    if "inference" in chosen and older is not None and older.default is None:
        del chosen["deterministic"]  # Equinox's older word for it
    return chosen


def _told(name: str, value: bool, default: Any) -> str:
    """The note on a chosen mode, and how to choose the other one."""
    other = str(not value).lower()
    if default is (not value):
        return (
            f"{name}={value}: inference, although the model's default is {default}; "
            f"--call {name}={other} (call=) keeps that"
        )
    return f"{name}={value}: inference; --call {name}={other} (call=) for training"


def _check_inputs(positional: list[str], inputs: int, more: bool, title: str) -> None:
    """Every input has a place of its own among the positional arguments."""
    if inputs < 2:
        return
    modes = [name for name in positional[:inputs] if name in _INFERENCE]
    if modes:
        need = positional.index(modes[0])
        raise InvalidInput(
            f"shape: got {inputs} shapes, but argument {need + 1} of {title} is its mode "
            f"{modes[0]}; need {need}, one for every input"
        )
    if inputs > len(positional) and not more:
        raise InvalidInput(
            f"shape: got {inputs} shapes, one for every input, but {title} takes "
            f"{len(positional)} ({', '.join(positional) or 'none'})"
        )


def training_arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """All mode arguments of a model, at their value for training.

    >>> training_arguments(lambda x, is_training, deterministic=False: x)
    {'is_training': True, 'deterministic': False}
    """
    parameters = inspect.signature(function).parameters
    return {name: not value for name, value in _INFERENCE.items() if name in parameters}
