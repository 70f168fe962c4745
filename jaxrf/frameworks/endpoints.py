"""Mark the outputs of sub-modules as end-points, inside the computation itself.

A mark is an identity in the traced program (``jax.ad_checkpoint.checkpoint_name``), so it is found
wherever a module was called: inside ``vmap``, where the value outside is the whole batch, and
inside ``jit`` and ``remat``, whose values never leave them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

__all__ = [
    "OF_MODULE",
    "OF_SHAPE",
    "ModulePaths",
    "Namer",
    "calls_marked",
    "mark",
    "of_unknown_shape",
]

# Tells the names of sub-modules from those that the user marks.
OF_MODULE = "module: "
OF_SHAPE = "shape: "  # begins the marks of values whose lengths are not known

# (module, name of the module that calls it) -> its own name.
Namer = Callable[[Any, str], str]
Walk = Callable[[Any], Iterable[tuple[tuple[Any, ...], Any]]]  # -> (path, module), itself included


class ModulePaths:
    """The names of modules by their paths in the model, ``blocks/0/conv``.

    A module that a transformation rebuilt (``remat``, ``filter_checkpoint``) is nowhere in it: it
    is named by its class below its caller, and what it holds below that.

    Args:
        model: the model whose modules are named.
        walk: function of the framework that visits all modules of a model.
        separator: between the parts of a path.
    """

    def __init__(self, model: Any, walk: Walk, separator: str) -> None:
        self.walk, self.separator = walk, separator
        self.known: dict[int, tuple[Any, str]] = {}  # holds the modules too: their ids stay taken
        self._learn(model, "")

    def _learn(self, model: Any, name: str) -> None:
        for path, module in self.walk(model):
            self.known[id(module)] = module, self._joined(name, *path)

    def _joined(self, *parts: Any) -> str:
        return self.separator.join(filter(None, map(str, parts)))

    @property
    def classes(self) -> set[type]:
        """The classes of all modules of the model."""
        return {type(module) for module, _ in self.known.values()}

    def __call__(self, module: Any, caller: str) -> str:
        """Name of a module that the module named ``caller`` calls."""
        if id(module) not in self.known:
            self._learn(module, self._joined(caller, type(module).__name__))
        return self.known[id(module)][1]


def mark(name: str, value: Any, *, leave: tuple[type, ...] = ()) -> Any:
    """The value, each of its arrays marked as the end-point ``name``.

    Args:
        name: of the end-point.
        value: what a module returned.
        leave: types of returned values that are no features, such as states.
    """
    import jax
    from jax.ad_checkpoint import checkpoint_name

    def marked(leaf: Any) -> Any:
        if not isinstance(leaf, jax.Array) or jax.dtypes.issubdtype(
            leaf.dtype, jax.dtypes.extended
        ):
            return leaf  # no array, or a random key
        return checkpoint_name(leaf, OF_MODULE + name)

    return jax.tree.map(marked, value, is_leaf=lambda part: isinstance(part, leave))


def of_unknown_shape(value: Any, lengths: Sequence[int | None] | None) -> Any:
    """Mark an array that stands for one whose lengths are not known.

    Args:
        value: the array in its place.
        lengths: those that are known, None for each of the others; None without even a rank.
    """
    from jax.ad_checkpoint import checkpoint_name

    if lengths is not None and None not in lengths:
        return value
    shown = ["?" if n is None else str(n) for n in lengths or (None,)]
    return checkpoint_name(value, OF_SHAPE + "x".join(shown[1:] if shown[0] == "1" else shown))


@contextmanager
def calls_marked(
    classes: Iterable[type], method: str, namer: Namer, *, leave: tuple[type, ...] = ()
) -> Iterator[None]:
    """Context in which the values that ``method`` of these classes returns are marked.

    The classes are patched where they define the method, and left as they were: frameworks whose
    modules are plain objects have no hook of their own. The outermost module is not marked, it is
    the model; nor is a method that calls the same of its parent class.

    Args:
        classes: of all modules of the model.
        method: that computes a module's output.
        namer: names a module from who calls it; by the caller's own name where it is no part that
            the user knows.
        leave: types of returned values that are no features.
    """
    calls: list[tuple[Any, str]] = []  # modules that are running, outermost first

    def hooked(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if any(self is module for module, _ in calls[-1:]):
                return original(self, *args, **kwargs)
            outer = calls[-1][1] if calls else ""
            name = namer(self, outer) if calls else ""
            calls.append((self, name))
            try:
                value = original(self, *args, **kwargs)
                return value if name == outer else mark(name, value, leave=leave)
            finally:
                calls.pop()

        return call

    owners = {owner for c in classes for owner in _owners(c, method)}
    with ExitStack() as patches:
        for owner in owners:
            original = owner.__dict__[method]
            patches.callback(setattr, owner, method, original)
            setattr(owner, method, hooked(original))
        yield


def _owners(cls: type, method: str) -> list[type]:
    """The classes that define the method which ``cls`` has, the parents' versions included."""
    return [c for c in cls.__mro__ if callable(c.__dict__.get(method)) and c is not object]
