"""Functions with derivatives of their own (``custom_jvp``, ``custom_vjp``), cut with these.

A flat program has what such a function computes, not its derivative; here the call is one equation.
The function and its derivative are traced at their whole shapes, by JAX itself, and both are cut:
the cut function has the cut derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.flatten import flatten
from jaxrf.program.program import Program
from jaxrf.restriction.bounds import Bounds, infer
from jaxrf.restriction.boxes import Box, hull, lengths, offsets, part_of
from jaxrf.restriction.execute import run
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []


@dataclass(frozen=True, eq=False)
class Traced:
    """A function with a derivative of its own, both flat.

    Attributes:
        function: operands -> results.
        derivative: of a ``custom_jvp``, operands and tangents -> tangents; of a ``custom_vjp``,
            operands and cotangents -> cotangents.
        smooth: which operands have tangents.
        smooth_results: which results have.
    """

    function: Program
    derivative: Program
    smooth: tuple[int, ...]
    smooth_results: tuple[int, ...]


_TRACED: WeakKeyDictionary[Equation, Traced] = WeakKeyDictionary()


def _traced(site: CutSite, derive: Callable[..., Any]) -> Traced:
    """The programs of a call, traced once."""
    equation = site.equation
    if equation not in _TRACED:
        avals = [
            jax.ShapeDtypeStruct(shape, site.program.dtype(number))
            for number, shape in zip(equation.inputs, equation.in_shapes, strict=True)
        ]
        smooth = tuple(n for n, a in enumerate(avals) if jnp.issubdtype(a.dtype, jnp.inexact))
        dtypes = [site.program.dtype(number) for number in equation.outputs]
        results = tuple(n for n, dtype in enumerate(dtypes) if jnp.issubdtype(dtype, jnp.inexact))

        def of_smooth(operands: Sequence[Any], *values: Any) -> tuple[Any, ...]:
            given = list(operands)
            for n, value in zip(smooth, values, strict=True):
                given[n] = value
            found = compat.bind(equation, *given)
            return tuple(found[n] for n in results)

        closed, more = derive(
            of_smooth,
            avals,
            smooth,
            [avals[n] for n in smooth],
            [jax.ShapeDtypeStruct(equation.out_shapes[n], dtypes[n]) for n in results],
        )
        function = flatten(compat.called(equation), inputs=range(len(avals)))
        derivative = flatten(closed, inputs=range(len(avals) + more))
        _TRACED[equation] = Traced(function, derivative, smooth, results)
    return _TRACED[equation]


def _forward(of_smooth: Any, avals: Any, smooth: Any, tangents: Any, _: Any) -> tuple[Any, int]:
    """Operands and tangents -> tangents of the results."""

    def tangent(operands: Any, tangents: Any) -> Any:
        values = [operands[n] for n in smooth]
        return jax.jvp(lambda *v: of_smooth(operands, *v), values, tangents)[1]

    return jax.make_jaxpr(tangent)(avals, tangents), len(tangents)


def _backward(of_smooth: Any, avals: Any, smooth: Any, _: Any, results: Any) -> tuple[Any, int]:
    """Operands and cotangents of the results -> cotangents of the operands."""

    def cotangent(operands: Any, cotangents: Any) -> Any:
        values = [operands[n] for n in smooth]
        return jax.vjp(lambda *v: of_smooth(operands, *v), *values)[1](tuple(cotangents))

    return jax.make_jaxpr(cotangent)(avals, results), len(results)


@dataclass(frozen=True, eq=False)
class CutCall:
    """A cut call: what its compiled program depends on.

    Attributes:
        function: bounds of what the function computes.
        derivative: bounds of its derivative.
        smooth: which operands have tangents.
        smooth_results: which results have.
        needs: the box of every operand.
        wanted: the box of every result.
    """

    function: Bounds
    derivative: Bounds
    smooth: tuple[int, ...]
    smooth_results: tuple[int, ...]
    needs: tuple[Box | None, ...]
    wanted: tuple[Box | None, ...]

    @cached_property
    def key(self) -> Any:
        """Equal for two calls that are one compiled program."""
        relative = [
            None if number not in bounds.held else offsets(bounds.held[number], need)
            for bounds in (self.function, self.derivative)
            for number, need in zip(bounds.program.arguments, self.needs, strict=False)
            if need is not None
        ]
        return self.function.key, self.derivative.key, tuple(relative)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CutCall) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def tables(self) -> tuple[Any, ...]:
        """Of both programs, in a row."""
        both = (*self.function.tables, *self.derivative.tables)
        return tuple(table for tables in both for table in tables)

    @property
    def read(self) -> tuple[int, ...]:
        """The operands that are read."""
        return tuple(n for n, need in enumerate(self.needs) if need is not None)

    def parts(
        self, bounds: Bounds, values: Sequence[Any], numbers: Mapping[int, int] | None = None
    ) -> dict[int, Any]:
        """What one of the programs holds of some values: number of its argument -> part.

        Args:
            bounds: of the program.
            values: of the operands that are read, or their tangents, in their boxes.
            numbers: operand -> number of the argument; those of the operands by default.
        """
        numbers = dict(enumerate(bounds.program.arguments)) if numbers is None else numbers
        found = {}
        for n, x in zip(self.read, values, strict=True):
            number, need = numbers.get(n, -1), self.needs[n]
            box = bounds.held.get(number)
            if box is not None and need is not None:
                found[number] = part_of(x, offsets(box, need), lengths(box))
        return found

    def results(self, tables: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
        """The wanted boxes of the results.

        Args:
            tables: of both programs.
            values: of the operands that are read, in their boxes.
        """
        own, _ = self.split(tables)
        return tuple(run(self.function, self.parts(self.function, values), {}, own))

    def split(self, tables: Sequence[Any]) -> tuple[list[list[Any]], list[list[Any]]]:
        """The tables of the function, and those of the derivative."""
        rest = iter(tables)
        first, second = (
            [[next(rest) for _ in own] for own in bounds.tables]
            for bounds in (self.function, self.derivative)
        )
        return first, second


def _function_bounds(traced: Traced, wanted: Sequence[Box | None]) -> Bounds:
    program = traced.function
    boxes = [(n, b) for n, b in zip(program.outputs, wanted, strict=True) if b is not None]
    return infer(program, program.equations, boxes, program.arguments)


def _cut(site: CutSite, call: CutCall, apply: Callable[..., Any]) -> Cut:
    return Cut(call.needs, apply=apply, static=(call,), tables=call.tables)


def _needs(count: int, *all_bounds: Bounds) -> tuple[Box | None, ...]:
    """The box of every operand that some programs hold together."""
    found: list[Box | None] = [None] * count
    for bounds in all_bounds:
        for n, number in enumerate(bounds.program.arguments[:count]):
            found[n] = hull(found[n], bounds.held.get(number))
    return tuple(found)


@RESTRICTION.rule("custom_jvp_call")
def custom_jvp(site: CutSite) -> Cut:
    """The tangents of the wanted boxes, from those of the operands."""
    traced = _traced(site, _forward)
    function, program = _function_bounds(traced, site.wanted), traced.derivative
    boxes = [
        (number, box)
        for n, number in zip(traced.smooth_results, program.outputs, strict=True)
        if (box := site.wanted[n]) is not None
    ]
    derivative = infer(program, program.equations, boxes, program.arguments)
    count = len(site.in_shapes)
    needs = list(_needs(count, function, derivative))
    for n, number in zip(traced.smooth, program.arguments[count:], strict=True):
        needs[n] = hull(needs[n], derivative.held.get(number))
    call = CutCall(
        function, derivative, traced.smooth, traced.smooth_results, tuple(needs), tuple(site.wanted)
    )
    return _cut(site, call, _call_with_tangents)


def _call_with_tangents(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any], call: CutCall
) -> Sequence[Any]:
    """Run the cut function, with its cut derivative."""

    @jax.custom_jvp
    def function(tables: Any, *values: Any) -> Any:
        return call.results(tables, values)

    @function.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        tables, *values = primals
        _, *directions = tangents
        results = function(tables, *values)
        _, own = call.split(tables)
        bounds, moved = call.derivative, call.derivative.program.arguments[len(call.needs) :]
        given = call.parts(bounds, values)
        given |= call.parts(bounds, directions, dict(zip(call.smooth, moved, strict=True)))
        found = iter(run(bounds, given, {}, own))
        wanted = [n for n, box in enumerate(call.wanted) if box is not None]
        return results, tuple(
            next(found)
            if n in call.smooth_results
            else np.zeros(np.shape(result), jax.dtypes.float0)
            for n, result in zip(wanted, results, strict=True)
        )

    return _placed(call, function(tuple(tables), *(operands[n] for n in call.read)))


def _placed(call: CutCall, results: Sequence[Any]) -> list[Any]:
    """The wanted results in their places, None for the others."""
    found = iter(results)
    return [None if box is None else next(found) for box in call.wanted]


@RESTRICTION.rule("custom_vjp_call", "custom_vjp_call_jaxpr")
def custom_vjp(site: CutSite) -> Cut:
    """The cotangents of what the function reads, from those of the wanted boxes."""
    traced = _traced(site, _backward)
    function, program = _function_bounds(traced, site.wanted), traced.derivative
    count = len(site.in_shapes)
    needs = _needs(count, function)
    while True:
        boxes = [
            (number, box)
            for n, number in zip(traced.smooth, program.outputs, strict=True)
            if (box := needs[n]) is not None
        ]
        derivative = infer(program, program.equations, boxes, program.arguments)
        more = tuple(map(hull, needs, _needs(count, derivative)))
        if more == needs:
            break
        needs = more
    call = CutCall(
        function, derivative, traced.smooth, traced.smooth_results, needs, tuple(site.wanted)
    )
    return _cut(site, call, _call_with_cotangents)


def _call_with_cotangents(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any], call: CutCall
) -> Sequence[Any]:
    """Run the cut function, with its cut derivative backwards."""

    @jax.custom_vjp
    def function(tables: Any, *values: Any) -> Any:
        return call.results(tables, values)

    def forward(tables: Any, *values: Any) -> Any:
        return function(tables, *values), (tables, values)

    def backward(residuals: Any, cotangents: Any) -> Any:
        tables, values = residuals
        _, own = call.split(tables)
        bounds = call.derivative
        given = call.parts(bounds, values)
        placed, arriving = _placed(call, cotangents), bounds.program.arguments[len(call.needs) :]
        for n, number in zip(call.smooth_results, arriving, strict=True):
            box = bounds.held.get(number)
            if box is not None:
                given[number] = _spread_out(placed[n], call.wanted[n], box, bounds, number)
        found = iter(run(bounds, given, {}, own))
        return (None, *(next(found) if n in call.smooth else None for n in call.read))

    function.defvjp(forward, backward)
    return _placed(call, function(tuple(tables), *(operands[n] for n in call.read)))


def _spread_out(value: Any, wanted: Box | None, box: Box, bounds: Bounds, number: int) -> Any:
    """A cotangent on another box: zero where nothing is wanted."""
    if wanted is None:
        return jnp.zeros(lengths(box), bounds.program.dtype(number))
    config = [(w.low - b.low, b.stop - w.stop, 0) for w, b in zip(wanted, box, strict=True)]
    return lax.pad(value, np.zeros((), value.dtype), config)
