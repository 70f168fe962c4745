"""Match the weights that the user gives to the structure of the model's own."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.weights import is_weight

__all__ = ["match_weights"]

Name = tuple[str, ...]
SHOWN = 3  # names in one message


def match_weights(expected: Any, given: Any, source: str) -> tuple[Any, tuple[str, ...]]:
    """The given arrays in the structure that a model expects, and notes on unused ones.

    A tree of the same structure is taken as it is. Anything else is matched by the names of its
    arrays (``params/conv/kernel``, ``conv.weight``), which may all be inside something more (a
    training state), and may leave out the collection where there is only one.

    Args:
        expected: the model's weights, arrays or abstract ones.
        given: a tree of arrays, or a flat mapping of names to arrays.
        source: description of their origin, for messages.

    Returns:
        (weights, notes).

    Raises:
        InvalidInput: arrays are missing or have other shapes.
    """
    paths, structure = jax.tree_util.tree_flatten_with_path(expected)
    of_given: Any = jax.tree.structure(given)
    names = [_name(path) for path, _ in paths]
    leaves = [leaf for _, leaf in paths]
    found, unused = jax.tree.leaves(given), list[Name]()
    if of_given != structure:
        found, unused = _matched(names, _by_name(given), source)
    arrays = [
        _checked(got, need, "/".join(name), source)
        for got, need, name in zip(found, leaves, names, strict=True)
    ]
    notes = (
        (f"variables ({source}): not in the model, not used: {_some(unused)}",) if unused else ()
    )
    return jax.tree.unflatten(structure, arrays), notes


def _name(path: tuple[Any, ...]) -> Name:
    """The parts of the name of an array; wrappers of its value add none."""
    parts: list[str] = []
    for entry in path:
        for attribute in ("key", "name", "idx"):
            if hasattr(entry, attribute):
                parts += re.split(r"[/.]", str(getattr(entry, attribute)))
                break
    named = tuple(part for part in parts if part)
    return named[:-1] if named[-1:] in (("value",), ("raw_value",)) else named


def _by_name(given: Any) -> dict[Name, Any]:
    return {_name(path): leaf for path, leaf in jax.tree_util.tree_flatten_with_path(given)[0]}


def _matched(
    names: list[Name], given: dict[Name, Any], source: str
) -> tuple[list[Any], list[Name]]:
    """(an array for every name, names that were not used)."""
    best: list[Name | None] = []
    for ways in (names, _without_collection(names)):
        for prefix in _prefixes(ways, given):
            found = [full if (full := (*prefix, *n)) in given else None for n in ways]
            if not best or best.count(None) > found.count(None):
                best = found
    missing = [n for n, full in zip(names, best, strict=True) if full is None]
    if missing or len(set(best)) < len(names):
        raise InvalidInput(
            f"variables ({source}): got {_some(list(given)) or 'none'}, need the {len(names)} "
            f"arrays of the model; {_some(missing) or 'names that differ'} missing"
        )
    used = [full for full in best if full is not None]
    rest = [n for n, leaf in given.items() if n not in set(used) and hasattr(leaf, "shape")]
    return [given[full] for full in used], rest


def _without_collection(names: list[Name]) -> list[Name]:
    """The names without their first part, where that leaves them distinct."""
    cut = [name[1:] for name in names]
    return cut if all(cut) and len(set(cut)) == len(cut) else names


def _prefixes(names: list[Name], given: dict[Name, Any]) -> list[Name]:
    """Candidates for a common prefix of all names: none, or the prefix of the first name."""
    first = names[0] if names else ()
    inside = [n[: -len(first)] for n in given if first and n[-len(first) :] == first]
    return list(dict.fromkeys([(), *inside]))


def _some(names: list[Name]) -> str:
    shown = ["/".join(name) or "an unnamed array" for name in names[:SHOWN]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(shown) + more


def _checked(got: Any, need: Any, name: str, source: str) -> Any:
    """One array in the dtype of the model, or as abstract as it was given."""
    shape = tuple(np.shape(got))
    if shape != tuple(need.shape):
        raise InvalidInput(
            f"variables ({source}): got {name or 'an array'} of shape {shape}, need "
            f"{tuple(need.shape)}; give the weights of this very model"
        )
    if isinstance(got, jax.ShapeDtypeStruct) or not is_weight(need):
        return got
    got = got if hasattr(got, "dtype") else np.asarray(got)
    kinds = [jnp.issubdtype(v.dtype, jnp.complexfloating) for v in (got, need)]
    if not jnp.issubdtype(got.dtype, jnp.number) or kinds == [True, False]:
        raise InvalidInput(
            f"variables ({source}): got {name or 'an array'} of {got.dtype}, need {need.dtype}"
        )
    return jnp.asarray(got, need.dtype)
