"""The flat computation graph, built by hand or by tracing, and the few ways in which nodes read.

Every operation, whatever framework it comes from, is said in a small vocabulary. For each operand a
:class:`Read` tells, for every dimension of the output, which dimension of the operand it follows
and how: through a :class:`~jaxrf.geometry.layers.Window` (convolution, pooling, padding, slices;
``Window()`` is elementwise), :class:`Groups` (all to all within a group: channels, softmax),
:class:`Taps` (any fixed table: reversal, known gather, image resizing) or :class:`Running` (sums up
to here). Operand dimensions that no output dimension follows are read whole (reductions,
contractions); ``where`` leaves out the outputs that do not read at all (known masks), and
:class:`AnyOf` unites several reads of one operand. :class:`Reshape` and :class:`Concatenate` keep
elements and move them. The solvers in :mod:`jaxrf.theory.solve` know these words and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.arguments.names import some, suggestion
from jaxrf.errors import InvalidGraph
from jaxrf.geometry.layers import IDENTITY, Layer, Window
from jaxrf.text.readable import Readable

__all__ = ["AnyOf", "Concatenate", "Graph", "Groups", "Node", "Read", "Reshape", "Running", "Taps"]


@dataclass(frozen=True)
class Groups:
    """Each of ``count`` equal groups of outputs reads its whole group of inputs; 1: all of them."""

    count: int = 1


@dataclass(frozen=True, eq=False)
class Taps:
    """Output u reads the input indices ``table[u]``; -1 is no input.

    Attributes:
        table: integers [outputs, taps].
    """

    table: np.ndarray


@dataclass(frozen=True)
class Running:
    """Output u reads the inputs 0 to u; u to the last one if ``reverse``."""

    reverse: bool = False


Access = Window | Groups | Taps | Running


@dataclass(frozen=True, eq=False)
class Read:
    """How a node reads one operand.

    Attributes:
        dims: per output dimension, (operand dimension, access), or None where the output is the
            same all along that dimension. Operand dimensions that are not named are read whole.
        where: bool, broadcastable to the output: those that read the operand; None is all of them.
    """

    dims: tuple[tuple[int, Access] | None, ...]
    where: np.ndarray | None = None

    @cached_property
    def followed(self) -> tuple[int, ...]:
        """The operand dimensions that are followed, in output order."""
        return tuple(step[0] for step in self.dims if step is not None)

    @cached_property
    def is_plain(self) -> bool:
        """Whether dimensions are only moved, repeated or read whole."""
        return self.where is None and all(s is None or s[1] == IDENTITY for s in self.dims)

    @cached_property
    def is_elementwise(self) -> bool:
        """Whether every dimension is followed, in order, index by index."""
        return self.is_plain and self.followed == tuple(range(len(self.dims)))

    @staticmethod
    def elementwise(rank: int) -> Read:
        """Output index i reads operand index i on each of ``rank`` dimensions."""
        return Read(tuple((d, IDENTITY) for d in range(rank)))

    @staticmethod
    def everything(rank: int) -> Read:
        """Every output, of ``rank`` dimensions, reads the whole operand."""
        return Read((None,) * rank)


@dataclass(frozen=True, eq=False)
class AnyOf:
    """Several reads of one operand, united: no join, nothing to be aligned."""

    reads: tuple[Read, ...]


@dataclass(frozen=True)
class Reshape:
    """The same elements in row-major order under another shape."""


@dataclass(frozen=True)
class Concatenate:
    """Operands laid one after the other along ``dim``."""

    dim: int


@dataclass(frozen=True)
class Node:
    """One feature map of the flat graph.

    Attributes:
        name: unique in its graph.
        op: name of the operation ("conv_general_dilated", "add", "input").
        operands: indices of the nodes it reads; all smaller than its own.
        how: one :class:`Read` or :class:`AnyOf` per operand, or how all operands are moved
            together.
        shape: its shape, None where a graph built by hand does not say.
        exact: False where ``how`` is an upper bound because the operation is not known.
        scope: name scope of the user's framework.
        flops: floating-point operations, 2 per multiply-add.
        locate: finds ``source``; most nodes are never asked.
        describe: finds ``words``.
    """

    name: str
    op: str
    operands: tuple[int, ...] = ()
    how: tuple[Read | AnyOf, ...] | Reshape | Concatenate = ()
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
        """What people call the operation ("mean"); its name where nothing better is known."""
        return self.describe() or self.op

    @cached_property
    def is_elementwise(self) -> bool:
        """Whether outputs see what operands of the same rank see there, and nothing else."""
        return (
            self.exact
            and isinstance(self.how, tuple)
            and all(isinstance(read, Read) and read.is_elementwise for read in self.how)
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


@dataclass(repr=False)
class Graph(Readable):
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
        check_given(Graph.input, locals())
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
            op: what it is, for messages; "layer", or "join" with several operands.

        Returns:
            ``name``, to be the operand of what follows.

        Raises:
            InvalidGraph: an unknown operand, or operands of different shapes.
            InvalidLayer: the layer has another rank.
        """
        check_given(Graph.add, locals())
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
