"""``Network``: the form in which jaxrf handles a model of any framework."""

from __future__ import annotations

import inspect
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jaxrf.errors import ModelError

__all__ = [
    "Layout",
    "Network",
    "argument_names",
    "model_error",
    "named_leaves",
    "named_outputs",
    "zeros",
]

Layout = Literal["channels_last", "channels_first", "unbatched_channels_first"]


@dataclass(frozen=True)
class Network:
    """A model as a pure function.

    Attributes:
        apply: ``(variables, *inputs) -> (output, {name: value})``. Named are the outputs, where
            there are several or they have names, as the model returns them, and what sub-modules
            made, under names that begin with :data:`~jaxrf.frameworks.endpoints.OF_MODULE`. Inputs
            and values are arrays or pytrees of arrays.
        init: ``key -> variables``; None where the weights are inside the callable.
        name: title of the model, for messages.
        layout: which axes of an input count as spatial unless the user says so.
        arguments: names of the positional inputs, where the model has several.
        variables: abstract variables of a model that was built with its weights; ``init`` then
            returns those, whatever the key.
        call: keyword arguments of the model's own call, part of ``apply``.
        assumed: one line per assumption, such as a chosen mode.
        user_weights: weights that the user gave in place of those of ``init``.
        source: where the weights come from, in words.
        redraw: ``key -> variables`` of the same model initialised anew; None where there is no way.
    """

    apply: Callable[..., tuple[Any, dict[str, Any]]]
    init: Callable[[Any], Any] | None
    name: str
    layout: Layout = "channels_last"
    arguments: tuple[str, ...] = ()
    variables: Any = None
    call: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    user_weights: Any = None
    source: str = ""
    redraw: Callable[[Any], Any] | None = None

    @property
    def random(self) -> bool:
        """Whether weights are drawn at random, anew for every key."""
        return self.init is not None and self.variables is None and self.user_weights is None

    @property
    def weights(self) -> str:
        """Where the weights come from: "drawn (...)" or "given (...)"."""
        if self.random:
            return "drawn (by the model's initialiser)"
        own = "inside the function" if self.init is None else "the model's own"
        return f"given ({self.source or own})"


def zeros(inputs: Any) -> Any:
    """Arrays of zeros in place of abstract ones, to initialise a model with."""
    import jax
    import jax.numpy as jnp

    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), inputs)


def argument_names(function: Callable[..., Any], count: int) -> tuple[str, ...]:
    """Names of the first ``count`` positional parameters; () where they cannot be told."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(p.name for p in parameters if p.kind in kinds)[:count]
    return names if len(names) == count else ()


def named_outputs(output: Any) -> tuple[Any, dict[str, Any]]:
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

    def part(entry: Any) -> str:
        for attribute in ("key", "name", "idx"):
            if hasattr(entry, attribute):
                return str(getattr(entry, attribute))
        return str(entry)

    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [("/".join([name, *map(part, path)]), leaf) for path, leaf in leaves]


def model_error(error: BaseException, doing: str) -> ModelError:
    """An exception of a model in one line: kind, first line, place, and the step that failed."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    what = f"{type(error).__name__}: {' '.join(lines[:1])}"
    return ModelError(f"{doing}: the model raised {what}{_place(error)}")


def _place(error: BaseException) -> str:
    """File and line of the last call that neither jaxrf nor an installed package made."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<", _PACKAGE, *_INSTALLED))
    ]
    return f" (at {own[-1].filename}:{own[-1].lineno})" if own else ""


_PACKAGE = str(Path(__file__).parents[1])
_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))
