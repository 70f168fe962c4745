"""A program while it is written: values are numbered, equations collected, calls inlined.

A call frame has an environment of its own: two calls of one jitted function share the inner jaxpr
object but not its values. Name scopes are relative to the enclosing jaxpr and are accumulated.
What a program changes in place becomes values as well (:mod:`jaxrf.program.states`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.array_kinds import kind_of
from jaxrf.program import compat
from jaxrf.program.constants import ConstantFolding
from jaxrf.program.equation import Equation
from jaxrf.program.states import States, Unresolved

__all__ = ["Expansion", "Writer", "shape_of"]

# (writer, equation of a jaxpr, numbers of its operands, scope, sources) -> numbers of its results;
# None where it cannot be written out.
Expansion = Callable[..., Sequence[int] | None]


def shape_of(aval: compat.Aval) -> tuple[int, ...]:
    """The shape of a value; of a token, box or the like that of a single number."""
    return tuple(getattr(aval, "shape", ()))


class Writer:
    """Numbers values and collects equations while calls are inlined.

    Args:
        expansions: primitive -> the function that writes it out.

    Attributes:
        equations: so far.
        shapes: value number -> shape.
        folding: what follows from the code alone.
        constants: value number -> every literal and captured array.
        states: what references hold so far.
        dtypes: value number -> dtype, of arguments and of what equations make.
        calls: of functions with derivatives of their own, and what they are written out as.
    """

    def __init__(self, expansions: Mapping[str, Expansion]) -> None:
        self._expansions = expansions
        self.equations: list[Equation] = []
        self.shapes: list[tuple[int, ...]] = []
        self.folding = ConstantFolding()
        self.constants: dict[int, Any] = {}
        self.states = States(self.weight)
        self.dtypes: dict[int, Any] = {}
        self.calls: list[tuple[Equation, list[Equation]]] = []
        self._numbers: dict[int, int] = {}  # id of a captured array -> its value number
        self._kept: list[Any] = []  # captured references, so that their ids stay their own

    def new(self, shape: Sequence[int]) -> int:
        """The number of a new value."""
        self.shapes.append(tuple(shape))
        return len(self.shapes) - 1

    def typed(self, numbers: Sequence[int], variables: Iterable[compat.Atom]) -> None:
        """Note the dtypes of values, as the jaxpr's own variables have them."""
        for number, variable in zip(numbers, variables, strict=True):
            self.dtypes[number] = getattr(variable.aval, "dtype", None)

    def constant(self, value: Any) -> int:
        """The number of a captured array, or the handle of a reference; the same every time."""
        if id(value) in self._numbers:
            return self._numbers[id(value)]
        if compat.is_reference(jax.typeof(value)):
            with jax.ensure_compile_time_eval():
                start = self.weight(value[...])
            number = self.states.refer(self.new(value.shape), value, start)
            self._numbers[id(value)] = number
            self._kept.append(value)
            return number
        number = self.new(np.shape(value))
        self.constants[number] = value  # keeps it alive, so that its id stays its own
        self._numbers[id(value)] = number
        kind = kind_of(value)
        if kind is not None:
            self.folding.give(number, value, kind)
        return number

    def literal(self, atom: compat.Atom) -> int:
        """The number of a literal: a number in the code, or an array that JAX holds as a literal.

        Under ``jax_use_simplified_jaxpr_constants`` all captured arrays are literals.
        """
        if isinstance(atom.val, jax.Array) or np.ndim(atom.val) > 0:
            return self.constant(atom.val)
        return self.value(np.asarray(atom.val, atom.aval.dtype))

    def value(self, value: np.ndarray) -> int:
        """The number of an array that the code itself contains."""
        number = self.new(value.shape)
        self.constants[number] = value
        self.folding.give(number, value)
        return number

    def weight(self, value: Any) -> int:
        """The number of an array that does not follow from the code alone."""
        number = self.new(np.shape(value))
        self.constants[number] = value
        return number

    def write(
        self,
        jaxpr: compat.Jaxpr,
        constants: Iterable[Any],
        arguments: Sequence[int],
        scope: str = "",
        callers: tuple[Any, ...] = (),
    ) -> list[int]:
        """Append the equations of one call frame; returns the numbers of its outputs."""
        frame = dict(zip(jaxpr.invars, arguments, strict=True))
        frame.update((v, self.constant(c)) for v, c in zip(jaxpr.constvars, constants, strict=True))

        def number(atom: compat.Atom) -> int:
            return self.literal(atom) if compat.is_literal(atom) else frame[atom]

        for eqn in jaxpr.eqns:
            inputs = tuple(number(a) for a in eqn.invars)
            outputs = self.equation(eqn, inputs, scope, callers)
            frame.update(zip(eqn.outvars, outputs, strict=True))
        return [number(a) for a in jaxpr.outvars]

    def trace(
        self,
        function: Callable[..., Any],
        atoms: Sequence[Any],
        arguments: Sequence[int],
        *where: Any,
    ) -> list[int]:
        """Append what a function of our own does to values that look like ``atoms``.

        Args:
            function: to be traced.
            atoms: operands of an equation, or shapes and dtypes.
            arguments: the numbers of their values.
            where: scope and sources.

        Raises:
            Unresolved: an argument is a handle, or no array: it has no value.
        """
        avals = [getattr(atom, "aval", atom) for atom in atoms]
        unlike = (not isinstance(a, jax.ShapeDtypeStruct) and not compat.is_array(a) for a in avals)
        if any(number in self.states.held for number in arguments) or any(unlike):
            raise Unresolved
        shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals]
        jaxpr, constants = compat.open_jaxpr(jax.make_jaxpr(function)(*shapes))
        return self.write(jaxpr, constants, arguments, *where)

    def equation(
        self, eqn: compat.JaxprEqn, inputs: tuple[int, ...], scope: str, callers: tuple[Any, ...]
    ) -> Sequence[int]:
        """One equation, or all that it stands for; returns the numbers of its outputs."""
        place = "/".join(p for p in (scope, compat.scope(eqn)) if p)
        sources = (eqn.source_info, *callers)
        inner = compat.body(eqn)
        if inner is not None:
            body, captured = inner
            start = len(self.equations)
            written = self.write(body, captured, inputs, place, sources)
            if eqn.primitive.name not in compat.OWN_DERIVATIVES:
                return written
            return self._call(eqn, inputs, written, start, place, sources)
        if (function := self._expansions.get(eqn.primitive.name)) is not None:
            outputs = self._attempt(function, eqn, inputs, place, sources)
            if outputs is not None:
                return outputs
        return self._as_it_is(eqn, inputs, place, sources)

    def _call(
        self,
        eqn: compat.JaxprEqn,
        inputs: tuple[int, ...],
        outputs: Sequence[int],
        start: int,
        place: str,
        sources: tuple[Any, ...],
    ) -> list[int]:
        """Note a call of a function with a derivative of its own; returns its results' numbers.

        Args:
            eqn: the call.
            inputs: numbers of its operands.
            outputs: numbers of what it was written out as.
            start: number of equations before these.
            place: name scope.
            sources: of the call, and of those that it stands in.
        """
        made = {number for eq in self.equations[start:] for number in eq.outputs}
        results = []
        for number, variable in zip(outputs, eqn.outvars, strict=True):
            if number not in made and number not in self.states.held:  # it returns an operand
                (number,) = self.trace(jnp.copy, [variable], [number], place, sources)
            made.discard(number)
            results.append(number)
        handles = {*inputs, *results} & self.states.held.keys()
        if not handles:
            call = Equation(
                eqn.primitive,
                eqn.params,
                inputs,
                tuple(results),
                tuple(self.shapes[i] for i in inputs),
                tuple(self.shapes[i] for i in results),
                sources,
                place,
            )
            self.calls.append((call, self.equations[start:]))
        return results

    def _attempt(
        self,
        function: Callable[..., Any],
        eqn: compat.JaxprEqn,
        inputs: tuple[int, ...],
        *where: Any,
    ) -> Sequence[int] | None:
        """The outputs of a written-out equation; None where that fails, with nothing appended."""
        start, held = len(self.equations), dict(self.states.held)
        calls = len(self.calls)
        try:
            outputs: Sequence[int] | None = function(self, eqn, inputs, *where)
        except Unresolved:
            outputs = None
        if outputs is None:
            del self.equations[start:]
            del self.calls[calls:]
            self.states.held = held
        return outputs

    def _as_it_is(
        self, eqn: compat.JaxprEqn, inputs: tuple[int, ...], place: str, sources: tuple[Any, ...]
    ) -> Sequence[int]:
        touched = self.states.touched(eqn, inputs)
        before = tuple(self.states.held[handle] for handle in touched)
        results = tuple(self.new(shape_of(v.aval)) for v in eqn.outvars)
        self.typed(results, eqn.outvars)
        after = tuple(self.new(self.shapes[number]) for number in before)
        reads = (*(self.states.read(i) for i in inputs), *before)
        equation = Equation(
            eqn.primitive,
            eqn.params,
            reads,
            (*results, *after),
            tuple(self.shapes[i] for i in reads),
            tuple(self.shapes[i] for i in (*results, *after)),
            sources,
            place,
            tuple(touched.values()),
        )
        self.equations.append(equation)
        if touched:
            self.states.replace(eqn, tuple(touched), after)
        else:
            self.folding.add(equation)
        return results
