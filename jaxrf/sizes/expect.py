"""``--expect`` for every length: a value has to hold at all residues that the model takes."""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.causality import in_words
from jaxrf.sizes.describe import say
from jaxrf.sizes.result import AxisSizes, EndpointSizes

__all__ = ["unexpected"]

_ATTRIBUTES = {"global": "is_global"}
_LOOKS = ("look_back", "look_ahead")  # "all" without a bound


def unexpected(endpoint: EndpointSizes, expectations: Sequence[tuple[str, str]]) -> list[str]:
    """One line for every expectation that does not hold for every length, on any axis.

    Args:
        endpoint: what is known of it.
        expectations: (name, value) pairs; one value for all axes, or one an axis with commas.
    """
    failures = []
    for name, expected in expectations:
        wanted = [part.strip().lower() for part in expected.split(",")]
        wanted = wanted * len(endpoint.axes) if len(wanted) == 1 else wanted
        if len(wanted) != len(endpoint.axes):
            failures.append(
                f"{endpoint.name}: expected {name} {expected}, got {len(endpoint.axes)} axes"
            )
            continue
        got = {
            axis.axis: _said(axis, name)
            for axis, value in zip(endpoint.axes, wanted, strict=True)
            if _texts(axis, name) != {value}
        }
        if got:
            shown = list(dict.fromkeys(got.values()))
            text = shown[0] if len(shown) == 1 else ", ".join(f"{t} on axis {a}" for a, t in
                                                              got.items())  # fmt: skip
            failures.append(
                f"{endpoint.name}: expected {name} {expected} for every length, got {text}"
            )
    return failures


def _values(axis: AxisSizes, name: str) -> dict[int, str]:
    answers = {r.residue: r.answer for r in axis.residues if r.answer}
    if name in _LOOKS:
        return {r: in_words(getattr(a, name), a.causal, unknown="none") for r, a in answers.items()}
    values = {r: getattr(a, _ATTRIBUTES.get(name, name)) for r, a in answers.items()}
    return {r: "none" if v is None else str(v).lower() for r, v in values.items()}


def _texts(axis: AxisSizes, name: str) -> set[str]:
    """All that it is; lengths that disagree are something else again."""
    varies = any(r.evidence == "varies" for r in axis.residues)
    return {*_values(axis, name).values(), *(["varying"] if varies else [])}


def _said(axis: AxisSizes, name: str) -> str:
    problem = next((r.problem for r in axis.residues if r.evidence == "varies"), None)
    said = say(_values(axis, name), axis.modulus)
    return problem or (f"{said.text} ({said.where})" if said.where else said.text)
