"""``compile_once``: functions that are the same program share one compiled one in a process.

Every call of :func:`jaxrf.measure_erf` and its siblings traces the model anew, since nothing tells
whether a Python object still computes what it did; ``jax.jit`` would compile it anew as well. What
is compiled here is known by what it was lowered to, with all its constants, so that a second call
on the same model and shape compiles nothing, and a changed model is never taken for the old one.
A program that calls Python back does not say which function: it is compiled in each call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any

import jax

__all__ = ["compile_once"]

COUNT = 64  # programs that are kept
BYTES = 1 << 28  # of text of all of them, constants included
_CALLBACK = b"callback"  # in the name of what calls Python back


def compile_once(
    function: Callable[..., Any], *, options: Mapping[str, Any] | None = None
) -> Callable[..., Any]:
    """The compiled function of positional arrays and pytrees; inside another one, itself.

    >>> import jax.numpy as jnp
    >>> double = compile_once(lambda x: 2 * x)
    >>> double(jnp.arange(3.0)).tolist(), double(jnp.arange(2.0)).tolist()
    ([0.0, 2.0, 4.0], [0.0, 2.0])

    Args:
        function: pure. Arguments of other shapes than those of the last call are compiled for.
        options: of the compiler, as ``jax.jit`` takes them.
    """
    known: dict[Any, _Program] = {}
    config: Any = jax.config

    def call(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            return function(*arguments)
        setting = structure, config.jax_enable_x64, _placement(leaves)
        if setting in known:
            try:
                return known[setting](leaves)
            except TypeError:  # other shapes or dtypes
                known.clear()
        known[setting] = _lowered(function, structure, leaves, options or {})
        return known[setting](leaves)

    return call


@dataclass(frozen=True, eq=False)
class _Program:
    """A compiled function of a flat list of arrays.

    Attributes:
        compiled: the executable, perhaps of an equal function that was compiled before.
        structure: the pytree of this function's result.
    """

    compiled: Any
    structure: Any

    def __call__(self, leaves: list[Any]) -> Any:
        return jax.tree.unflatten(self.structure, self.compiled(*leaves))


class _Text:
    """A file that keeps the digest and the length of what is written, and whether it calls back."""

    def __init__(self) -> None:
        self.digest, self.length, self.calls_back = sha256(), 0, False
        self._end = b""

    def write(self, content: bytes) -> None:
        self.digest.update(content)
        self.length += len(content)
        self.calls_back |= _CALLBACK in self._end + content
        self._end = content[-len(_CALLBACK) :]


@dataclass(eq=False)
class _Kept:
    """The programs compiled last, up to a total length of their text."""

    programs: OrderedDict[Any, tuple[Any, int]] = field(default_factory=OrderedDict)
    lock: Any = field(default_factory=Lock)

    def get(self, key: Any) -> Any:
        """A compiled program, or None."""
        with self.lock:
            if key not in self.programs:
                return None
            self.programs.move_to_end(key)
            return self.programs[key][0]

    def put(self, key: Any, compiled: Any, length: int) -> None:
        """Keep a program, and forget the oldest ones that are too much."""
        with self.lock:
            self.programs[key] = compiled, length
            total = sum(length for _, length in self.programs.values())
            while len(self.programs) > COUNT or (total > BYTES and len(self.programs) > 1):
                total -= self.programs.popitem(last=False)[1][1]


_KEPT = _Kept()


def _lowered(
    function: Callable[..., Any], structure: Any, leaves: list[Any], options: Mapping[str, Any]
) -> _Program:
    """The program of a function for arguments of this structure, compiled if it is a new one."""
    results: list[Any] = []

    def flat(*leaves: Any) -> list[Any]:
        found, result = jax.tree.flatten(function(*jax.tree.unflatten(structure, leaves)))
        results[:] = [result]
        return found

    flat.__name__ = getattr(function, "__name__", flat.__name__)
    # Arguments that it ignores stay: without them, another one's program may have the same text.
    lowered = jax.jit(flat, keep_unused=True, compiler_options=dict(options)).lower(*leaves)
    text = _Text()
    module: Any = lowered.compiler_ir()
    # Without places in the source, which differ from one caller to another.
    module.operation.print(file=text, binary=True, enable_debug_info=False)
    chosen = tuple(sorted((name, str(value)) for name, value in options.items()))
    key = (text.digest.digest(), str(lowered.out_info), chosen, _placement(leaves))
    compiled = _KEPT.get(key)
    if compiled is None or text.calls_back:
        compiled = lowered.compile()
    if not text.calls_back:
        _KEPT.put(key, compiled, text.length)
    return _Program(compiled, *results)


def _placement(leaves: list[Any]) -> tuple[Any, ...]:
    """Where a program runs: by default, or where arguments were put."""
    put = frozenset(x.sharding for x in leaves if isinstance(x, jax.Array) and x.committed)
    config: Any = jax.config
    return jax.default_backend(), str(config.jax_default_device), put
