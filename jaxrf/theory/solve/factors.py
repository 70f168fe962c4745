"""A flattened grid stays a grid, as long as nothing reads across the ends of its rows.

Rows of tokens, windows merged into the batch, groups of channels merged with space: there one
dimension of a value stands for several axes of the input, each with a law of its own. The graph is
rewritten before it is solved, so that such a dimension is kept as its *factors*; elementwise
operations, reductions, transposes and further reshapes act on them one by one. What reads along the
merged dimension (a convolution over tokens, a cumulative sum) sees it merged, by a reshape of its
own in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.reshape import factor_groups, reshape_broadcastable
from jaxrf.geometry.words import (
    IDENTITY,
    AnyOf,
    Concatenate,
    Move,
    OperandRead,
    Read,
    Reshape,
)

__all__ = ["VIEW", "Factored", "factored"]

_NONE: tuple[frozenset[int], ...] = (frozenset(),)  # no axis; compared by identity
VIEW = "view"  # op of a node that shows its operand in other factors

Factors = tuple[tuple[int, ...], ...]  # per dimension, outer to inner
Labels = tuple[tuple[frozenset[int], ...], ...]  # the input axes that each factor runs along


@dataclass(frozen=True, eq=False)
class Factored:
    """A graph that says the same with merged dimensions kept apart.

    Attributes:
        graph: the rewritten graph; the graph itself where nothing is merged.
        index: node of the graph -> node of the rewritten one.
        factors: node of the rewritten graph -> factors of every dimension of the original node;
            nodes whose dimensions are what they were are left out.
    """

    graph: Graph
    index: Sequence[int]
    factors: dict[int, Factors]


def factored(graph: Graph, *, axes: Sequence[int], source: int = 0) -> Factored:
    """Rewrite a graph for fields along ``axes`` of the input node ``source``.

    Raises:
        InvalidGraph: a graph built by hand without shapes.
    """
    if not any(isinstance(node.dependence, Reshape) for node in graph.nodes):
        return Factored(graph, range(len(graph.nodes)), {})
    writer = _Writer(graph, set(axes), source)
    for index in range(len(graph.nodes)):
        writer.add(index)
    return Factored(writer.graph, writer.index, writer.factors)


class _Writer:
    """The rewritten graph in the making."""

    def __init__(self, graph: Graph, axes: set[int], source: int) -> None:
        self.old, self.axes, self.source = graph, axes, source
        self.graph = Graph()
        self.index: list[int] = []
        self.factors: dict[int, Factors] = {}
        self.own: list[Factors] = []  # by node of the old graph, as the labels
        self.labels: list[Labels] = []
        self.views: dict[tuple[int, Factors], int] = {}
        self.reads: dict[tuple[int, Factors, Factors], tuple[Read, Read]] = {}

    def add(self, index: int) -> None:
        """The node, its operands seen in factors that fit."""
        node = self.old.nodes[index]
        shape = node.full_shape
        if index == self.source or not node.operands or 0 in shape:
            labels: Labels = tuple(
                (frozenset({d}),) if index == self.source and d in self.axes else _NONE
                for d in range(len(shape))
            )
            self._append(node, self._merged(node), node.dependence, _plain(shape), labels)
        elif isinstance(node.dependence, Reshape):
            operand = node.operands[0]
            before = self.old.nodes[operand].full_shape
            factors, labels = _reshaped(before, self._of(operand), self.labels[operand], shape)
            self._append(node, (self.index[operand],), node.dependence, factors, labels)
        elif isinstance(node.dependence, Concatenate):
            self._concatenate(node, node.dependence, shape)
        elif isinstance(node.dependence, Move):  # of no kind known here: all of it merged
            labels = tuple(_NONE for _ in shape)
            self._append(node, self._merged(node), node.dependence, _plain(shape), labels)
        elif node.is_elementwise and self._alike(node.operands, shape):
            first = node.operands[0]
            operands = tuple(self.index[i] for i in node.operands)
            factors = self._of(first)
            dependence = node.dependence
            if self._is_factored(first):
                dependence = (_elementwise(len(_flat(factors))),) * len(node.operands)
            self._append(node, operands, dependence, factors, self.labels[first])
        else:
            self._read(node, node.dependence, shape)

    def _alike(self, operands: Sequence[int], shape: tuple[int, ...]) -> bool:
        """Whether all operands have this shape, in the same factors, along the same axes."""
        first = operands[0]
        factors, labels = self._of(first), self.labels[first]
        return all(
            self.old.nodes[i].shape == shape and self._of(i) == factors and self.labels[i] == labels
            for i in operands
        )

    def _of(self, old: int) -> Factors:
        """The factors of a node of the old graph."""
        return self.own[old]

    def _merged(self, node: Node) -> tuple[int, ...]:
        return tuple(self._view(i, _plain(self.old.nodes[i].full_shape)) for i in node.operands)

    def _view(self, old: int, factors: Factors) -> int:
        """An operand in other factors: itself, or a reshape of it."""
        new = self.index[old]
        if factors == self._of(old):
            return new
        if (new, factors) not in self.views:
            name = f"{self.graph.nodes[new].name}.view{len(self.views)}"
            node = Node(name, VIEW, (new,), Reshape(), _flat(factors))
            self.views[new, factors] = self.graph.append(node)
        return self.views[new, factors]

    def _append(
        self,
        node: Node,
        operands: tuple[int, ...],
        dependence: Any,
        factors: Factors,
        labels: Labels,
    ) -> None:
        shape = node.full_shape
        plain = factors == _plain(shape)
        if not plain or operands != node.operands or dependence is not node.dependence:
            node = replace(node, operands=operands, dependence=dependence, shape=_flat(factors))
        self.index.append(self.graph.append(node))
        self.labels.append(labels)
        self.own.append(factors)
        if not plain:
            self.factors[self.index[-1]] = factors

    def _concatenate(self, node: Node, dependence: Concatenate, shape: tuple[int, ...]) -> None:
        """Merged along the dimension in which pieces are laid."""
        pieces = node.operands
        factors, labels = [], []
        for d, length in enumerate(shape):
            options = [] if d == dependence.dim else [self._of(i)[d] for i in pieces]
            factors.append(_common(options, length))
            parts = tuple((self._of(i)[d], self.labels[i][d]) for i in pieces)
            labels.append(_agreed(parts, factors[-1]))
        chosen = tuple(factors)
        views = tuple(
            self._view(
                i,
                tuple(
                    (self.old.nodes[i].full_shape[d],) if d == dependence.dim else f
                    for d, f in enumerate(chosen)
                ),
            )
            for i in pieces
        )
        moved = Concatenate(sum(len(f) for f in chosen[: dependence.dim]))
        self._append(node, views, moved, chosen, tuple(labels))

    def _read(
        self, node: Node, dependence: tuple[OperandRead, ...], shape: tuple[int, ...]
    ) -> None:
        """Dimensions that are only moved keep their factors, what is read along is merged."""
        reads = [(i, read) for i, whole in zip(node.operands, dependence, strict=True)
                 for read in whole.parts]  # fmt: skip
        if all(not self._is_factored(i) for i in node.operands):
            labels = self._labels_plain(reads, len(shape))
            operands = tuple(self.index[i] for i in node.operands)
            self._append(node, operands, dependence, _plain(shape), labels)
            return
        moved = tuple(self._moved(reads, d, n) for d, n in enumerate(shape))
        labels = tuple(self._labels_read(reads, d, f) for d, f in enumerate(moved))
        views: list[int] = []
        dependences: list[OperandRead] = []
        for i, whole in zip(node.operands, dependence, strict=True):
            inner = self._needed(i, whole.parts, moved)
            views.append(self._view(i, inner))
            rewritten = tuple(self._in_factors(read, inner, moved, shape) for read in whole.parts)
            dependences.append(AnyOf(rewritten) if len(rewritten) > 1 else rewritten[0])
        self._append(node, tuple(views), tuple(dependences), moved, labels)

    def _in_factors(
        self, read: Read, inner: Factors, outer: Factors, shape: tuple[int, ...]
    ) -> Read:
        """A read in factors on both sides; one object for the same, so that repeats can be told."""
        key = (id(read), inner, outer)
        if key not in self.reads:
            rewritten = _in_factors(read, inner, outer, shape)
            self.reads[key] = read, rewritten  # kept alive: its id stays its own
        return self.reads[key][1]

    def _moved(self, reads: Sequence[tuple[int, Read]], d: int, length: int) -> tuple[int, ...]:
        """The factors of an output dimension: of the operands, unless one is read along it."""
        steps = [(i, step) for i, read in reads if (step := read.dims[d]) is not None]
        if not all(_moves(step) for _, step in steps):
            return (length,)
        return _common([self._of(i)[step[0]] for i, step in steps], length)

    def _is_factored(self, old: int) -> bool:
        return self.index[old] in self.factors

    def _needed(self, old: int, parts: Sequence[Read], moved: Factors) -> Factors:
        """The factors in which an operand is read: those of the output where it is moved."""
        factors = list(self._of(old))
        for read in parts:
            for d, step in enumerate(read.dims):
                if step is not None:
                    length = (self.old.nodes[old].full_shape[step[0]],)
                    factors[step[0]] = moved[d] if _moves(step) else length
        return tuple(factors)

    def _labels_plain(self, reads: Sequence[tuple[int, Read]], rank: int) -> Labels:
        """The axes that the dimensions of a node run along, where no operand is in factors."""
        found = [_NONE] * rank
        for i, read in reads:
            labels = self.labels[i]
            for d, step in enumerate(read.dims):
                if step is not None and (label := labels[step[0]]) is not _NONE:
                    found[d] = label if found[d] is _NONE else (found[d][0] | label[0],)
        return tuple(found)

    def _labels_read(
        self, reads: Sequence[tuple[int, Read]], d: int, factors: tuple[int, ...]
    ) -> tuple[frozenset[int], ...]:
        """The axes that the factors of an output dimension run along."""
        steps = [(i, read.dims[d]) for i, read in reads]
        parts = ((self._of(i)[s[0]], self.labels[i][s[0]]) for i, s in steps if s is not None)
        return _agreed(tuple(parts), factors)


@lru_cache(maxsize=4096)
def _plain(shape: tuple[int, ...]) -> Factors:
    return tuple((n,) for n in shape)


def _flat(factors: Factors) -> tuple[int, ...]:
    return tuple(n for dim in factors for n in dim)


def _moves(step: tuple[int, Any] | None) -> bool:
    """Whether a dimension is taken over as it is."""
    return step is not None and step[1] == IDENTITY


def _common(options: list[tuple[int, ...]], length: int) -> tuple[int, ...]:
    """Factors that fit all operands; the whole dimension where there are none."""
    found: tuple[int, ...] = (length,)
    for option in options:
        if prod(option) != length:
            return (length,)
        finer = _refined(found, option)
        if finer is None:
            return (length,)
        found = finer
    return found


@lru_cache(maxsize=4096)
def _refined(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...] | None:
    """The coarsest factors that both are products of; None where there are none."""
    if one == other:
        return one
    cuts = sorted({*_cuts(one), *_cuts(other)})
    if any(high % low for low, high in pairwise(cuts)):
        return None
    return tuple(high // low for low, high in pairwise(cuts))[::-1] or (1,)


@lru_cache(maxsize=4096)
def _cuts(factors: tuple[int, ...]) -> tuple[int, ...]:
    """Steps of the factors in row-major order, and the whole."""
    return tuple(prod(factors[i:]) for i in range(len(factors) + 1))


@lru_cache(maxsize=4096)
def _agreed(
    parts: tuple[tuple[tuple[int, ...], tuple[frozenset[int], ...]], ...], factors: tuple[int, ...]
) -> tuple[frozenset[int], ...]:
    """The axes that factors run along, from those of coarser factors of the dimension."""
    steps = _cuts(factors)
    found: list[frozenset[int]] = [frozenset()] * len(factors)
    for lengths, labels in parts:
        outer = _cuts(lengths)
        for n in range(len(factors)):
            for m, label in enumerate(labels):
                if outer[m + 1] < steps[n] and steps[n + 1] < outer[m]:
                    found[n] |= label
    if len(factors) == 1:
        found = [frozenset().union(*(label for _, some in parts for label in some))]
    return tuple(found)


@lru_cache(maxsize=64)
def _elementwise(rank: int) -> Read:
    return Read.elementwise(rank)


def _in_factors(read: Read, inner: Factors, outer: Factors, shape: tuple[int, ...]) -> Read:
    """A read in factors on both sides."""
    first = np.cumsum([0, *(len(f) for f in inner)])
    dims: list[Any] = []
    for d, step in enumerate(read.dims):
        if step is None:
            dims += [None] * len(outer[d])
        elif _moves(step):
            dims += [(int(first[step[0]]) + n, IDENTITY) for n in range(len(outer[d]))]
        else:
            dims.append((int(first[step[0]]), step[1]))
    where = read.where
    if where is not None:
        where = np.broadcast_to(where, np.broadcast_shapes(where.shape, (1,) * len(shape)))
        where = reshape_broadcastable(where, shape, _flat(outer), lead=0)
    return Read(tuple(dims), where)


@lru_cache(maxsize=4096)
def _reshaped(
    before: tuple[int, ...], factors: Factors, labels: Labels, after: tuple[int, ...]
) -> tuple[Factors, Labels]:
    """The factors of every dimension after a reshape, and what they run along."""
    result: list[tuple[int, ...]] = [(n,) for n in after]
    along: list[tuple[frozenset[int], ...]] = [(frozenset(),) for _ in after]
    for group in factor_groups(before, after):
        lengths = tuple(n for d in group.before for n in factors[d])
        some = tuple(label for d in group.before for label in labels[d])
        target = tuple(after[d] for d in group.after)
        finer = _refined(_sized(lengths), _sized(target))
        if finer is None:
            for d in group.after:
                along[d] = (frozenset().union(*some),)
            continue
        named = _agreed(((lengths, some),), finer)
        rest = list(zip(finer, named, strict=True))
        for d in group.after:
            if after[d] == 1:
                along[d] = (frozenset().union(*some) if all(before[i] == 1 for i in group.before)
                            else frozenset(),)  # fmt: skip
                continue
            pieces: list[tuple[int, frozenset[int]]] = []
            while prod(length for length, _ in pieces) < after[d]:
                pieces.append(rest.pop(0))
            pieces = _coarse(pieces)
            result[d] = tuple(length for length, _ in pieces)
            along[d] = tuple(label for _, label in pieces)
    return tuple(result), tuple(along)


def _sized(lengths: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in lengths if n > 1) or (1,)


def _coarse(pieces: list[tuple[int, frozenset[int]]]) -> list[tuple[int, frozenset[int]]]:
    """Factors merged where they run along one axis, from outside inwards.

    An inner factor of no axis (the fine places of a pixel shuffle) belongs to the outer one; an
    outer one of no axis (channels before space) is a repetition, and stays apart.
    """
    axes = frozenset().union(*(label for _, label in pieces))
    merged = [pieces[0]]
    for length, label in pieces[1:]:
        last, outer = merged[-1]
        if outer == label or (not label and outer and outer == axes):
            merged[-1] = (last * length, outer)
        else:
            merged.append((length, label))
    return merged
