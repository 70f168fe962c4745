"""The values of one ONNX graph, each computed in the world that asks for it.

What depends on the network's input is computed in order, in JAX. What does not (weights, shapes,
index tables) waits: an operator that needs a *known* value, such as the target of Reshape, gets it
from numpy, so that nothing is compiled while tracing; one that needs an *array* gets a JAX value,
in which weights are variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np

from jaxrf.errors import ModelError
from jaxrf.frameworks.array_kinds import Kind, kind_of
from jaxrf.frameworks.constant import constant
from jaxrf.frameworks.onnx.model import Weight, is_weighty
from jaxrf.frameworks.onnx.reference import reference
from jaxrf.frameworks.onnx.registry import OPERATORS, Unmapped

__all__ = ["SHAPES", "Values"]

# Operators that read the shape of their operand, not its values.
SHAPES = ("Shape", "Size")
# Operator -> numbers of the operands that choose among elements of the others.
_CHOOSES = {"Gather": (1,), "GatherElements": (1,), "GatherND": (1,), "Where": (0,), "Pad": (1, 3)}


class Values:
    """Name -> value; a graph inside a node also sees the values around it.

    Attributes:
        opsets: domain -> version of its operator set.
        compute: runs a node that waits and puts its results into ``arrays``.
        weights: name -> what the file says of it, for values known although they are variables.
        facts: names of known values that are no weights whatever they hold.
        outer: values of the graph around this one.
        arrays: name -> computed value; numpy where it is known.
        knowns: name -> value as numpy, asked for so far.
        waiting: name -> node that makes it, for values that the network's input cannot influence.
        dependent: names that it can influence.
        blamed: name of what lengths are computed from -> why they are not known.
    """

    def __init__(
        self,
        opsets: dict[str, int],
        compute: Callable[[Any], None],
        weights: dict[str, Weight] | None = None,
        outer: Values | None = None,
        facts: Iterable[str] = (),
    ) -> None:
        self.opsets = opsets
        self.compute = compute
        self.weights = weights or {}
        self.outer = outer
        self.facts = set(facts)
        self.arrays: dict[str, Any] = {}
        self.knowns: dict[str, np.ndarray] = {}
        self.waiting: dict[str, Any] = {}
        self.dependent: set[str] = set()
        self.blamed: dict[str, Any] = {}
        self._is_fact: dict[str, bool] = {}
        self._weighty: dict[str, bool] = {}
        self._trying: set[str] = set()

    def holds(self, name: str) -> bool:
        """Whether there is a value of this name."""
        here = name in self.arrays or name in self.waiting
        return here or (self.outer is not None and self.outer.holds(name))

    def array(self, name: str) -> Any:
        """The value as JAX sees it: numpy where it is made of known values alone."""
        if name in self.arrays:
            return self.arrays[name]
        if name in self.waiting:
            if self.has_weights(name):
                self.compute(self.waiting[name])
            else:
                self.arrays[name] = self.known(name)
            return self.arrays[name]
        if self.outer is None:
            raise ModelError(f"onnx: no node makes the value {name!r}; check the file")
        return self.outer.array(name)

    def operand(self, name: str) -> Any:
        """The value, declared constant where floats follow from the architecture alone."""
        value = self.array(name)
        known = isinstance(value, np.ndarray) and is_weighty(value.dtype)
        return constant(value) if known and self.is_fact(name) else value

    def peek(self, name: str) -> Any:
        """The value where it is computed already, else None."""
        if name in self.arrays or self.outer is None:
            return self.arrays.get(name)
        return None if self._is_here(name) else self.outer.peek(name)

    def blame(self, name: str) -> Any:
        """Why the lengths that are computed from the value are not known, None where they are."""
        if self._is_here(name) or self.outer is None:
            return self.blamed.get(name)
        return self.outer.blame(name)

    def known(self, name: str) -> np.ndarray:
        """The value as numpy.

        Raises:
            Unmapped: the network's input can influence it.
        """
        if name not in self.knowns:
            self.knowns[name] = self._known(name)
        return self.knowns[name]

    def _known(self, name: str) -> np.ndarray:
        if isinstance(array := self.arrays.get(name), np.ndarray):
            return array
        if name in self.weights:
            return self.weights[name].array()
        if name in self.waiting:
            node = self.waiting[name]
            if node.op_type in SHAPES:
                operands: list[Any] = [_like(self.array(node.input[0]))]
            else:
                operands = [self.known(i) if i else None for i in node.input]
            try:
                results: Sequence[Any] = reference(node, operands, self.opsets)
            except Exception:  # onnx has no implementation of this version of it
                results = self._by_jax(node)
            made = dict(zip(node.output, results, strict=False))
            self.knowns.update(made)
            found: np.ndarray = made[name]
            return found
        if name in self.arrays or self.outer is None:
            raise Unmapped(f"operand {name!r} is computed from the network's input")
        return self.outer.known(name)

    def _by_jax(self, node: Any) -> list[np.ndarray | None]:
        """A node on known values by its own function, at once.

        Raises:
            Unmapped: it has none.
        """
        if node.output[0] in self._trying:
            raise Unmapped
        self._trying.add(node.output[0])
        here = dict(self.arrays)
        self.arrays.update((name, self.known(name)) for name in node.input if name)
        with jax.ensure_compile_time_eval():
            self.compute(node)
        results = [np.asarray(self.arrays[name]) if name else None for name in node.output]
        self.arrays = {**here, **dict(zip(node.output, results, strict=True))}
        return results

    def is_dependent(self, name: str) -> bool:
        """Whether the network's input can influence the value."""
        return name in self.dependent or (
            self.outer is not None and not self._is_here(name) and self.outer.is_dependent(name)
        )

    def has_weights(self, name: str) -> bool:
        """Whether a value that the input cannot influence is made of weights."""
        if name in self.waiting:
            if name not in self._weighty:  # or a few nodes that read each other take for ever
                node = self.waiting[name]
                reads = () if node.op_type in SHAPES else filter(None, node.input)
                self._weighty[name] = any(map(self.has_weights, reads))
            return self._weighty[name]
        if name in self.arrays or self.outer is None:
            return not isinstance(self.arrays.get(name), np.ndarray)
        return self.outer.has_weights(name)

    def is_fact(self, name: str) -> bool:
        """Whether a value that is known without weights follows from the architecture alone.

        Integers that the file stores may be the weights of a quantised layer once they are floats
        (:mod:`jaxrf.frameworks.array_kinds`).
        """
        if name in self.facts:
            return True
        if not self._is_here(name) and self.outer is not None:
            return self.outer.is_fact(name)
        if name not in self._is_fact:
            value = self.known(name)
            if value.dtype.kind in "OSU":  # text
                self._is_fact[name] = False
            elif name in self.waiting:
                made = all(map(self.is_fact, _says(self.waiting[name])))
                self._is_fact[name] = made or value.dtype.kind == "b"
            else:
                self._is_fact[name] = kind_of(value) == Kind.FACT or _is_counted(value)
        return self._is_fact[name]

    def _is_here(self, name: str) -> bool:
        return name in self.arrays or name in self.waiting


def _is_counted(value: np.ndarray) -> bool:
    """Whether it is a single whole number, such as Python's in the code that was exported."""
    return value.size == 1 and value.dtype.kind in "iu" and not is_weighty(value.dtype)


def _says(node: Any) -> list[str]:
    """Operands of a node whose values its results consist of; the others choose, or are shapes."""
    if node.op_type in SHAPES:
        return []
    mapped = OPERATORS.get(("" if node.domain == "ai.onnx" else node.domain, node.op_type))
    chooses = _CHOOSES.get(node.op_type, mapped.known if mapped else ())
    return [name for n, name in enumerate(node.input) if name and n not in chooses]


def _like(value: Any) -> np.ndarray:
    """Something of the same shape that takes no memory."""
    return np.broadcast_to(np.zeros((), np.int8), np.shape(value))
