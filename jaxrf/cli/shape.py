"""``--shape``: one for every input of a model, by position or by name."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

from jaxrf.errors import InvalidInput

__all__ = ["AppendShape", "ShapeOption", "array_of", "inputs_of", "shape_option"]


class ShapeOption(NamedTuple):
    """One ``--shape``.

    Attributes:
        name: of the argument, with the place inside it (``batch/image``); "" by position.
        lengths: of the axes; None is a free length.
        dtype: None where it is not given.
    """

    name: str
    lengths: tuple[int | None, ...]
    dtype: str | None


class AppendShape(argparse.Action):
    """Keeps (lengths, dtype) in ``shape`` and the names in ``shape_names``."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        """One more."""
        namespace.shape = [*(namespace.shape or []), (values.lengths, values.dtype)]
        namespace.shape_names = [*(getattr(namespace, "shape_names", None) or []), values.name]


def shape_option(text: str) -> ShapeOption:
    """Of ``1,224,224,3``, ``1,77:int32``, ``1,None,3`` (or ``?``) and ``tokens=1,77:int32``.

    >>> shape_option("batch/mask=1,?:bool")
    ShapeOption(name='batch/mask', lengths=(1, None), dtype='bool')
    """
    name, equals, shape = text.rpartition("=")
    if equals and not all(name.split("/")):
        raise argparse.ArgumentTypeError(f"got {text!r}, need a name before =, e.g. x=1,77")
    lengths, colon, dtype = shape.partition(":")
    if colon and not dtype:
        raise argparse.ArgumentTypeError(f"got {text!r}, need a type behind :, e.g. 1,77:int32")
    parts = [part.strip() for part in lengths.split(",")]
    try:
        dims = tuple(None if p.lower() in ("none", "?") else int(p) for p in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got {lengths!r}, need integers separated by commas, e.g. 1,224,224,3"
        ) from None
    return ShapeOption(name, dims, dtype or None)


def inputs_of(options: argparse.Namespace) -> Any:
    """The shapes of the options, as :func:`jaxrf.analyze` takes them.

    Raises:
        InvalidInput: a shape by position after one by name, a name twice, or a bad shape.
    """
    names = options.shape_names
    if options.shape[0][1] is None and names == [""]:
        return options.shape[0][0]
    arrays = [array_of(lengths, dtype or "float32") for lengths, dtype in options.shape]
    count = next((i for i, name in enumerate(names) if name), len(names))
    if "" in names[count:]:
        raise InvalidInput("--shape: got one by position after one by name, need them before")
    tree: dict[str, Any] = {}
    for name, array in zip(names[count:], arrays[count:], strict=True):
        _put(tree, name, array)
    if not tree:
        return arrays
    from jaxrf.frameworks.keywords import Keywords

    return [*arrays[:count], Keywords({name: _lists(part) for name, part in tree.items()})]


def _put(tree: dict[str, Any], name: str, array: Any) -> None:
    """The array under its name, inside the dicts that the parts of the name stand for."""
    *outer, last = name.split("/")
    for part in outer:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise InvalidInput(f"--shape: got {name} and {part}, need one of the two")
    if last in tree:
        raise InvalidInput(f"--shape: got {name} twice, need one shape for each")
    tree[last] = array


def _lists(tree: Any) -> Any:
    """Dicts whose keys count from 0 as lists."""
    if not isinstance(tree, dict):
        return tree
    parts = {name: _lists(part) for name, part in tree.items()}
    numbers = sorted(parts, key=lambda name: (len(name), name))
    if numbers == [str(i) for i in range(len(numbers))]:
        return [parts[name] for name in numbers]
    return parts


def array_of(lengths: tuple[int | None, ...], dtype: str) -> Any:
    """One of several inputs, or one that is not float32; without lengths a single number."""
    import jax

    from jaxrf.program.inputs import OpenInput, abstract_inputs

    if None in lengths:
        return OpenInput(lengths, dtype)
    one = abstract_inputs(lengths or (1,), dtype)[0]
    return one if lengths else jax.ShapeDtypeStruct((), one.dtype)
