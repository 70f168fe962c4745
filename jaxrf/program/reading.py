"""One way to read a program: a rule per primitive, one context for every rule, one loop.

A *reading* interprets the equations of a flat program one after the other, each by the rule of its
primitive: theory says how outputs read their operands, the positive linearisation runs a stand-in,
the energy prediction carries expected squares, an execution runs the primitives themselves. They
differ in what a value is and in what a rule may ask; both stand in the reading's own subclass of
:class:`Site`. Everything else is here, once: the table of rules, what happens where there is no
rule, the loop in program order (:func:`interpret`), and the same by demand (:func:`resolve`).

>>> sizes = Reading("size of every result", default=lambda site: [1] * len(site.out_shapes))
>>> @sizes.rule("mul", "add")
... def elementwise(site):
...     return [max(site.operands)]
>>> @sizes.rule("add")
... def sum_(site):
...     return [sum(site.operands)]
Traceback (most recent call last):
    ...
ValueError: size of every result: got a second rule for add, sum_, beside elementwise; need one
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from jaxrf.program.equation import Equation
from jaxrf.program.slices import backward_slice, last_uses

__all__ = ["Reading", "Site", "interpret", "resolve"]

Value = TypeVar("Value")
Place = TypeVar("Place", bound="Site")
Result = TypeVar("Result")
Rule = TypeVar("Rule", bound=Callable[..., Any])


@dataclass(eq=False)
class Site:
    """One equation as a rule sees it. Readings add what is known there, and what may be noted.

    Attributes:
        equation: the primitive, its parameters and shapes.
        operands: what the reading has found of each operand; None where it has found nothing.
    """

    equation: Equation
    operands: Sequence[Any] = ()

    @property
    def name(self) -> str:
        """Name of the primitive."""
        return self.equation.name

    @property
    def params(self) -> dict[str, Any]:
        """Parameters of the primitive."""
        return self.equation.params

    @property
    def in_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the operands."""
        return self.equation.in_shapes

    @property
    def out_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the results."""
        return self.equation.out_shapes

    @property
    def source(self) -> str:
        """file:line of the user's code."""
        return self.equation.source


@dataclass(frozen=True, eq=False)
class Reading(Generic[Place, Result]):
    """The rules of one reading.

    Attributes:
        name: what it is called in messages.
        default: what holds where there is no rule, or the rule returns None; and for equations with
            states, which no rule may touch.
        forgiving: whether a rule that raises counts as one that returns None.
        rules: primitive -> its rule, filled by :meth:`rule`.
    """

    name: str
    default: Callable[[Place], Result]
    forgiving: bool = False
    rules: dict[str, Callable[[Place], Result | None]] = field(default_factory=dict)

    def rule(self, *primitives: str) -> Callable[[Rule], Rule]:
        """Register a function of a site as the one rule of each of these primitives.

        Raises:
            ValueError: one of them has a rule already.
        """

        def register(function: Rule) -> Rule:
            for name in primitives:
                if name in self.rules:
                    raise ValueError(
                        f"{self.name}: got a second rule for {name}, {function.__name__}, beside "
                        f"{self.rules[name].__name__}; need one"
                    )
                self.rules[name] = function
            return function

        return register

    def __call__(self, site: Place) -> Result:
        """The result of the rule of a site, or the default."""
        equation = site.equation
        rule = None if equation.states else self.rules.get(equation.name)
        if rule is None:
            return self.default(site)
        try:
            found = rule(site)
        except Exception:
            if not self.forgiving:
                raise
            found = None  # an equation that the author of the rule did not think of
        return self.default(site) if found is None else found


def interpret(
    equations: Sequence[Equation],
    values: MutableMapping[int, Value],
    step: Callable[[Equation, list[Any]], Sequence[Value | None]],
    *,
    reached: bool = False,
    wanted: Collection[int] | None = None,
    last: Sequence[Iterable[int]] | None = None,
) -> MutableMapping[int, Value]:
    """Go through equations in program order and keep what each makes of what was found before.

    Args:
        equations: in order of execution.
        values: value number -> what is found of it; what is found is added. ``step`` may change it.
        step: what an equation makes of its operands: one entry per result. None, on both sides,
            stands for nothing found.
        reached: leave out equations of which no operand has been found.
        wanted: leave out what these values do not need, and drop others after their last use.
        last: per equation, the values that are dropped after it; by default those of ``wanted``.

    Returns:
        ``values``.
    """
    if wanted is not None:
        equations = backward_slice(equations, wanted)
        last = last_uses(equations, wanted) if last is None else last
    for n, equation in enumerate(equations):
        operands = [values.get(i) for i in equation.inputs]
        if not reached or any(operand is not None for operand in operands):
            results = step(equation, operands)
            for number, result in zip(equation.outputs, results, strict=True):
                if result is not None:
                    values[number] = result
        for number in () if last is None else last[n]:
            values.pop(number, None)
    return values


def resolve(
    number: int,
    found: Mapping[int, Value],
    needs: Callable[[int], Iterable[int]],
    make: Callable[[int], None],
) -> Value:
    """Resolve one value by demand: what it needs comes first, everything is computed once.

    >>> found = {}
    >>> def make(n):
    ...     found[n] = 1 if n < 2 else found[n - 1] + found[n - 2]
    >>> resolve(30, found, lambda n: [] if n < 2 else [n - 1, n - 2], make)
    1346269

    Args:
        number: value number.
        found: value number -> what has been found.
        needs: value number -> the values that must be found before it.
        make: adds a value, all that it needs being found, to ``found``.
    """
    pending = [number]
    while pending:
        last = pending[-1]
        if last in found:
            pending.pop()
            continue
        missing = [i for i in needs(last) if i not in found]
        if missing:
            pending += missing
        else:
            make(last)
    return found[number]
