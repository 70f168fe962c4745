"""Inputs that are given by the names of the arguments, after those that are given by position."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["Keywords", "by_position", "named_arguments"]

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Keywords(dict[str, Any]):
    """Arguments by name, the last of a model's inputs: ``analyze(f, [(1, 8), Keywords(t=(1,))])``.

    Of a PyTorch module a dict that is the only input, and whose keys are all names of arguments,
    is one too.
    """

    def __init__(self, *pairs: Any, **values: Any) -> None:
        super().__init__(*pairs, **values)
        _register()


@cache
def _register() -> None:
    """As a pytree, like the dict that it is."""
    import jax

    def flatten(value: Keywords) -> tuple[list[tuple[Any, Any]], tuple[str, ...]]:
        names = tuple(value)  # as they were given: the first one is what fields are in
        return [(jax.tree_util.DictKey(name), value[name]) for name in names], names

    jax.tree_util.register_pytree_with_keys(
        Keywords, flatten, lambda names, values: Keywords(zip(names, values, strict=True))
    )


def named_arguments(function: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[str, ...]:
    """Names of the inputs that are given by name, as JAX orders them; () where there are none.

    >>> named_arguments(lambda x, t: x, ({"x": 1, "t": 2},))
    ('t', 'x')
    >>> named_arguments(lambda batch: batch, ({"x": 1, "t": 2},))
    ()

    Args:
        function: what is called.
        inputs: its positional arguments, the last one a dict where some are given by name.

    Raises:
        InvalidInput: the function has no argument of that name, or it is given by position too.
    """
    last = inputs[-1] if inputs else None
    if type(last) is not Keywords and not (type(last) is dict and len(inputs) == 1):
        return ()
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return tuple(last) if type(last) is Keywords else ()
    known = [p.name for p in parameters if p.kind in _NAMED]
    anything = any(p.kind == inspect.Parameter.VAR_KEYWORD for p in parameters)
    if type(last) is dict:
        return tuple(sorted(last)) if last and all(name in known for name in last) else ()
    taken = known[: len(inputs) - 1]
    for name in last:
        if name in taken or (name not in known and not anything):
            why = "which is given by position too" if name in taken else "no argument of the model"
            raise InvalidInput(
                f"shape: got {name}, {why}; need one of {', '.join(known[len(taken) :]) or 'none'}"
            )
    return tuple(last)


def by_position(
    function: Callable[..., Any], inputs: tuple[Any, ...]
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Put inputs that are given by name, in the last one, into their places.

    >>> by_position(lambda x, y, z: x, (1, Keywords(z=3, y=2)))((1, {"y": 2, "z": 3}))
    (1, 2, 3)

    Raises:
        InvalidInput: an argument that can only be given by name, or one left out before others.
    """
    names, given = named_arguments(function, inputs), len(inputs) - 1
    parameters = inspect.signature(function).parameters.values()
    places = [p.name for p in parameters if p.kind == inspect.Parameter.POSITIONAL_OR_KEYWORD]
    wanted = places[given : given + len(names)]
    if set(wanted) != set(names):
        raise InvalidInput(
            f"shape: got {', '.join(names)} by name, need the next arguments of the model: "
            f"{', '.join(places[given:]) or 'none'}"
        )
    return lambda xs: (*xs[:-1], *(xs[-1][name] for name in wanted))
