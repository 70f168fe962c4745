"""The texts of table cells: values per axis, shapes, operations, and names without their scope."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxrf.geometry.field import AxisField, Field
    from jaxrf.theory.sizes.result import AxisAnswer

__all__ = ["common_scope", "extent", "giga", "per_axis", "phases_of", "shape_text", "verdict"]


def giga(flops: int) -> str:
    """A number of operations in units of 1e9, small ones as a power of ten."""
    return f"{flops / 1e9:.2f}" if flops >= 5e6 or not flops else f"{flops / 1e9:.0e}"


def per_axis(values: Sequence[int | str | Fraction | None]) -> str:
    """The values of all axes as text, once where they agree."""
    texts = ["-" if v is None else str(v) for v in values]
    return texts[0] if len(set(texts)) == 1 else ",".join(texts)


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as text, without a batch axis of length 1."""
    return "x".join(map(str, shape[1:] if shape[:1] == (1,) else shape)) or "scalar"


def common_scope(names: Sequence[str]) -> str:
    """The scope that all of several names share, with its slash; outputs keep theirs."""
    scopes = {name.partition("/")[0] + "/" for name in names}
    shared = len(names) > 1 and len(scopes) == 1 and scopes != {"output/"}
    return scopes.pop() if shared else ""


def extent(axis: AxisField) -> int | str | None:
    """The size r along an axis; "grows" where it grows with the position."""
    if axis.size is not None or axis.pieces or not axis.phases:
        return axis.size
    grows = axis.growing or (axis.stride is None and axis.look.causal is not None)
    return "grows" if grows else None


def verdict(field: AxisField | Field | AxisAnswer) -> str:
    """Whether a field is aligned, in a word; "global" where some path sees everything."""
    return "global" if field.is_global else ("yes" if field.aligned else "no")


def phases_of(field: Field, word: str) -> str:
    """The number of phases of a field, and the reach of each from its own position."""
    axis = max(field.axes, key=lambda a: a.period)
    reach = ", ".join(f"[{low:g}, {high:g}]" for low, high in axis.reach[:8])
    more = ", ..." if axis.period > 8 else ""
    return f"{axis.period} phases, reaching {reach}{more} {word} from S times the index"
