"""A closed jaxpr -> the flat program: every call inlined, loops unrolled, dead equations dropped.

A call frame has an environment of its own: two calls of one jitted function share the inner jaxpr
object but not its values. Name scopes are relative to the enclosing jaxpr and are accumulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from jaxrf.trace import compat
from jaxrf.trace.control import CONTROL
from jaxrf.trace.known import Known
from jaxrf.trace.program import Equation, Program

__all__ = ["Writer", "flatten"]


def flatten(closed, *, inputs: Sequence[int]) -> Program:
    """Inline every call of a closed jaxpr.

    Args:
        closed: what ``jax.make_jaxpr`` returned.
        inputs: which of its arguments are the network's inputs; the others are parameters.
    """
    writer = Writer()
    jaxpr, constants = compat.open_jaxpr(closed)
    arguments = [writer.new(v.aval.shape) for v in jaxpr.invars]
    writer.typed(arguments, jaxpr.invars)
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
        writer.dtypes,
    )


def _live(equations: list[Equation], outputs: Sequence[int]) -> list[Equation]:
    """The equations on which some output depends."""
    wanted, live = set(outputs), []
    for equation in reversed(equations):
        if not wanted.isdisjoint(equation.outputs):
            live.append(equation)
            wanted.update(equation.inputs)
    return live[::-1]


class Writer:
    """Numbers values and collects equations while calls are inlined.

    Attributes:
        equations: so far.
        shapes: value number -> shape.
        known: what follows from literals and integer constants.
        constants: value number -> every literal and captured array.
        dtypes: value number -> dtype, of arguments and of what equations make.
    """

    def __init__(self):
        self.equations: list[Equation] = []
        self.shapes: list[tuple[int, ...]] = []
        self.known = Known()
        self.constants: dict[int, Any] = {}
        self.dtypes: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}  # id of a captured array -> its value number

    def new(self, shape) -> int:
        """The number of a new value."""
        self.shapes.append(tuple(shape))
        return len(self.shapes) - 1

    def typed(self, numbers: Sequence[int], variables) -> None:
        """Note the dtypes of values, as the jaxpr's own variables have them."""
        for number, variable in zip(numbers, variables, strict=True):
            self.dtypes[number] = getattr(variable.aval, "dtype", None)

    def constant(self, value) -> int:
        """The number of a captured array; the same one every time."""
        if id(value) in self._numbers:
            return self._numbers[id(value)]
        number = self.new(np.shape(value))
        self.constants[number] = value  # keeps it alive, so that its id stays its own
        self._numbers[id(value)] = number
        if not jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended):
            if np.issubdtype(value.dtype, np.integer) or value.dtype == bool:
                self.known.give(number, np.asarray(value))
        return number

    def literal(self, atom) -> int:
        """The number of a literal."""
        return self.value(np.asarray(atom.val, atom.aval.dtype))

    def value(self, value: np.ndarray) -> int:
        """The number of an array that the code itself contains."""
        number = self.new(value.shape)
        self.constants[number] = value
        self.known.give(number, value)
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
            outputs = self.equation(eqn, inputs, scope, callers)
            frame.update(zip(eqn.outvars, outputs, strict=True))
        return [number(a) for a in jaxpr.outvars]

    def trace(self, function: Callable, atoms: Sequence[Any], arguments: Sequence[int], *where):
        """Append what a function of our own does to values that look like ``atoms``."""
        shapes = [jax.ShapeDtypeStruct(a.aval.shape, a.aval.dtype) for a in atoms]
        jaxpr, constants = compat.open_jaxpr(jax.make_jaxpr(function)(*shapes))
        return self.write(jaxpr, constants, arguments, *where)

    def equation(self, eqn, inputs: tuple[int, ...], scope: str, callers: tuple) -> Sequence[int]:
        """One equation, or all that it stands for; returns the numbers of its outputs."""
        place = "/".join(p for p in (scope, compat.scope(eqn)) if p)
        sources = (eqn.source_info, *callers)
        inner = compat.body(eqn)
        if inner is not None:
            body, captured = inner
            return self.write(body, captured, inputs, place, sources)
        if eqn.primitive.name in CONTROL:
            outputs = CONTROL[eqn.primitive.name](self, eqn, inputs, place, sources)
            if outputs is not None:
                return outputs
        numbers = tuple(self.new(v.aval.shape) for v in eqn.outvars)
        self.typed(numbers, eqn.outvars)
        equation = Equation(
            eqn.primitive,
            eqn.params,
            inputs,
            numbers,
            tuple(self.shapes[i] for i in inputs),
            tuple(self.shapes[i] for i in numbers),
            sources,
            place,
        )
        self.equations.append(equation)
        self.known.add(equation)
        return numbers
