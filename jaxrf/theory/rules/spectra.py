"""Values of the frequency domain, and how steps that leave frequencies apart move them.

Dimensions whose inverse transform is still to come are *pending*; a value with pending dimensions
stands for its inverse transform over them, of the lengths that these have in time.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxrf.program.equation import Equation
from jaxrf.program.zeros import kept_dims

__all__ = [
    "Bins",
    "Pending",
    "before_broadcast",
    "before_contraction",
    "before_reshape",
    "before_sum",
    "before_transpose",
    "contraction_dims",
    "half",
    "keeps_frequencies",
    "opened",
    "operand_pending",
    "pads_time",
    "some_opened",
    "timed",
]


@dataclass(frozen=True)
class Bins:
    """A dimension of frequencies.

    Attributes:
        length: n, of the transform.
        made_by: FFT, or RFFT, which keeps n // 2 + 1 of them; IFFT where FFT is the way back.
    """

    length: int
    made_by: str

    @property
    def half(self) -> bool:
        """Whether it holds the frequencies of a real signal."""
        return self.made_by == "RFFT"


Pending = tuple[Bins | None, ...]  # one entry per dimension; None in time, or none of either


def half(pending: Pending) -> bool:
    """Whether some dimension holds the frequencies of a real signal."""
    return any(bins is not None and bins.half for bins in pending)


def timed(shape: tuple[int, ...], pending: Pending) -> tuple[int, ...]:
    """The shape in time."""
    return tuple(n if b is None else b.length for n, b in zip(shape, pending, strict=True))


# Transform -> what it undoes along the last of its dimensions, and along the others.
_UNDOES = {"IFFT": ("FFT", "FFT"), "IRFFT": ("RFFT", "FFT"), "FFT": ("IFFT", "IFFT")}
_MAKES = {"FFT": ("FFT", "FFT"), "RFFT": ("RFFT", "FFT"), "IFFT": ("IFFT", "IFFT")}


def opened(eq: Equation, pending: Pending) -> Pending | None:
    """The pending dimensions of the operand of a transform; None where the two do not fit.

    A transform makes what was pending, or it undoes what is pending before it. Half a spectrum must
    be undone last: of others, complex in time, it would not hold all.
    """
    name, before = eq.params["fft_type"].name, list(pending)
    lengths = [int(n) for n in eq.params["fft_lengths"]]
    dims = range(len(pending) - len(lengths), len(pending))
    makes = all(pending[d] is not None for d in dims)
    table = _MAKES if makes else _UNDOES
    if name not in table or (name == "IRFFT" and any(pending)):
        return None
    for d, n in zip(dims, lengths, strict=True):
        bins = Bins(n, table[name][0 if d == dims[-1] else 1])
        if before[d] != (bins if makes else None):
            return None
        before[d] = None if makes else bins
    return tuple(before)


def some_opened(eq: Equation, pending: Pending) -> tuple[Pending, list[int]] | None:
    """As :func:`opened` where only some axes of a transform are pending, or none; and the others.

    None where half a spectrum is on the way: its signal would not be real.
    """
    rank, lengths = len(pending), [int(n) for n in eq.params["fft_lengths"]]
    dims = range(rank - len(lengths), rank)
    left = [d for d in dims if pending[d] is None]
    name = eq.params["fft_type"].name
    if name not in _MAKES or not left:
        return None
    whole = list(pending)
    for d, n in zip(dims, lengths, strict=True):
        if d in left:
            whole[d] = Bins(n, _MAKES[name][0 if d == dims[-1] else 1])
    before = None if half(tuple(whole)) else opened(eq, tuple(whole))
    return None if before is None else (before, left)


def operand_pending(operand: tuple[int, ...], output: tuple[int, ...], pending: Pending) -> Pending:
    """Pending dimensions of an elementwise operand; one of length 1 has no frequencies."""
    if len(operand) != len(output):
        return (None,) * len(operand)
    lengths = zip(operand, output, pending, strict=True)
    return tuple(bins if n == m else None for n, m, bins in lengths)


def before_transpose(order, pending: Pending) -> Pending:
    """The pending dimensions of the operand of a transpose."""
    return tuple(pending[order.index(d)] for d in range(len(order)))


def before_reshape(eq: Equation, pending: Pending) -> Pending | None:
    """The pending dimensions before a reshape; None where it mixes frequencies with others."""
    if eq.name == "reshape" and eq.params.get("dimensions") is not None:
        return None
    kept = kept_dims(eq.in_shapes[0], eq.out_shapes[0])
    found: list[Bins | None] = [None] * len(eq.in_shapes[0])
    for d, bins in enumerate(pending):
        if bins is not None:
            if d not in kept:
                return None
            found[kept[d]] = bins
    return tuple(found)


def before_broadcast(eq: Equation, pending: Pending) -> Pending:
    """The pending dimensions before a broadcast: the frequencies that the operand has."""
    operand, targets = eq.in_shapes[0], eq.params["broadcast_dimensions"]
    output = eq.out_shapes[0]
    return tuple(pending[t] if n == output[t] else None
                 for n, t in zip(operand, targets, strict=True))  # fmt: skip


def pads_time(eq: Equation, pending: Pending) -> bool:
    """Whether a pad leaves frequencies alone: between the transforms of two axes."""
    config = zip(eq.params["padding_config"], pending, strict=True)
    return not any(bins is not None and any(sides) for sides, bins in config)


def keeps_frequencies(eq: Equation, pending: Pending) -> bool:
    """Whether a slice leaves frequencies whole."""
    lengths = zip(eq.in_shapes[0], eq.out_shapes[0], pending, strict=True)
    return all(n == m for n, m, bins in lengths if bins is not None)


def before_sum(eq: Equation, pending: Pending) -> Pending:
    """The pending dimensions of the operand of a sum."""
    left = iter(pending)
    return tuple(
        None if d in eq.params["axes"] else next(left) for d in range(len(eq.in_shapes[0]))
    )


def contraction_dims(eq: Equation, side: int) -> dict[int, int]:
    """Dimension of an operand -> dimension of the product; contracted ones have none."""
    contracting, batching = eq.params["dimension_numbers"]
    batch, rank = batching[side], len(eq.in_shapes[side])
    free = [d for d in range(rank) if d not in (*contracting[side], *batch)]
    first = len(batch)
    if side:
        first += len(eq.in_shapes[0]) - len(contracting[0]) - len(batch)
    return {**{d: n for n, d in enumerate(batch)}, **{d: first + n for n, d in enumerate(free)}}


def before_contraction(eq: Equation, side: int, pending: Pending) -> Pending:
    """The pending dimensions of an operand of a product of matrices."""
    dims = contraction_dims(eq, side)
    rank = len(eq.in_shapes[side])
    return tuple(pending[dims[d]] if d in dims else None for d in range(rank))
