"""Boxes and fields; the conventions of jaxrf, stated once.

Conventions
    * Indices are 0-based, intervals inclusive at both ends, pixel centres sit at integers.
    * By default the first axis is the batch, the last one the channels, and everything between is
      spatial. Every spatial axis is treated on its own; a region is the product of its intervals.
    * A **field** is *virtual*: the interval of input indices that output index u looks at, padding
      counted as if it were real, so that it may leave the image. For classical networks
      ``low(u) = -P + u S`` and ``high(u) = low(u) + r - 1`` (eqs 7, 8 of Araujo, Norris and Sim,
      *Computing Receptive Fields of Convolutional Neural Networks*, Distill 2019).
    * A **phase**: after upsampling the field repeats only every T outputs,
      ``low(u + T) = low(u) + D``, and the stride is the fraction S = D / T. The size r is the
      largest over the T phases; the padding P belongs to output index 0.
    * A **support** is *exact*: the set of real inputs that can influence an output.
    * **Hop**: output u owns the input samples floor(u S) to ceil((u + 1) S) - 1: sample u for
      S = 1, samples 2u and 2u + 1 for S = 2, sample floor(u / 24) for S = 1/24. **Look back** is
      the first of them minus low(u), **look ahead** is high(u) minus the last, of all phases the
      largest; both may be negative. **Causal**: no output reads beyond its own hop.
    * **Aligned**: at every join all operands have one stride and, in every phase, one centre
      (eqs 12, 13), or they end together: the join is causal, and its operands differ only in how
      far back they look.
    * **Global**: some path sees the whole axis. The field then describes the local paths, and the
      global operation is named beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Integral
from typing import Any, ClassVar

from jaxrf.errors import InvalidInput
from jaxrf.geometry.causality import Look, in_words, look, looks
from jaxrf.geometry.interval import Interval
from jaxrf.text.result import SentenceResult

__all__ = ["AxisField", "Field", "Interval", "Piece", "per_axis"]


def per_axis(value: int | Iterable[int], rank: int, name: str) -> tuple[int, ...]:
    """Spread an int over ``rank`` axes, or check that a sequence has one entry per axis.

    >>> per_axis(3, 2, "kernel"), per_axis((3, 5), 2, "kernel")
    ((3, 3), (3, 5))

    Raises:
        InvalidInput: the sequence has another length.
    """
    # Integral for numpy's; int again because type checkers do not know it as an Integral.
    values = (int(value),) * rank if isinstance(value, (int, Integral)) else tuple(map(int, value))
    if len(values) != rank:
        raise InvalidInput(f"{name}: got {len(values)} values {values}, need one or {rank}")
    return values


@dataclass(frozen=True)
class Piece:
    """Outputs ``first`` to ``last``, both inclusive, laid beside others that look differently.

    Attributes:
        first: index of its first output.
        last: index of its last output.
        size: the largest field in it, input pixels.
    """

    first: int
    last: int
    size: int


@dataclass(frozen=True, repr=False)
class AxisField(SentenceResult):
    """The field of an output along one input axis.

    Attributes:
        axis: axis of the input array.
        length: number of real indices on that axis, None where it is not known.
        phases: virtual interval of output indices 0 to T - 1; empty where no path is local. An
            output that reads nothing (zero insertion) has an interval of size 0.
        shift: input indices by which the field moves every T outputs (D). None where the field
            follows no periodic law; ``phases`` then holds every output of the traced size.
        aligned: whether the operands of every join below the output have one centre, eqs (12) and
            (13), or end together (causal).
        global_via: operation that sees the whole axis, with its source line; None if there is none.
        approximate: operation whose dependencies are only bounded ("everything"), None if exact.
        growing: operands of a join move at different strides, so that the extent has no bound.
        exact: the smallest interval of real inputs of every output of the traced size, global paths
            included; None for one that reads nothing. A single entry where no dimension of the
            end-point follows the axis; empty where nothing was traced (closed forms).
        notes: where ``phases`` say more or less than is read, and why; why there is no law.
        pieces: where several maps lie side by side along the output (heads of several levels), the
            outputs of each and their largest field; there is no single size then.
    """

    REPORT: ClassVar[str] = "axis_field"

    axis: int
    length: int | None
    phases: tuple[Interval, ...]
    shift: int | None
    aligned: bool = True
    global_via: str | None = None
    approximate: str | None = None
    growing: bool = False
    exact: tuple[Interval | None, ...] = ()
    notes: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def period(self) -> int:
        """T, the number of outputs after which the field repeats; 1 for classical networks."""
        return max(1, len(self.phases)) if self.shift is not None else 1

    @property
    def size(self) -> int | None:
        """r, input pixels: the largest extent over the phases (over interior outputs if irregular).

        None where no path is local, the extent grows with the position, or pieces differ.
        """
        if not self.phases or self.growing:
            return None
        if self.pieces:
            fields = {p.size for p in self.pieces}
            return fields.pop() if len(fields) == 1 else None
        sizes = [p.size for p in self.phases]
        if self.shift is None and self.length is not None:
            inside = [p.size for p in self.phases if p in Interval(0, self.length - 1)]
            return max(inside or sizes)
        return max(sizes)

    @property
    def stride(self) -> Fraction | None:
        """S = D / T, input pixels per output; a fraction after upsampling."""
        if self.shift is None or not self.phases:
            return None
        return Fraction(self.shift, self.period)

    @property
    def padding(self) -> int | None:
        """P, input pixels by which the field of output 0 starts before the first pixel."""
        single = self.phases and not self.growing and not self.pieces
        return -self.phases[0].low if single else None

    @property
    def reach(self) -> tuple[tuple[float, float], ...]:
        """Per phase, input pixels from the output's own position u S to both ends of its field.

        A one-level U-Net reaches from -8 to 9 on even outputs and from -9 to 8 on odd ones.
        """
        if self.stride is None:
            return ()
        return tuple(
            (float(p.low - u * self.stride), float(p.high - u * self.stride))
            for u, p in enumerate(self.phases)
        )

    @property
    def is_global(self) -> bool:
        """Whether some path sees the whole axis."""
        return self.global_via is not None

    @cached_property
    def look(self) -> Look:
        """How far the outputs look behind and ahead; see :mod:`jaxrf.geometry.causality`."""
        if self.pieces:  # each with a hop of its own
            return Look()
        return look(self.phases, self.stride, self.exact, self.length, is_global=self.is_global)

    @property
    def look_back(self) -> int | None:
        """Input samples before the own hop that an output reads, at most over the phases.

        None where ``causal`` is None; else without a bound: a state, or the whole axis.
        """
        return self.look.back

    @property
    def look_ahead(self) -> int | None:
        """Input samples after the own hop that an output reads, None as for ``look_back``."""
        return self.look.ahead

    @property
    def causal(self) -> bool | None:
        """Whether no output reads beyond its own hop, global paths and borders included.

        None where it cannot be told, or where no dimension of the output follows the axis.
        """
        return self.look.causal

    @property
    def looks(self) -> tuple[tuple[int, int] | None, ...]:
        """Per phase, how far the field reaches behind and ahead of the own hop, input samples.

        None for a phase that reads nothing; empty where the field follows no law or goes back.
        """
        if self.stride is None or self.stride <= 0:
            return ()
        return tuple(looks(self.phases, self.stride))

    @property
    def sentence(self) -> str:
        """Size, stride and padding, and whatever is not usual about them."""
        known = [("size", self.size), ("stride", self.stride), ("padding", self.padding)]
        words = [f"{name} {value}" for name, value in known if value is not None]
        if self.phases and self.shift is None:
            words.append("irregular")
        elif self.period > 1:
            words.append(f"{self.period} phases")
        if self.causal is not None:
            back, ahead = (in_words(v, True) for v in (self.look_back, self.look_ahead))
            words.append(f"looks {back} back and {ahead} ahead{', causal' if self.causal else ''}")
        words += ["" if self.aligned else "not aligned", "growing" if self.growing else ""]
        words.append(f"sees all by {self.global_via}" if self.is_global else "")
        words.append(f"bounded by {self.approximate}" if self.approximate else "")
        return f"axis {self.axis}: {', '.join(filter(None, words))}"

    def interval(self, index: int) -> Interval:
        """Virtual interval of output ``index``, any integer (eqs 7 and 8 for period 1).

        Raises:
            InvalidInput: no local path, or an irregular field outside the traced outputs.
        """
        if not self.phases:
            raise InvalidInput(
                f"axis {self.axis} has no local field: {self.global_via} sees all of it"
            )
        if self.shift is None:
            if not 0 <= index < len(self.phases):
                raise InvalidInput(
                    f"output index {index} on axis {self.axis}: the field is irregular, "
                    f"need 0 to {len(self.phases) - 1}"
                )
            return self.phases[index]
        turn, phase = divmod(index, self.period)
        return self.phases[phase].shift(turn * self.shift)


@dataclass(frozen=True, repr=False)
class Field(SentenceResult):
    """The field of an end-point: one :class:`AxisField` per spatial axis of the input.

    Tuples are per spatial axis. See :mod:`jaxrf.geometry.field` for the conventions.
    """

    REPORT: ClassVar[str] = "field"

    name: str
    shape: tuple[int, ...] | None
    axes: tuple[AxisField, ...]

    @property
    def sentence(self) -> str:
        """A line for every axis."""
        shape = "" if self.shape is None else f" {self.shape}"
        return "\n  ".join([f"{self.name}{shape}", *(axis.sentence for axis in self.axes)])

    @property
    def size(self) -> tuple[int | None, ...]:
        """R per spatial axis, input pixels."""
        return tuple(a.size for a in self.axes)

    @property
    def stride(self) -> tuple[Fraction | None, ...]:
        """S per spatial axis, input pixels per output."""
        return tuple(a.stride for a in self.axes)

    @property
    def padding(self) -> tuple[int | None, ...]:
        """P per spatial axis, input pixels."""
        return tuple(a.padding for a in self.axes)

    @property
    def phases(self) -> tuple[tuple[Interval, ...], ...]:
        """Virtual intervals of the T phases, per spatial axis."""
        return tuple(a.phases for a in self.axes)

    @property
    def aligned(self) -> bool:
        """Whether every axis is aligned."""
        return all(a.aligned for a in self.axes)

    @property
    def look_back(self) -> tuple[int | None, ...]:
        """How far outputs read behind their own hop, per spatial axis, input samples."""
        return tuple(a.look_back for a in self.axes)

    @property
    def look_ahead(self) -> tuple[int | None, ...]:
        """How far outputs read ahead of their own hop, per spatial axis, input samples."""
        return tuple(a.look_ahead for a in self.axes)

    @property
    def causal(self) -> tuple[bool | None, ...]:
        """Whether no output reads beyond its own hop, per spatial axis; None if unknown."""
        return tuple(a.causal for a in self.axes)

    @property
    def is_global(self) -> bool:
        """Whether some path sees the whole of some axis."""
        return any(a.is_global for a in self.axes)

    @property
    def global_via(self) -> tuple[str | None, ...]:
        """Operation that sees the whole axis, per spatial axis."""
        return tuple(a.global_via for a in self.axes)

    @property
    def approximate(self) -> tuple[str | None, ...]:
        """Operation that could only be bounded, per spatial axis."""
        return tuple(a.approximate for a in self.axes)

    def box(self, at: tuple[int, ...], *, clip: bool = False) -> tuple[Interval, ...]:
        """Virtual region of output feature ``at``; with ``clip``, the part inside the image.

        Args:
            at: output index per spatial axis.
            clip: cut at the borders of the image.

        Raises:
            InvalidInput: wrong number of indices, an axis without a local field, or, with
                ``clip``, a region that lies in the padding altogether.
        """
        given: Any = at  # it may be anything
        given = (int(given),) if isinstance(given, Integral) else given
        if not isinstance(given, Iterable) or not all(isinstance(i, Integral) for i in given):
            raise InvalidInput(f"at: got {given!r}, need whole numbers, one per axis")
        at = tuple(given)
        if len(at) != len(self.axes):
            raise InvalidInput(f"at: got {len(at)} indices {at}, need {len(self.axes)}")
        box = tuple(axis.interval(i) for axis, i in zip(self.axes, at, strict=True))
        if not clip:
            return box
        clipped = [
            i if a.length is None else i.clip(a.length) for a, i in zip(self.axes, box, strict=True)
        ]
        real = tuple(i for i in clipped if i is not None)
        if len(real) < len(box):
            raise InvalidInput(f"the field of {tuple(at)} lies in the padding: {box}")
        return real

    def center(self, at: tuple[int, ...]) -> tuple[float, ...]:
        """Centre of the field of feature ``at``, input pixels (eq 11).

        Raises:
            InvalidInput: as :meth:`box`.
        """
        return tuple(i.center for i in self.box(at))
