"""A digest of what a function computes: its jaxpr, with all that it captured.

Alike in every process, wherever JAX shares or names its parts differently; another one wherever a
value could come out differently. Python code behind a callback is known by its bytecode, and by the
numbers and arrays that it captured.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import jax
import numpy as np

from jaxrf.program import compat

__all__ = ["arrays_digest", "function_digest"]

LENGTH = 12  # hexadecimal digits
# What a text may have of this process or machine: addresses, and lines of files.
_PLACE = re.compile(r"0x[0-9a-f]+|[^\s'\"]+\.py(:\d+)?")


def function_digest(function: Callable[..., Any], *arguments: Any) -> str:
    """Digest of a function on arguments that may be abstract.

    >>> import jax.numpy as jnp
    >>> one, two, again = (
    ...     function_digest(f, jnp.ones(3)) for f in (jnp.sin, jnp.cos, lambda x: jnp.sin(x)))
    >>> one == again, one == two
    (True, False)
    """
    closed = jax.make_jaxpr(function)(*arguments)
    return _Digests().of(closed)[:LENGTH]


def arrays_digest(tree: Any) -> str:
    """Digest of a pytree of arrays: of its keys, shapes, dtypes and values."""
    digest = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        digest.update(f"{jax.tree_util.keystr(path)} {_array(leaf)}\n".encode())
    return digest.hexdigest()[:LENGTH]


class _Digests:
    """Digests of jaxprs, each computed once however often it is called."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[str, Any]] = {}  # with the jaxpr: its id stays its own

    def of(self, closed: Any) -> str:
        if id(closed) not in self.known:
            digest = hashlib.sha256()
            for line in self._lines(closed):
                digest.update(f"{line}\n".encode("utf-8", "backslashreplace"))
            self.known[id(closed)] = digest.hexdigest(), closed
        return self.known[id(closed)][0]

    def _lines(self, closed: Any) -> Iterator[str]:
        jaxpr, constants = compat.open_jaxpr(closed)
        yield from map(_array, constants)
        numbers: dict[Any, int] = {}
        for variable in (*jaxpr.constvars, *jaxpr.invars):
            yield f"{numbers.setdefault(variable, len(numbers))} {variable.aval}"

        def operand(atom: Any) -> str:
            if compat.is_literal(atom):
                return f"{_array(atom.val)} {atom.aval}"
            return str(numbers[atom])

        for equation in jaxpr.eqns:
            inputs = [operand(atom) for atom in equation.invars]
            outputs = [
                f"{numbers.setdefault(variable, len(numbers))} {variable.aval}"
                for variable in equation.outvars
            ]
            named = {key: v for key, v in equation.params.items() if key != "name"}
            yield f"{equation.primitive.name} {inputs} {outputs} {self._text(named)}"
        yield f"{[operand(atom) for atom in jaxpr.outvars]}"

    def _text(self, value: Any) -> str:
        """A parameter of an equation."""
        if hasattr(value, "eqns") or hasattr(value, "jaxpr"):
            return self.of(value)
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{key}: {self._text(v)}' for key, v in value.items())}}}"
        if isinstance(value, (set, frozenset)):
            return f"{{{', '.join(sorted(map(self._text, value)))}}}"
        if isinstance(value, (tuple, list)):
            return f"({', '.join(map(self._text, value))})"
        if isinstance(value, (np.ndarray, np.generic, jax.Array)):
            return _array(value)
        if is_dataclass(value) and not isinstance(value, type):
            parts = {f.name: getattr(value, f.name, None) for f in fields(value)}
            return f"{type(value).__name__}{self._text(parts)}"
        code = getattr(value, "__code__", None)
        if code is not None:
            cells = [cell.cell_contents for cell in value.__closure__ or () if _set(cell)]
            held = [self._text(v) for v in (*cells, *(value.__defaults__ or ())) if _simple(v)]
            return (
                f"{value.__qualname__} {code.co_code.hex()} {code.co_names} {_plain(code)} {held}"
            )
        return _PLACE.sub("", repr(value))


def _set(cell: Any) -> bool:
    """Whether there is anything in the cell of a closure."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _simple(value: Any) -> bool:
    """Whether a value has no parts that may lead back to it."""
    return isinstance(value, (int, float, complex, str, bytes, np.ndarray, np.generic, jax.Array))


def _plain(code: Any) -> list[str]:
    """Constants of a function, those of the functions in it too."""
    texts = []
    for constant in code.co_consts:
        nested = hasattr(constant, "co_code")
        texts += [constant.co_code.hex(), *_plain(constant)] if nested else [repr(constant)]
    return texts


def _array(value: Any) -> str:
    """An array, a number, or a key, by its values."""
    if jax.dtypes.issubdtype(getattr(value, "dtype", np.float32), jax.dtypes.prng_key):
        return f"key {_array(jax.random.key_data(value))}"
    array = np.ascontiguousarray(value)
    return f"{array.dtype}{array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
