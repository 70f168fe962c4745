"""The unit of input positions (pixels, samples, tokens), and times at a sampling rate."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["checked_rate", "milliseconds", "unit", "unit_in", "unit_of"]


def unit(axes: int, *, integers: bool = False) -> str:
    """The unit of positions along a number of spatial axes.

    >>> unit(2), unit(1), unit(1, integers=True)
    ('pixels', 'samples', 'tokens')

    Args:
        axes: number of spatial axes.
        integers: whether the input holds integers, as indices into a vocabulary do.
    """
    if axes != 1:
        return "pixels"
    return "tokens" if integers else "samples"


def unit_of(analysis: Analysis) -> str:
    """The unit of positions of the input of an analysis."""
    dtype = str(analysis.traced.inputs[analysis.source].dtype)
    return unit(len(analysis.spatial_axes), integers="int" in dtype)


def unit_in(document: Mapping[str, Any]) -> str:
    """The unit of positions of the input, from the JSON of an analysis.

    Args:
        document: ``to_dict()`` of an analysis.
    """
    dtypes = {i["name"]: i["dtype"] for i in document["inputs"]}
    return unit(len(document["spatial_axes"]), integers="int" in dtypes[document["input"]])


def checked_rate(rate: float | None, axes: int) -> None:
    """Check a sampling rate.

    Raises:
        InvalidInput: it is not positive, or there are several axes and no single time.
    """
    if rate is None:
        return
    if not 0 < rate < float("inf"):
        raise InvalidInput(f"rate: got {rate:g}, need samples per second, e.g. 16000")
    if axes != 1:
        raise InvalidInput(
            f"rate: got {rate:g} with {axes} spatial axes, need one: name the axis of time, "
            "e.g. --axes 1"
        )


def milliseconds(positions: float | Fraction | None, rate: float) -> str:
    """A number of samples as a time.

    >>> milliseconds(400, 16000), milliseconds(1, 16000), milliseconds(None, 16000)
    ('25', '0.0625', '-')

    Args:
        positions: input samples; None where it is not known.
        rate: input samples per second.
    """
    return "-" if positions is None else f"{1000 * float(positions) / rate:.4g}"
