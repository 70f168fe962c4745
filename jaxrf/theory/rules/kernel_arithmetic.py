"""Rules for kernels of computed spectra (sums, products), from kernels of their operands."""

from __future__ import annotations

import jax
import numpy as np

from jaxrf.program.zeros import Lines, everywhere, kept_dims, padded
from jaxrf.theory.rules.filters import FILTERS, FilterSite, Kernel
from jaxrf.theory.rules.spectra import (
    Pending,
    before_broadcast,
    before_contraction,
    before_reshape,
    before_sum,
    before_transpose,
    contraction_dims,
    keeps_frequencies,
    opened,
    operand_pending,
    pads_time,
    some_opened,
    timed,
)

__all__ = ["not_real", "single_tap"]


@FILTERS.rule(
    *("copy", "copy_p", "name", "neg", "reduce_precision", "sharding_constraint", "stop_gradient")
)
def same(site: FilterSite) -> Kernel | None:
    return site.operand(0, site.pending) if site.in_shapes[0] == site.out_shapes[0] else None


@FILTERS.rule("convert_element_type")
def convert(site: FilterSite) -> Kernel | None:
    complex_ = jax.dtypes.issubdtype(site.params["new_dtype"], np.complexfloating)
    return site.operand(0, site.pending) if complex_ else None


@FILTERS.rule("conj")
def conjugate(site: FilterSite) -> Kernel | None:
    """The conjugate of a spectrum is that of the conjugate, turned round."""
    found = site.operand(0, site.pending)
    lines = [
        line if bins is None else np.roll(line[::-1], 1)
        for line, bins in zip(found.lines, site.pending, strict=True)
    ]
    return Kernel(tuple(lines), found.real, found.vanishes)


@FILTERS.rule("add", "sub", "add_any")
def total(site: FilterSite) -> Kernel | None:
    parts = [_spread(site, n) for n in range(2)]
    lines = tuple(a | b for a, b in zip(parts[0].lines, parts[1].lines, strict=True))
    return Kernel(lines, all(p.real for p in parts), any(p.vanishes for p in parts))


@FILTERS.rule("mul")
def product(site: FilterSite) -> Kernel | None:
    a, b = (_spread(site, n) for n in range(2))
    return _convolved(a, b, site.pending)


def _convolved(a: Kernel, b: Kernel, pending: Pending) -> Kernel:
    """Sums of taps along pending dimensions, what both have along the others."""
    real = a.real and b.real
    lines = tuple(
        x & y if bins is None else _added(x, y)
        for x, y, bins in zip(a.lines, b.lines, pending, strict=True)
    )
    if not real:
        lines = not_real(lines, pending)
    vanishes = (a.vanishes and not _full(b, pending)) or (b.vanishes and not _full(a, pending))
    return Kernel(lines, real, vanishes)


def not_real(lines: Lines, pending: Pending) -> Lines:
    """Lines of a kernel that is not real: of half a spectrum it turns the other half away."""
    return tuple(
        np.ones_like(line) if bins is not None and bins.half else line
        for line, bins in zip(lines, pending, strict=True)
    )


def _full(found: Kernel, pending: Pending) -> bool:
    """Whether weights give it every tap along some dimension."""
    lines = zip(found.lines, pending, strict=True)
    return not found.vanishes and any(bins is not None and line.all() for line, bins in lines)


