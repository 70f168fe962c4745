"""The references of a Python function: closures, defaults, globals, attributes of its object."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

__all__ = ["references", "refers_to"]

_LIBRARIES = {*sys.stdlib_module_names, "torch", "jax", "jaxlib", "numpy", "scipy"} - {"__main__"}


def references(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """(name, value) of everything that a function may use, and of what functions among it use.

    >>> scale = 2
    >>> def outer(x): return inner(x)
    >>> def inner(x): return scale * x
    >>> inner.__globals__.update(scale=scale, inner=inner)
    >>> [name for name, _ in references(outer)]
    ['inner', 'scale']

    Args:
        function: a function, a bound method, a ``functools.partial`` or an object with
            ``__call__``; what has no Python code refers to nothing.
    """
    yield from _of(function, set())


def refers_to(function: Callable[..., Any], package: str) -> bool:
    """Whether a function uses a package, something it defines, or an object of its classes."""
    return any(package in _packages(value) for _, value in references(function))


def _packages(value: Any) -> set[str]:
    if isinstance(value, ModuleType):
        return {value.__name__.partition(".")[0]}
    classes = type(value).__mro__[:-1]
    names = [getattr(value, "__module__", None), *(c.__module__ for c in classes)]
    return {name.partition(".")[0] for name in names if isinstance(name, str)}


def _of(value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, partial):
        given = [("function", value.func), *((f"argument{n}", a) for n, a in enumerate(value.args))]
        yield from _each([*given, *value.keywords.items()], seen)
    elif isinstance(value, MethodType):
        yield from _each([("self", value.__self__), *_held(value.__self__)], seen)
        yield from _method(value.__func__, type(value.__self__), seen)
    elif isinstance(value, FunctionType):
        yield from _each(list(_named(value)), seen)
    elif isinstance(call := getattr(type(value), "__call__", None), FunctionType):  # noqa: B004
        yield from _each(_held(value), seen)
        yield from _method(call, type(value), seen)


def _held(owner: Any) -> list[tuple[str, Any]]:
    return list(getattr(owner, "__dict__", {}).items())


def _method(function: Any, owner: type, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """References of a method, and of the methods of the same object that it calls."""
    if not isinstance(function, FunctionType) or not _is_own(function):
        return
    yield from _of(function, seen)
    for name in _names(function.__code__):
        other = getattr_static(owner, name, None)
        if isinstance(other, FunctionType) and id(other) not in seen:
            yield from _method(other, owner, seen)


def _each(pairs: list[tuple[str, Any]], seen: set[int]) -> Iterator[tuple[str, Any]]:
    yield from pairs
    for _, value in pairs:
        if isinstance(value, FunctionType | MethodType | partial) and _is_own(value):
            yield from _of(value, seen)


def _is_own(function: Any) -> bool:
    """Whether it may be the user's; what libraries use themselves says nothing."""
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    return package not in _LIBRARIES


def _named(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Values of the names in the code of a function."""
    code, cells = function.__code__, function.__closure__ or ()
    for name, cell in zip(code.co_freevars, cells, strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name, value in zip(_parameters(function), function.__defaults__ or (), strict=False):
        yield name, value
    yield from (function.__kwdefaults__ or {}).items()
    names = list(_names(code))
    for name in names:
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        yield name, value
        if isinstance(value, ModuleType):  # the user's own modules hold models too
            found = vars(value)
            yield from ((part, found[part]) for part in names if part in found)


def _parameters(function: FunctionType) -> tuple[str, ...]:
    """Names of the positional parameters that have a default."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount][
        -len(function.__defaults__ or ()) or code.co_argcount :
    ]


def _names(code: CodeType) -> Iterator[str]:
    """Globals and attributes that code names, functions inside it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
