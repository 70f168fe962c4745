"""The fields of a model for every length of its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar, Literal

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.by_name import ByName
from jaxrf.errors import InvalidInput
from jaxrf.geometry.field import AxisField
from jaxrf.geometry.interval import Interval
from jaxrf.text.result import Result
from jaxrf.text.table import TextTable

__all__ = ["AxisAnswer", "AxisSizes", "EndpointSizes", "Residue", "SizeFreeAnalysis"]

Evidence = Literal["proved", "checked", "varies", "refused"]


@dataclass(frozen=True)
class AxisAnswer:
    """The field along one axis, without the length that it was derived at.

    Attributes:
        size: r, input pixels; None where no path is local or the extent grows with the position.
        stride: S, input pixels per output; None where the field follows no periodic law.
        padding: P, input pixels.
        aligned: the operands of every join below have one centre, eqs (12) and (13), or end
            together (causal).
        is_global: some path sees the whole axis.
        phases: intervals of outputs 0 to T - 1, T the smallest period; empty without a law.
        shift: input pixels by which the field moves every T outputs.
        via: the operation that sees the whole axis.
        approximate: an operation that could only be bounded.
        causal: no output reads beyond its own hop; None where that cannot be told.
        look_back: how far outputs read behind their own hop, input samples; None where there is no
            bound, or where ``causal`` is None.
        look_ahead: how far they read ahead of it.
    """

    size: int | None
    stride: Fraction | None
    padding: int | None
    aligned: bool
    is_global: bool
    phases: tuple[Interval, ...]
    shift: int | None
    via: str | None = field(default=None, compare=False)
    approximate: str | None = field(default=None, compare=False)
    causal: bool | None = None
    look_back: int | None = field(default=None, compare=False)
    look_ahead: int | None = field(default=None, compare=False)

    @staticmethod
    def of(axis: AxisField) -> AxisAnswer:
        """The answer of a field: what does not depend on the traced length."""
        phases, shift = _shortest(axis.phases, axis.shift)
        return AxisAnswer(
            axis.size,
            axis.stride,
            axis.padding,
            axis.aligned,
            axis.is_global,
            phases,
            shift,
            axis.global_via,
            axis.approximate,
            axis.causal,
            axis.look_back,
            axis.look_ahead,
        )

    @property
    def period(self) -> int:
        """T, outputs after which the field repeats."""
        return max(1, len(self.phases))


def _shortest(
    phases: tuple[Interval, ...], shift: int | None
) -> tuple[tuple[Interval, ...], int | None]:
    """The same law with the smallest period."""
    count = len(phases)
    if shift is None or not count:
        return (), None
    for period in range(1, count):
        step, rest = divmod(shift * period, count)
        if (
            count % period == 0
            and not rest
            and all(phases[i].shift(step) == phases[i + period] for i in range(count - period))
        ):
            return phases[:period], step
    return phases, shift


@dataclass(frozen=True)
class Residue:
    """The field for all lengths n with one ``n % modulus``.

    Attributes:
        residue: n % modulus.
        answer: None where the model does not take such lengths, or where they differ.
        evidence: "proved" for all lengths from ``lengths[0]`` on; "checked" at ``lengths`` only;
            "varies" between them; "refused" by the model.
        lengths: see ``evidence``.
        problem: what varies, or what the model raised; "" elsewhere.
    """

    residue: int
    answer: AxisAnswer | None
    evidence: Evidence
    lengths: tuple[int, ...]
    problem: str = ""


@dataclass(frozen=True, repr=False)
class AxisSizes(Result):
    """The field of one end-point along one axis, for every length.

    Attributes:
        axis: of the input.
        modulus: total stride of the network along the axis; 1 where the length is given.
        residues: one for every n % modulus, in order.
        only: the one length that this is about, where it is given or the model takes no other.
    """

    REPORT: ClassVar[str] = "axis_sizes"

    axis: int
    modulus: int
    residues: tuple[Residue, ...]
    only: int | None = None

    def at(self, length: int) -> AxisAnswer:
        """The field for an input of ``length``.

        Raises:
            InvalidInput: the model does not take this length, or it is not known.
        """
        entry = self.residues[length % self.modulus]
        if self.only not in (None, length) or entry.answer is None:
            why = entry.problem or f"only {self.only} is known"
            raise InvalidInput(f"length: got {length} on axis {self.axis}; {why}")
        if entry.evidence == "proved" and self.only is None and length < entry.lengths[0]:
            raise InvalidInput(
                f"length: got {length} on axis {self.axis}, need {entry.lengths[0]} or more"
            )
        return entry.answer

    @property
    def answers(self) -> tuple[AxisAnswer, ...]:
        """The answers of all residues that have one."""
        return tuple(r.answer for r in self.residues if r.answer is not None)

    def values(self, name: str) -> tuple[Any, ...]:
        """An attribute of every answer, each value once, in order of residues."""
        return tuple(dict.fromkeys(getattr(a, name) for a in self.answers))

    @property
    def size(self) -> int | None:
        """Size r where all lengths share one; None elsewhere."""
        size: int | None = self._common("size")
        return size

    @property
    def stride(self) -> Fraction | None:
        """Stride S where all lengths share one; None elsewhere."""
        stride: Fraction | None = self._common("stride")
        return stride

    @property
    def padding(self) -> int | None:
        """Padding P where all lengths share one; None elsewhere."""
        padding: int | None = self._common("padding")
        return padding

    @property
    def causal(self) -> bool | None:
        """Whether the end-point is causal, where all lengths agree; None elsewhere."""
        causal: bool | None = self._common("causal")
        return causal

    @property
    def look_back(self) -> int | None:
        """Farthest look behind the own hop where all lengths share one; None elsewhere."""
        look_back: int | None = self._common("look_back")
        return look_back

    @property
    def look_ahead(self) -> int | None:
        """Farthest look ahead of the own hop where all lengths share one; None elsewhere."""
        look_ahead: int | None = self._common("look_ahead")
        return look_ahead

    @property
    def aligned(self) -> bool:
        """Whether the end-point is aligned for every length."""
        return all(a.aligned for a in self.answers)

    @property
    def depends(self) -> tuple[str, ...]:
        """Those of size, stride, padding and aligned that depend on the length."""
        names = ("size", "stride", "padding", "aligned")
        varies = any(r.evidence == "varies" for r in self.residues)
        return tuple(n for n in names if len(self.values(n)) > 1 or varies)

    @property
    def proved(self) -> bool:
        """Whether it is proved for every length that the model takes."""
        kinds = {r.evidence for r in self.residues}
        return "proved" in kinds and kinds <= {"proved", "refused"}

    @property
    def refused(self) -> bool:
        """Whether the model takes no length at all of those that were tried."""
        return all(r.evidence == "refused" for r in self.residues)

    @property
    def least(self) -> int | None:
        """The length from which on it is proved; None where some of it is not."""
        proved = [r.lengths[0] for r in self.residues if r.evidence == "proved"]
        return max(proved) if proved and self.proved else None

    def _common(self, name: str) -> Any:
        values = self.values(name)
        varies = any(r.evidence == "varies" for r in self.residues)
        return values[0] if len(values) == 1 and not varies else None


@dataclass(frozen=True, repr=False)
class EndpointSizes(Result):
    """One end-point, per spatial axis."""

    REPORT: ClassVar[str] = "endpoint_sizes"

    name: str
    axes: tuple[AxisSizes, ...]

    def at(self, lengths: int | Sequence[int]) -> tuple[AxisAnswer, ...]:
        """The fields for an input of these lengths, one per spatial axis.

        Raises:
            InvalidInput: another number of lengths, or as :meth:`AxisSizes.at`.
        """
        check_arguments(EndpointSizes.at, locals())
        lengths = (lengths,) * len(self.axes) if isinstance(lengths, int) else tuple(lengths)
        if len(lengths) != len(self.axes):
            raise InvalidInput(f"lengths: got {len(lengths)}, need {len(self.axes)} of {self.name}")
        return tuple(axis.at(n) for axis, n in zip(self.axes, lengths, strict=True))

    @property
    def size(self) -> tuple[int | None, ...]:
        """Size r per axis, None where it depends on the length."""
        return tuple(a.size for a in self.axes)

    @property
    def stride(self) -> tuple[Fraction | None, ...]:
        """Stride S per axis, None where it depends on the length."""
        return tuple(a.stride for a in self.axes)

    @property
    def padding(self) -> tuple[int | None, ...]:
        """Padding P per axis, None where it depends on the length."""
        return tuple(a.padding for a in self.axes)

    @property
    def causal(self) -> tuple[bool | None, ...]:
        """Whether no output reads beyond its own hop, per axis; None where lengths differ."""
        return tuple(a.causal for a in self.axes)

    @property
    def look_back(self) -> tuple[int | None, ...]:
        """Farthest look behind the own hop per axis, None where it depends on the length."""
        return tuple(a.look_back for a in self.axes)

    @property
    def look_ahead(self) -> tuple[int | None, ...]:
        """Farthest look ahead of the own hop per axis, None where it depends on the length."""
        return tuple(a.look_ahead for a in self.axes)

    @property
    def aligned(self) -> bool:
        """Whether it is aligned along every axis, for every length."""
        return all(a.aligned for a in self.axes)

    @property
    def depends(self) -> tuple[str, ...]:
        """The properties that depend on the length along some axis."""
        return tuple(dict.fromkeys(name for a in self.axes for name in a.depends))

    @property
    def proved(self) -> bool:
        """Whether all of it is proved, not only checked at some lengths."""
        return all(a.proved for a in self.axes)


@dataclass(frozen=True, eq=False, repr=False)
class SizeFreeAnalysis(Result, ByName[EndpointSizes]):
    """The theory of a model for every input length: end-point -> :class:`EndpointSizes`.

    Attributes:
        model: its name.
        input: name of the input that the fields are in.
        shape: of that input, None where the length is free.
        spatial_axes: of that input.
        endpoints: in order of execution, the output last.
        notes: what the numbers do not say, one line each.
    """

    REPORT: ClassVar[str] = "sizes"

    model: str
    input: str
    shape: tuple[int | None, ...]
    spatial_axes: tuple[int, ...]
    endpoints: tuple[EndpointSizes, ...]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all end-points, the output last."""
        return tuple(e.name for e in self.endpoints)

    @property
    def output(self) -> EndpointSizes:
        """The model's output."""
        return self.endpoints[-1]

    def _value(self, name: str) -> EndpointSizes:
        return next(e for e in self.endpoints if e.name == name)

    def to_dict(self, *, only: str | None = None, target: str | None = None) -> dict[str, Any]:
        """The JSON of ``jaxrf field`` with free lengths.

        Args:
            only: this end-point alone.
            target: what the model is called; by default its own name.
        """
        document: dict[str, Any] = self._report().to_dict(self, only=only, target=target)
        return document

    def table(self, *, only: str | None = None, most: int | None = None) -> TextTable:
        """A row for every end-point; see :func:`jaxrf.report.sizes.table`.

        Args:
            only: this end-point alone.
            most: end-points that are shown; all of them by default.
        """
        table: TextTable = self._report().table(self, only=only, most=most)
        return table

    def _at_most(self, rows: int) -> TextTable:
        return self.table(most=rows)
