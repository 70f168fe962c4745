"""One decorator, one table: ONNX operator -> the JAX function that computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["OPERATORS", "NodeView", "Operator", "Unmapped", "operator"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Unmapped(Exception):
    """The operator, or this use of it, has no JAX function; "", or what of it has none."""


@dataclass(frozen=True, eq=False)
class NodeView:
    """One node of the file, as its function sees it.

    Attributes:
        op: operator.
        name: of the node, or of its first output.
        version: of the operator set that the file imports for the operator's domain.
        attributes: name -> Python value (int, float, str, list, numpy array, Body).
        outputs: number of outputs that are asked for; those left empty in between count.
        subgraph: ``(body, *operands, listed=True) -> outputs``, for operators that hold graphs;
            ``listed``: the feature maps inside are end-points.
    """

    op: str
    name: str
    version: int
    attributes: dict[str, Any]
    outputs: int
    subgraph: Callable[..., list[Any]]

    def get(self, attribute: str, default: Any = None) -> Any:
        """The attribute, or its default."""
        return self.attributes.get(attribute, default)


@dataclass(frozen=True)
class Operator:
    """The JAX function of an operator.

    Attributes:
        function: ``(node, *operands) -> result`` or a tuple of results; operands left out are None.
        known: numbers of the operands that must be known while tracing (shapes, axes, scales);
            they arrive as numpy arrays, all others as JAX or numpy arrays.
    """

    function: Callable[..., Any]
    known: frozenset[int]


OPERATORS: dict[tuple[str, str], Operator] = {}  # by domain and name


def operator(
    *names: str, known: tuple[int, ...] = (), domain: str = ""
) -> Callable[[Function], Function]:
    """Register ``(node, *operands) -> result`` for operators of a domain, the standard one."""

    def register(function: Function) -> Function:
        for name in names:
            OPERATORS[domain, name] = Operator(function, frozenset(known))
        return function

    return register
