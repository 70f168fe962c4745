"""Expectations for every length: a value has to hold at all residues that the model takes."""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.expect.expectations import Expectation, Value, observed, value_text
from jaxrf.theory.sizes.describe import describe
from jaxrf.theory.sizes.result import AxisSizes, EndpointSizes

__all__ = ["violations"]


def violations(endpoint: EndpointSizes, expectations: Sequence[Expectation]) -> list[str]:
    """One line for every expectation that does not hold for every length, on any axis.

    Args:
        endpoint: the sizes of the end-point.
        expectations: one value for all axes, or one per axis.
    """
    failures = []
    for item in expectations:
        wanted = item.along(len(endpoint.axes))
        if wanted is None:
            failures.append(f"{endpoint.name}: expected {item}, got {len(endpoint.axes)} axes")
            continue
        got = {
            axis.axis: _said(axis, item)
            for axis, value in zip(endpoint.axes, wanted, strict=True)
            if not _holds(axis, item, value)
        }
        if got:
            shown = list(dict.fromkeys(got.values()))
            several = ", ".join(f"{text} on axis {axis}" for axis, text in got.items())
            text = shown[0] if len(shown) == 1 else several
            failures.append(f"{endpoint.name}: expected {item} for every length, got {text}")
    return failures


def _holds(axis: AxisSizes, item: Expectation, wanted: Value) -> bool:
    """Whether an expectation holds at every residue that has an answer."""
    varies = any(r.evidence == "varies" for r in axis.residues)
    answers = axis.answers
    return (
        bool(answers)
        and not varies
        and all(item.holds(observed(answer, item), wanted) for answer in answers)
    )


def _said(axis: AxisSizes, item: Expectation) -> str:
    problem = next((r.problem for r in axis.residues if r.evidence == "varies"), None)
    values = {r.residue: value_text(observed(r.answer, item)) for r in axis.residues if r.answer}
    found = describe(values, axis.modulus)
    return problem or (f"{found.text} ({found.where})" if found.where else found.text)
