"""One node of the flat graph: an operation, what it reads and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from jaxrf.errors import InvalidGraph
from jaxrf.geometry.words import Move, OperandRead

__all__ = ["Node"]


@dataclass(frozen=True)
class Node:
    """One feature map of the flat graph.

    Attributes:
        name: unique in its graph.
        op: name of the operation ("conv_general_dilated", "add", "input").
        operands: indices of the nodes it reads; all smaller than its own.
        dependence: one :class:`~jaxrf.geometry.words.OperandRead` per operand, or the
            :class:`~jaxrf.geometry.words.Move` of all operands together.
        shape: its shape, None where a graph built by hand does not say.
        exact: False where ``dependence`` is an upper bound because the operation is not known.
        scope: name scope of the user's framework.
        flops: floating-point operations, 2 per multiply-add.
        locate: function that finds ``source``, called only when it is needed.
        describe: function that finds ``words``, called only when they are needed.
    """

    name: str
    op: str
    operands: tuple[int, ...] = ()
    dependence: tuple[OperandRead, ...] | Move = ()
    shape: tuple[int, ...] | None = None
    exact: bool = True
    scope: str = ""
    flops: int = 0
    locate: Callable[[], str] = str
    describe: Callable[[], str] = str

    @cached_property
    def source(self) -> str:
        """file:line of the user's code, "" for graphs built by hand."""
        return self.locate()

    @cached_property
    def words(self) -> str:
        """The common name of the operation ("mean"); the primitive's where there is none."""
        return self.describe() or self.op

    @cached_property
    def is_elementwise(self) -> bool:
        """Whether outputs see what operands of the same rank see there, and nothing else."""
        return (
            self.exact
            and isinstance(self.dependence, tuple)
            and all(read.is_elementwise for read in self.dependence)
        )

    @property
    def place(self) -> str:
        """Scope and source line, or its name."""
        parts = (self.scope, self.source and f"at {self.source}")
        return " ".join(part for part in parts if part) or self.name

    @property
    def label(self) -> str:
        """Operation in the user's words, scope and source line, for messages."""
        return f"{self.words} ({self.place})"

    @property
    def full_shape(self) -> tuple[int, ...]:
        """The shape, where there must be one: exact supports end at the borders.

        Raises:
            InvalidGraph: a graph built by hand that does not say.
        """
        if self.shape is None:
            raise InvalidGraph(
                f"graph: node {self.name!r} has no shape, need one: give input(..., shape=)"
            )
        return self.shape
