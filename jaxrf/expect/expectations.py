"""Expectations of a field, as text (``block4:size<=483``) or in Python, and their check."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    from jaxrf.geometry.field import AxisField, Field

__all__ = [
    "NAMES",
    "Expectation",
    "Value",
    "expectation",
    "observed",
    "parse_expectation",
    "value_text",
    "violations",
]

Value = int | Fraction | float | bool | None  # a number, infinity for "all", a flag, or unknown

_WHOLE, _FRACTION, _FLAG = "a whole number", "a number or fraction", "true or false"
_NONE, _ALL = {"none": None}, {"all": math.inf}
NAMES: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "size": (_WHOLE, _NONE),
    "stride": (_FRACTION, _NONE),
    "padding": (_WHOLE, _NONE),
    "period": (_WHOLE, {}),
    "aligned": (_FLAG, {}),
    "global": (_FLAG, {}),
    "causal": (_FLAG, _NONE),
    "look_back": (_WHOLE, {**_ALL, **_NONE}),
    "look_ahead": (_WHOLE, {**_ALL, **_NONE}),
}
"""Property -> kind of its values, and the words that may stand for one."""

_SHORT = {"r": "size", "s": "stride", "p": "padding", "back": "look_back", "ahead": "look_ahead"}
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_LEAST = {"size": 0, "period": 1}
_TEXT = re.compile(r"(?:(?P<endpoint>.+):)?\s*(?P<name>\w+)\s*(?P<given>[<>=].*)", re.DOTALL)
_RELATION = re.compile(r"\s*(<=|>=|==|=|<|>|)(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:/\d{1,18}|\.\d{1,18})?", re.ASCII)


@dataclass(frozen=True)
class Expectation:
    """The value or bound that a property of an end-point has to have.

    Attributes:
        name: one of :data:`NAMES`.
        relation: "=", "<=" or ">=".
        values: one for all axes, or one per axis; infinity for "all", None for "none".
        endpoint: name of the end-point; None for the one that the caller chooses.
    """

    name: str
    relation: str
    values: tuple[Value, ...]
    endpoint: str | None = None

    def __str__(self) -> str:
        relation = "" if self.relation == "=" else f"{self.relation} "
        return f"{self.name} {relation}{','.join(map(value_text, self.values))}"

    def along(self, axes: int) -> tuple[Value, ...] | None:
        """One value per axis; None where there are more or fewer."""
        values = self.values * axes if len(self.values) == 1 else self.values
        return values if len(values) == axes else None

    def holds(self, got: Value, wanted: Value) -> bool:
        """Whether a value along an axis meets the expectation; unknown ones have no order."""
        if self.relation == "=" or got is None or wanted is None:
            return self.relation == "=" and got == wanted
        return got <= wanted if self.relation == "<=" else got >= wanted


def parse_expectation(text: str) -> Expectation:
    """Parse an expectation: ``[END-POINT:]NAME RELATION VALUE[,VALUE]``.

    >>> str(parse_expectation("size=427")), str(parse_expectation("block4:stride<=1/2,2"))
    ('size 427', 'stride <= 1/2,2')

    Raises:
        InvalidInput: no such name or relation, or a value of another kind.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"got {text!r}, need NAME=VALUE, NAME<=VALUE or NAME>=VALUE in quotes, with NAME one "
            f"of {', '.join(NAMES)}, and END-POINT: before it for another end-point"
        )
    endpoint = match["endpoint"]
    return expectation(match["name"], match["given"], endpoint and endpoint.strip())


def expectation(name: str, given: Any, endpoint: str | None = None) -> Expectation:
    """Make an expectation of one property.

    >>> str(expectation("size", (5, 3))), str(expectation("look_back", "<= 20"))
    ('size 5,3', 'look_back <= 20')

    Args:
        name: one of :data:`NAMES`, or as tables have it: r, S, P, back, ahead.
        given: a value, one per axis, or a text that may begin with a relation.
        endpoint: whose; None for the output.

    Raises:
        InvalidInput: no such name or relation, or a value of another kind.
    """
    full = _SHORT.get(name.lower(), name.lower())
    full = {"is_global": "global"}.get(full, full)
    if full not in NAMES:
        raise InvalidInput(f"got {name!r}, need one of {', '.join(NAMES)}")
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    text = ",".join(map(str, given)) if several else str(given)
    relation, values = _RELATION.fullmatch(text).groups()  # type: ignore[union-attr]
    relation = {"": "=", "==": "="}.get(relation, relation)
    if relation in ("<", ">"):
        raise InvalidInput(f"{full}: got {relation}, need {relation}= or =")
    if relation != "=" and NAMES[full][0] == _FLAG:
        raise InvalidInput(f"{full}: got {relation}, need = with true or false")
    read = tuple(_value(full, part.strip(), relation) for part in values.split(","))
    return Expectation(full, relation, read, endpoint)


def _value(name: str, text: str, relation: str) -> Value:
    kind, words = NAMES[name]
    if text.lower() in words and relation == "=":
        return words[text.lower()]
    if kind == _FLAG and text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    if kind != _FLAG and _NUMBER.fullmatch(text) and not re.search(r"/0+$", text):
        number = Fraction(text)
        whole = number.denominator == 1
        if (whole or kind == _FRACTION) and number >= _LEAST.get(name, number):
            return int(number) if whole else number
    least = f" from {_LEAST[name]} on" if name in _LEAST else ""
    rest = f", or {' or '.join(words)}" if words and relation == "=" else ""
    raise InvalidInput(f"{name}: got {text!r}, need {kind}{least}{rest}")


def value_text(value: Value) -> str:
    """A value in the notation of expectations.

    >>> value_text(None), value_text(math.inf), value_text(True), value_text(Fraction(1, 2))
    ('none', 'all', 'true', '1/2')
    """
    if value is None:
        return "none"
    return "all" if value == math.inf else str(value).lower()


def observed(axis: Any, item: Expectation) -> Value:
    """The value of the expected property along one axis; infinity where there is no bound.

    ``size`` is that of the local paths. Beside a path that sees the whole axis it bounds nothing.

    Args:
        axis: an :class:`~jaxrf.geometry.field.AxisField`, or an answer for every length.
        item: the expectation.
    """
    name = item.name
    value: Value = getattr(axis, "is_global" if name == "global" else name)
    if name == "size" and item.relation == "<=" and (axis.is_global or axis.approximate):
        return math.inf
    if value is None and name.startswith("look_") and axis.causal is not None:
        return math.inf  # there is no bound
    return value


def violations(field: Field, expectations: Sequence[Expectation]) -> list[str]:
    """One line for every expectation that does not hold along some axis of a field."""
    failures = []
    for item in expectations:
        got = [observed(axis, item) for axis in field.axes]
        if not _all_hold(item, field.axes):
            one = len(set(got)) == 1 and len(item.values) == 1
            shown = value_text(got[0]) if one else ",".join(map(value_text, got))
            failures.append(f"{field.name}: expected {item}, got {shown}")
    return failures


def _all_hold(item: Expectation, axes: Sequence[AxisField]) -> bool:
    wanted = item.along(len(axes))
    return wanted is not None and all(
        item.holds(observed(axis, item), value) for axis, value in zip(axes, wanted, strict=True)
    )