def _added(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All sums of an index of ``a`` and one of ``b``, modulo their length."""
    for one, other in ((a, b), (b, a)):
        if one.all() and other.any():
            return one
        if not one[1:].any():
            return other if one[0] else one
    product = np.fft.rfft(a) * np.fft.rfft(b)
    return np.fft.irfft(product, len(a)) > 0.5


def _spread(site: FilterSite, n: int) -> Kernel:
    """Operand ``n`` of an elementwise equation; one for all frequencies is a single tap."""
    shape, output = site.in_shapes[n], site.out_shapes[0]
    here = operand_pending(shape, output, site.pending)
    found = site.operand(n, here)
    return Kernel(
        single_tap(found, here, timed(output, site.pending), site.pending),
        found.real,
        found.vanishes,
    )


def single_tap(found: Kernel, here: Pending, shape: tuple[int, ...], pending: Pending) -> Lines:
    """Lines of an operand spread over ``shape``: at time 0 alone where it lacks the frequencies."""
    lines = []
    for d, (n, bins) in enumerate(zip(shape, pending, strict=True)):
        if len(here) == len(shape) and (here[d] is not None or bins is None):
            lines.append(np.broadcast_to(found.lines[d], n))
        else:
            lines.append(np.ones(n, bool) if bins is None else np.arange(n) == 0)
    return tuple(lines)


@FILTERS.rule("div")
def quotient(site: FilterSite) -> Kernel | None:
    """The kernel of a quotient: by a number its taps, by another spectrum every tap."""
    here = operand_pending(site.in_shapes[1], site.out_shapes[0], site.pending)
    below = site.operand(1, here)
    if any(here) and not all(
        not line[1:].any() for line, bins in zip(below.lines, here, strict=True) if bins
    ):
        return None
    a, b = (_spread(site, n) for n in range(2))
    ones = tuple(np.ones_like(x) if bins is None else x
                 for x, bins in zip(b.lines, site.pending, strict=True))  # fmt: skip
    return _convolved(a, Kernel(ones, b.real), site.pending)


@FILTERS.rule("transpose")
def transpose(site: FilterSite) -> Kernel | None:
    order = site.params["permutation"]
    found = site.operand(0, before_transpose(order, site.pending))
    return Kernel(tuple(found.lines[d] for d in order), found.real, found.vanishes)


@FILTERS.rule("reshape", "squeeze", "expand_dims")
def reshape(site: FilterSite) -> Kernel | None:
    before = before_reshape(site.equation, site.pending)
    if before is None:
        return None
    found, lines = (
        site.operand(0, before),
        list(everywhere(timed(site.out_shapes[0], site.pending))),
    )
    for target, source in kept_dims(site.in_shapes[0], site.out_shapes[0]).items():
        lines[target] = found.lines[source]
    return Kernel(tuple(lines), found.real, found.vanishes)


@FILTERS.rule("broadcast_in_dim")
def broadcast(site: FilterSite) -> Kernel | None:
    here = before_broadcast(site.equation, site.pending)
    found = site.operand(0, here)
    lines = [
        np.ones(n, bool) if bins is None else np.arange(n) == 0
        for n, bins in zip(timed(site.out_shapes[0], site.pending), site.pending, strict=True)
    ]
    for source, target in enumerate(site.params["broadcast_dimensions"]):
        if here[source] is not None or site.pending[target] is None:
            lines[target] = np.broadcast_to(found.lines[source], len(lines[target]))
    return Kernel(tuple(lines), found.real, found.vanishes)


@FILTERS.rule("pad")
def pad(site: FilterSite) -> Kernel | None:
    if not pads_time(site.equation, site.pending):
        return None
    config = site.params["padding_config"]
    found, border = site.operand(0, site.pending), site.operand(1, ())
    if border.zero:
        lines = tuple(padded(x, *sides) for x, sides in zip(found.lines, config, strict=True))
        return Kernel(lines, found.real, found.vanishes)
    return None


@FILTERS.rule("fft")
def transform(site: FilterSite) -> Kernel | None:
    """One transform back; axes that are not inverted have everything everywhere."""
    before, some = opened(site.equation, site.pending), some_opened(site.equation, site.pending)
    found = None if before is None else site.operand(0, before)
    if some is None:
        return found
    before, left = some
    other, shape = site.operand(0, before), timed(site.out_shapes[0], site.pending)
    lines = [np.ones(shape[d], bool) if d in left else x for d, x in enumerate(other.lines)]
    if found is not None:
        lines = [a & b for a, b in zip(lines, found.lines, strict=True)]
    real = found is not None and found.real
    return Kernel(tuple(lines), real, other.vanishes)


@FILTERS.rule("slice")
def cut(site: FilterSite) -> Kernel | None:
    """The kernel of a slice along dimensions that hold no frequencies."""
    if not keeps_frequencies(site.equation, site.pending):
        return None
    p, found = site.params, site.operand(0, site.pending)
    steps = p["strides"] or (1,) * len(site.pending)
    bounds = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    lines = zip(found.lines, bounds, site.pending, strict=True)
    return Kernel(
        tuple(line if bins else line[slice(*bound)] for line, bound, bins in lines),
        found.real,
        found.vanishes,
    )


@FILTERS.rule("concatenate")
def concatenate(site: FilterSite) -> Kernel | None:
    """The kernel of a concatenation along a dimension that holds no frequencies."""
    dim = site.params["dimension"]
    if site.pending[dim] is not None:
        return None
    parts = [site.operand(n, site.pending) for n in range(len(site.in_shapes))]
    lines = [
        np.concatenate(same) if d == dim else np.any(same, 0)
        for d, same in enumerate(zip(*(part.lines for part in parts), strict=True))
    ]
    real, vanishes = all(p.real for p in parts), any(p.vanishes for p in parts)
    return Kernel(tuple(lines), real, vanishes)


@FILTERS.rule("reduce_sum")
def summed(site: FilterSite) -> Kernel | None:
    """The kernel of a sum over dimensions that hold no frequencies."""
    axes = site.params["axes"]
    found = site.operand(0, before_sum(site.equation, site.pending))
    lines = tuple(line for d, line in enumerate(found.lines) if d not in axes)
    return Kernel(lines, found.real, found.vanishes)


@FILTERS.rule("dot_general")
def dot(site: FilterSite) -> Kernel | None:
    """Products, summed up over dimensions that hold no frequencies."""
    shape, parts = timed(site.out_shapes[0], site.pending), []
    for side in (0, 1):
        here = before_contraction(site.equation, side, site.pending)
        found = site.operand(side, here)
        lines = [
            np.ones(n, bool) if bins is None else np.arange(n) == 0
            for n, bins in zip(shape, site.pending, strict=True)
        ]
        for d, target in contraction_dims(site.equation, side).items():
            lines[target] = found.lines[d]
        parts.append(Kernel(tuple(lines), found.real, found.vanishes))
    return _convolved(parts[0], parts[1], site.pending)
