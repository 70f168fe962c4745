"""Layers and the closed forms for a single path (eqs 1 to 11 of the article).

Source: Araujo, Norris and Sim, *Computing Receptive Fields of Convolutional Neural Networks*,
Distill 2019, doi:10.23915/distill.00021. The recurrences (1), (9), (10) and the closed forms (2),
(5), (6), (8), (11) are separate code on purpose: a property test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import Any, ClassVar

from jaxrf.errors import InvalidInput, InvalidLayer
from jaxrf.geometry.field import AxisField, Field
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.words import Window
from jaxrf.text.result import Result

__all__ = ["FeatureMap", "Layer", "Sequential"]


def _positive(value: Any, name: str) -> int | tuple[int, ...]:
    """A positive int, or one per axis; numpy integers become ints."""
    values = (value,) if isinstance(value, Integral) else value
    if not isinstance(values, Sequence) or not values or not all(map(_is_integer, values)):
        raise InvalidLayer(f"{name}: got {value!r}, need an integer or one integer per axis")
    for v in values:
        if v < 1:
            raise InvalidLayer(f"{name}: got {v}, need a positive integer")
    return int(value) if values is not value else tuple(map(int, values))


def _sides(value: Any) -> int | tuple[int | tuple[int, int], ...]:
    """An int, or an int or a pair (left, right) per axis; numpy integers become ints."""
    if _is_integer(value):
        return int(value)
    entries = value if isinstance(value, Sequence) else ()
    if not entries or not all(_is_integer(e) or _is_pair(e) for e in entries):
        raise InvalidLayer(
            f"padding: got {value!r}, need an int, or an int or (left, right) an axis"
        )
    return tuple(int(e) if _is_integer(e) else (int(e[0]), int(e[1])) for e in entries)


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral)


def _is_pair(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(map(_is_integer, value))


@dataclass(frozen=True)
class Layer:
    """A local layer: convolution, pooling, crop, or (kernel 1) anything elementwise.

    Every parameter is an int for all axes or a tuple with one entry per axis. A padding entry is an
    int for both sides or a pair (left, right); negative padding crops.

    >>> Layer(kernel=7, stride=2, padding=3).windows(2)[0].before
    3
    >>> Layer(kernel=(3, 5), padding=((1, 0), (2, 2))).windows(2)[0].after
    0

    Raises:
        InvalidLayer: a kernel, stride or dilation below 1, or axes that do not match.
    """

    kernel: int | tuple[int, ...] = 1
    stride: int | tuple[int, ...] = 1
    padding: int | tuple[Any, ...] = 0
    dilation: int | tuple[int, ...] = 1

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "dilation"):
            object.__setattr__(self, name, _positive(getattr(self, name), name))
        object.__setattr__(self, "padding", _sides(self.padding))
        for name in ("kernel", "stride", "padding", "dilation"):
            value = getattr(self, name)
            if not isinstance(value, int) and len(value) != self.rank:
                raise InvalidLayer(
                    f"{name}: got {len(value)} axes, need {self.rank} as the other parameters"
                )

    @property
    def rank(self) -> int | None:
        """Number of axes that the parameters fix; None where all of them are plain ints."""
        given = (self.kernel, self.stride, self.padding, self.dilation)
        return next((len(v) for v in given if not isinstance(v, int)), None)

    def windows(self, rank: int) -> tuple[Window, ...]:
        """The layer as one :class:`~jaxrf.geometry.words.Window` per axis.

        Raises:
            InvalidLayer: the parameters fix another rank.
        """
        if self.rank not in (None, rank):
            raise InvalidLayer(f"layer: got parameters for {self.rank} axes, need {rank}")

        def spread(value: Any) -> tuple[Any, ...]:
            return (value,) * rank if isinstance(value, int) else tuple(value)

        sides = [(p, p) if isinstance(p, int) else tuple(p) for p in spread(self.padding)]
        return tuple(
            Window(k, s, left, right, d)
            for k, s, (left, right), d in zip(
                spread(self.kernel), spread(self.stride), sides, spread(self.dilation), strict=True
            )
        )


@dataclass(frozen=True)
class FeatureMap:
    """The field of the last feature map in feature map l, along one axis.

    Attributes:
        size: r_l, number of features of map l in the field of one output.
        stride: S_l, effective stride between map l and the output.
        padding: P_l, effective padding between map l and the output.
    """

    size: int
    stride: int
    padding: int

    def interval(self, index: int) -> Interval:
        """Region of output ``index`` in map l (eqs 8 and 7)."""
        low = -self.padding + index * self.stride
        return Interval(low, low + self.size - 1)


def feature_maps(windows: Sequence[Window]) -> tuple[FeatureMap, ...]:
    """(r, S, P) of the output with respect to every feature map 0 to L, by recurrence.

    r_(l-1) = s_l r_l + (k_l - s_l)  (1),  S_(l-1) = s_l S_l  (9),  P_(l-1) = s_l P_l + p_l  (10),
    with the span d (k - 1) + 1 in place of k.
    """
    size, stride, padding = 1, 1, 0
    maps = [FeatureMap(size, stride, padding)]
    for w in reversed(windows):
        size, stride = w.stride * size + (w.span - w.stride), w.stride * stride
        padding = w.stride * padding + w.before
        maps.append(FeatureMap(size, stride, padding))
    return tuple(reversed(maps))


def leftmost(windows: Sequence[Window], index: int) -> int:
    """u_0 in closed form: u_L prod s_i - sum_l p_l prod_(i<l) s_i (eq 5)."""
    offset = sum(w.before * _stride_before(windows, i) for i, w in enumerate(windows))
    return index * prod(w.stride for w in windows) - offset


def rightmost(windows: Sequence[Window], index: int) -> int:
    """v_0 in closed form: v_L prod s_i - sum_l (1 + p_l - k_l) prod_(i<l) s_i (eq 6)."""
    offset = sum(
        (1 + w.before - w.span) * _stride_before(windows, i) for i, w in enumerate(windows)
    )
    return index * prod(w.stride for w in windows) - offset


def center(windows: Sequence[Window], index: int) -> float:
    """c_0 in closed form: u_L S_0 - sum_l (p_l - (k_l - 1) / 2) prod_(i<l) s_i (eq 11)."""
    offset = sum(
        (w.before - (w.span - 1) / 2) * _stride_before(windows, i) for i, w in enumerate(windows)
    )
    return index * prod(w.stride for w in windows) - offset


def _stride_before(windows: Sequence[Window], layer: int) -> int:
    """prod_(i<l) s_i, the product in every closed form."""
    return prod(w.stride for w in windows[:layer])


@dataclass(frozen=True, repr=False)
class Sequential(Result):
    """A single path of layers, solved by the closed forms.

    >>> net = Sequential([Layer(kernel=3, stride=2, padding=1), Layer(kernel=3, padding=1)])
    >>> net.field.size, net.field.stride, net.field.padding
    ((7,), (Fraction(2, 1),), (3,))

    Attributes:
        layers: from input to output.
        rank: number of spatial axes; taken from the layers where they fix it, else 1.
    """

    REPORT: ClassVar[str] = "sequential"

    layers: tuple[Layer, ...]
    rank: int = 0

    def __init__(self, layers: Sequence[Layer], *, rank: int | None = None) -> None:
        """Check that every layer has the same rank.

        Raises:
            InvalidLayer: no layers, or layers of different ranks.
        """
        given: Any = layers  # it may be anything
        given = tuple(given) if isinstance(given, Iterable) else (given,)
        if not given:
            raise InvalidLayer("Sequential: got no layers, need at least one")
        if other := [layer for layer in given if not isinstance(layer, Layer)]:
            raise InvalidLayer(f"Sequential: got {other[0]!r}, need layers and nothing else")
        if rank is not None and not (_is_integer(rank) and rank > 0):
            raise InvalidLayer(f"rank: got {rank}, need a positive integer")
        rank = rank or next((n for n in (layer.rank for layer in given) if n), 1)
        object.__setattr__(self, "layers", given)
        object.__setattr__(self, "rank", rank)
        for layer in self.layers:
            layer.windows(rank)

    def windows(self, axis: int) -> tuple[Window, ...]:
        """The layers along spatial axis number ``axis``.

        Raises:
            InvalidLayer: there is no such axis.
        """
        if not (_is_integer(axis) and 0 <= axis < self.rank):
            raise InvalidLayer(f"axis: got {axis!r}, need 0 to {self.rank - 1}")
        return tuple(layer.windows(self.rank)[axis] for layer in self.layers)

    @property
    def field(self) -> Field:
        """The field of the output, from eqs (5) and (6)."""
        axes = []
        for axis in range(self.rank):
            ws = self.windows(axis)
            first = Interval(leftmost(ws, 0), rightmost(ws, 0))
            axes.append(AxisField(axis, None, (first,), prod(w.stride for w in ws)))
        return Field("output", None, tuple(axes))

    def feature_maps(self, axis: int = 0) -> tuple[FeatureMap, ...]:
        """(r_l, S_l, P_l) of every feature map l = 0 to L along one axis (eqs 1, 9, 10)."""
        return feature_maps(self.windows(axis))

    def centers(self, at: tuple[int, ...]) -> tuple[float, ...]:
        """Centre of output feature ``at``, input pixels (eq 11).

        Raises:
            InvalidInput: wrong number of indices.
        """
        if len(at) != self.rank:
            raise InvalidInput(f"at: got {len(at)} indices {tuple(at)}, need {self.rank}")
        return tuple(center(self.windows(a), i) for a, i in enumerate(at))
