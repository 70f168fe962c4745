"""The setting of a result: origin of the weights, call of the model, assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Setting"]


@dataclass(frozen=True)
class Setting:
    """The weights, call and assumptions of a result.

    Attributes:
        weights: their origin, as a text that begins with "drawn" or "given".
        call: keyword arguments of the model's own call.
        assumed: one line per assumption.
    """

    weights: str = "given (inside the function)"
    call: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether weights are drawn at random."""
        return self.weights.startswith("drawn")

    @property
    def lines(self) -> tuple[str, ...]:
        """Notes below a table."""
        return (f"weights {self.weights}", *self.calls)

    @property
    def calls(self) -> tuple[str, ...]:
        """The call of the model and the assumptions, one line each."""
        told = [f"{n}={v}" for n, v in self.call.items()]
        said = [t for t in told if not any(line.startswith(f"{t}:") for line in self.assumed)]
        called = [f"called with {', '.join(said)}"] if said else []
        return (*called, *(f"assumed: {line}" for line in self.assumed))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; arguments that JSON does not have as their text."""
        plain = (bool, int, float, str, type(None))
        call = {n: v if isinstance(v, plain) else repr(v) for n, v in self.call.items()}
        return {"weights": self.weights, "call": call, "assumed": list(self.assumed)}
