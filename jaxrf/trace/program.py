"""The flat program: a jaxpr with every call inlined, dead equations gone, and names made global.

A call frame has an environment of its own: two calls of one jitted function share the inner jaxpr
object but not its values. Name scopes are relative to the enclosing jaxpr and are accumulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from jaxrf.trace import compat

__all__ = ["Equation", "Program", "flatten"]


@dataclass(frozen=True, eq=False)
class Equation:
    """One primitive application. Values are numbered through the whole program.

    Attributes:
        primitive: the JAX primitive; ``name`` is what rules match.
        params: its parameters.
        inputs: value numbers of its operands.
        outputs: value numbers of its results.
        in_shapes: shapes of the operands.
        out_shapes: shapes of the results.
        sources: JAX's records of the line that made it and, outwards, of the calls it stands in;
            inside a jitted function of a library only a call may lead to the user's code.
        scope: accumulated name scope.
    """

    primitive: Any
    params: dict[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    in_shapes: tuple[tuple[int, ...], ...]
    out_shapes: tuple[tuple[int, ...], ...]
    sources: tuple[Any, ...]
    scope: str

    @property
    def name(self) -> str:
        """Name of the primitive."""
        return self.primitive.name

    @cached_property
    def source(self) -> str:
        """file:line of the user's code."""
        return next(filter(None, map(compat.source_line, self.sources)), "")


@dataclass(frozen=True, eq=False)
class Program:
    """A flat list of equations.

    Attributes:
        equations: in order of execution, dead ones removed.
        shapes: value number -> shape.
        arguments: value numbers of all arguments, parameters first.
        inputs: value numbers of the network's input.
        outputs: value numbers of its outputs.
        known: value number -> array, for literals and for integer or boolean constants. Captured
            float arrays are weights: a learned zero is not a missing connection.
        constants: value number -> every literal and captured array, weights included.
        dependent: value numbers that the input can influence.
    """

    equations: tuple[Equation, ...]
    shapes: tuple[tuple[int, ...], ...]
    arguments: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    known: dict[int, np.ndarray]
    constants: dict[int, Any]
    dependent: frozenset[int]

    @cached_property
    def _foldable(self) -> dict[int, Equation]:
        """Value number -> equation, for all that follows from known values alone."""
        made: dict[int, Equation] = {}
        for equation in self.equations:
            if all(i in self.known or i in made for i in equation.inputs):
                made.update(dict.fromkeys(equation.outputs, equation))
        return made

    def fold(self, number: int) -> np.ndarray | None:
        """The value, where it follows from known ones; None where it is a weight or an input."""
        if number not in self.known and number in self._foldable:
            self.known.update(self._evaluate(number))
        return self.known.get(number)

    def _evaluate(self, number: int) -> dict[int, np.ndarray]:
        needed, wanted = [], {number}
        for equation in reversed(self.equations):
            if wanted.intersection(equation.outputs):
                needed.append(equation)
                wanted.update(i for i in equation.inputs if i not in self.known)

        def run():
            values = dict(self.known)
            for equation in reversed(needed):
                results = compat.bind(equation, *(values[i] for i in equation.inputs))
                values.update(zip(equation.outputs, results, strict=True))
            return values[number]

        with jax.ensure_compile_time_eval():  # a measurement folds while it is being traced
            return {number: np.asarray(jax.jit(run)())}


def flatten(closed, *, inputs: Sequence[int]) -> Program:
    """Inline every call of a closed jaxpr.

    Args:
        closed: what ``jax.make_jaxpr`` returned.
        inputs: which of its arguments are the network's input; the others are parameters.
    """
    writer = _Writer()
    jaxpr, constants = compat.open_jaxpr(closed)
    arguments = [writer.new(v.aval.shape) for v in jaxpr.invars]
    outputs = writer.write(jaxpr, constants, arguments)
    live = _live(writer.equations, outputs)
    network_inputs = tuple(arguments[i] for i in inputs)
    dependent = set(network_inputs)
    for equation in live:
        if not dependent.isdisjoint(equation.inputs):
            dependent.update(equation.outputs)
    return Program(
        tuple(live),
        tuple(writer.shapes),
        tuple(arguments),
        network_inputs,
        tuple(outputs),
        writer.known,
        writer.constants,
        frozenset(dependent),
    )


def _live(equations: list[Equation], outputs: Sequence[int]) -> list[Equation]:
    """The equations on which some output depends."""
    wanted, live = set(outputs), []
    for equation in reversed(equations):
        if not wanted.isdisjoint(equation.outputs):
            live.append(equation)
            wanted.update(equation.inputs)
    return live[::-1]


class _Writer:
    """Numbers values and collects equations while calls are inlined."""

    def __init__(self):
        self.equations: list[Equation] = []
        self.shapes: list[tuple[int, ...]] = []
        self.known: dict[int, np.ndarray] = {}
        self.constants: dict[int, Any] = {}

    def new(self, shape) -> int:
        self.shapes.append(tuple(shape))
        return len(self.shapes) - 1

    def constant(self, value) -> int:
        number = self.new(np.shape(value))
        self.constants[number] = value
        if not jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended):
            if np.issubdtype(value.dtype, np.integer) or value.dtype == bool:
                self.known[number] = np.asarray(value)
        return number

    def literal(self, atom) -> int:
        number = self.new(np.shape(atom.val))
        self.known[number] = self.constants[number] = np.asarray(atom.val, atom.aval.dtype)
        return number

    def write(
        self, jaxpr, constants, arguments: Sequence[int], scope: str = "", callers: tuple = ()
    ) -> list[int]:
        """Append the equations of one call frame; returns the numbers of its outputs."""
        frame = dict(zip(jaxpr.invars, arguments, strict=True))
        frame.update((v, self.constant(c)) for v, c in zip(jaxpr.constvars, constants, strict=True))

        def number(atom) -> int:
            return self.literal(atom) if compat.is_literal(atom) else frame[atom]

        for eqn in jaxpr.eqns:
            inputs = tuple(number(a) for a in eqn.invars)
            place = "/".join(p for p in (scope, compat.scope(eqn)) if p)
            inner = compat.body(eqn)
            outputs: Sequence[int]
            if inner is not None:
                body, captured = inner
                outputs = self.write(body, captured, inputs, place, (eqn.source_info, *callers))
            else:
                outputs = tuple(self.new(v.aval.shape) for v in eqn.outvars)
                self.equations.append(
                    Equation(
                        eqn.primitive,
                        eqn.params,
                        inputs,
                        tuple(outputs),
                        tuple(self.shapes[i] for i in inputs),
                        tuple(self.shapes[i] for i in outputs),
                        (eqn.source_info, *callers),
                        place,
                    )
                )
            frame.update(zip(eqn.outvars, outputs, strict=True))
        return [number(a) for a in jaxpr.outvars]
