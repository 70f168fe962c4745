"""Unread inputs: positions that no output reads, and taps that fall outside every map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import ClassVar

import numpy as np

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.slices import backward_slice
from jaxrf.geometry.words import Access, Read
from jaxrf.text.result import SentenceResult

__all__ = ["OutsideTaps", "Unread", "outside_taps"]


@dataclass(frozen=True, eq=False, repr=False)
class Unread(SentenceResult):
    """The inputs that no output of an end-point reads, in any channel.

    Attributes:
        mask: bool, one dimension per spatial axis of the input: True where nothing is read.
        axes: those spatial axes.
        endpoint: name of the feature map.
    """

    REPORT: ClassVar[str] = "unread"

    mask: np.ndarray
    axes: tuple[int, ...]
    endpoint: str

    @property
    def count(self) -> int:
        """Input positions that nothing reads."""
        return int(self.mask.sum())

    @property
    def share(self) -> float:
        """The share of unread positions, 0 to 1."""
        return self.count / self.mask.size

    @property
    def indices(self) -> tuple[np.ndarray, ...]:
        """Per axis, the indices at which nothing is read wherever one looks along the others."""
        dims = range(self.mask.ndim)
        whole = (self.mask.all(tuple(o for o in dims if o != d)) for d in dims)
        return tuple(np.flatnonzero(np.asarray(w)) for w in whole)

    @property
    def sentence(self) -> str:
        """How much of the input is read, and what never is."""
        if not self.count:
            return f"{self.endpoint} reads the whole input"
        along: dict[tuple[str, str], list[str]] = {}  # what is left out -> the axes that share it
        for axis, found, length in zip(self.axes, self.indices, self.mask.shape, strict=True):
            if len(found):
                key = f"{len(found)} of {length} indices", _ranges(found)
                along.setdefault(key, []).append(str(axis))
        texts = [
            f"{count} of {'axis' if len(axes) == 1 else 'axes'} {', '.join(axes)} ({which})"
            for (count, which), axes in along.items()
        ]
        what = " nor ".join(texts) or f"{self.count} of {self.mask.size} positions"
        return f"{self.endpoint} reads {_part(1 - self.share)} of the input, never {what}"


@dataclass(frozen=True, repr=False)
class OutsideTaps(SentenceResult):
    """A window some of whose taps meet nothing but padding, for every output.

    Attributes:
        label: operation, scope and source line.
        kernel: taps per dimension with more than one.
        inside: of these, the taps that meet a real element of the map for some output.
    """

    REPORT: ClassVar[str] = "outside_taps"

    label: str
    kernel: tuple[int, ...]
    inside: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """How many taps lie outside, and which smaller kernel would do the same."""
        taps, left = prod(self.kernel), prod(self.inside)
        shape = "x".join(map(str, self.inside)) if len(self.inside) > 1 else f"{left}-tap"
        same = f" (a {shape} kernel in disguise)" if left else ""
        return f"{self.label}: {taps - left} of {taps} taps lie outside for every output{same}"


def outside_taps(graph: Graph, node: int) -> tuple[OutsideTaps, ...]:
    """The windows below a node some of whose taps lie outside their map for every output.

    Zeros that a node of their own put around the map (``jnp.pad``) are outside as well.

    Args:
        graph: the traced graph, shapes known.
        node: index of the node.
    """
    found = []
    for index in backward_slice(graph, node):
        here = graph.nodes[index]
        for read, operand in _reads(here):
            steps = [
                (here.full_shape[d], step[1], graph.nodes[operand], step[0])
                for d, step in enumerate(read.dims)
                if step is not None and step[1].taps > 1
            ]
            inside = tuple(_inside(access, outputs, of, dim) for outputs, access, of, dim in steps)
            kernel = tuple(access.taps for _, access, _, _ in steps)
            if inside != kernel:
                found.append(OutsideTaps(here.label, kernel, inside))
                break
    return tuple(found)


def _reads(node: Node) -> Iterator[tuple[Read, int]]:
    """(read, operand) of a node, one by one."""
    if isinstance(node.dependence, tuple):
        for dependence, operand in zip(node.dependence, node.operands, strict=True):
            yield from ((read, operand) for read in dependence.parts)


def _inside(access: Access, outputs: int, operand: Node, dim: int) -> int:
    """Taps that meet, for some output, an element of the operand that is no padding."""
    before, after = _padding(operand, dim)
    return access.taps_inside(outputs, before, operand.full_shape[dim] - after)


def _padding(node: Node, dim: int) -> tuple[int, int]:
    """Elements that a node that pads has put before and after its map along a dimension."""
    if node.op != "pad" or not isinstance(node.dependence, tuple):
        return 0, 0
    parts = node.dependence[0].parts
    step = parts[0].dims[dim] if len(parts) == 1 else None
    return (0, 0) if step is None else step[1].padding


def _ranges(indices: np.ndarray, most: int = 3) -> str:
    """The indices as a few ranges: "0, 2 to 4, ..."."""
    parts = np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1)
    texts = [f"{p[0]} to {p[-1]}" if len(p) > 1 else str(p[0]) for p in parts[:most]]
    return ", ".join([*texts, "..."] if len(parts) > most else texts)


def _part(share: float) -> str:
    """A share below 1 in words: "half", "1/4", "98.3%"; never rounded up to all of it."""
    part = Fraction(share).limit_denominator(16)
    if abs(float(part) - share) < 1e-9:
        return "half" if part == Fraction(1, 2) else str(part) if part else "nothing"
    return f"{100 * share:.3g}%" if share < 0.9995 else "nearly all"
