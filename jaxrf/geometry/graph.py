"""The flat computation graph, built by hand or by tracing.

Every operation, whatever framework it comes from, is expressed in a small vocabulary, the words of
:mod:`jaxrf.geometry.words`. The solvers in :mod:`jaxrf.theory.solve` ask these words and know
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.names import some, suggestion
from jaxrf.errors import InvalidGraph
from jaxrf.geometry.layers import Layer
from jaxrf.geometry.node import Node
from jaxrf.geometry.words import Read
from jaxrf.text.result import Result

__all__ = ["Graph"]


@dataclass(repr=False)
class Graph(Result):
    """A flat list of nodes in topological order.

    >>> g = Graph()
    >>> x = g.input("x", shape=(7,))
    >>> left = g.add("left", Layer(5, 2, ((2, 1),)), of=x)
    >>> right = g.add("right", Layer(5), of=x)
    >>> g.add("sum", of=[left, right])
    'sum'
    >>> g["sum"].shape
    (3,)

    Attributes:
        rank: number of dimensions of the nodes added by hand (spatial axes only).
        nodes: in topological order.
    """

    REPORT: ClassVar[str] = "graph"

    rank: int = 1
    nodes: list[Node] = field(default_factory=list)
    _index: dict[str, int] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[self.index(name)]

    def index(self, name: str) -> int:
        """Position of the node called ``name``.

        Raises:
            InvalidGraph: there is none.
        """
        if name not in self._index:
            close = suggestion(name, self._index)
            raise InvalidGraph(
                f"graph: got node {name!r}, need one of {some(self._index, 6)}{close}"
            )
        return self._index[name]

    def append(self, node: Node) -> int:
        """Add a complete node; returns its index.

        Raises:
            InvalidGraph: the name is taken, or an operand does not come before it.
        """
        if node.name in self._index:
            raise InvalidGraph(f"graph: a node called {node.name!r} exists already, choose another")
        if any(not 0 <= i < len(self.nodes) for i in node.operands):
            raise InvalidGraph(f"graph: {node.name!r} reads a node that does not come before it")
        self._index[node.name] = len(self.nodes)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def input(self, name: str = "input", *, shape: Sequence[int] | None = None) -> str:
        """Add an input of ``rank`` spatial axes; with a shape, exact supports become available."""
        check_arguments(Graph.input, locals())
        lengths = None
        if shape is not None:
            lengths = (shape,) if isinstance(shape, int) else tuple(shape)
            if len(lengths) != self.rank or min(lengths) < 1:
                raise InvalidGraph(
                    f"input {name!r}: got shape {lengths}, need {self.rank} axes of positive length"
                )
        self.append(Node(name, "input", shape=lengths))
        return name

    def add(
        self,
        name: str,
        layer: Layer | None = None,
        *,
        of: str | Sequence[str],
        op: str | None = None,
    ) -> str:
        """Add a layer over one operand, or a join (add, concatenate channels) of several.

        Args:
            name: of the new feature map.
            layer: applied to every operand; None is elementwise.
            of: name or names of the operands.
            op: name of the operation, for messages; "layer", or "join" with several operands.

        Returns:
            ``name``, to be the operand of what follows.

        Raises:
            InvalidGraph: an unknown operand, or operands of different shapes.
            InvalidLayer: the layer has another rank.
        """
        check_arguments(Graph.add, locals())
        operands = tuple(self.index(o) for o in ([of] if isinstance(of, str) else of))
        if not operands:
            raise InvalidGraph(f"graph: {name!r} has no operands, need at least one")
        windows = (layer or Layer()).windows(self.rank)
        read = Read(tuple(enumerate(windows)))
        shapes = {s for i in operands if (s := self.nodes[i].shape) is not None}
        if len(shapes) > 1:
            raise InvalidGraph(f"graph: {name!r} joins shapes {sorted(shapes)}, need equal ones")
        shape = None
        if shapes:
            shape = tuple(w.output_length(n) for w, n in zip(windows, shapes.pop(), strict=True))
            if 0 in shape:
                raise InvalidGraph(f"graph: the output {name!r} is empty, need a larger input")
        op = op or ("layer" if len(operands) == 1 else "join")
        self.append(Node(name, op, operands, (read,) * len(operands), shape))
        return name
