"""``merge_erf``: the field that the shares of all jobs make, with the bytes of a single run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.erf_share import ErfShare, check_complete, without_maps
from jaxrf.measure.result import ERF
from jaxrf.report.storage import load

__all__ = ["merge_erf", "merged_sums"]


def merge_erf(shares: Sequence[Any]) -> ERF:
    """The effective field of all shares of a run: the bytes that :func:`jaxrf.measure_erf` gives.

    >>> import jaxrf
    >>> pairs = lambda x: x[:, 1:] + x[:, :-1]
    >>> halves = [jaxrf.measure_erf_share(pairs, (1, 8, 1), share=(n, 2)) for n in (2, 1)]
    >>> merge_erf(halves).sigma == jaxrf.measure_erf(pairs, (1, 8, 1)).sigma
    True

    Args:
        shares: all of them in any order, each an :class:`~jaxrf.ErfShare` or a file that its
            ``save`` or ``jaxrf erf --array`` wrote; one at a time is in memory.

    Raises:
        InvalidInput: a share that is missing, given twice, or of another run; a file without one.
    """
    first, state = merged_sums(shares)
    return first.frame.field(state)


def merged_sums(
    shares: Sequence[Any], progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[ErfShare, Accumulator]:
    """The first share without its maps, and the running sums of all.

    Args:
        shares: as for :func:`merge_erf`.
        progress: called with (shares added, shares).
    """
    if isinstance(shares, str | Path | ErfShare) or not isinstance(shares, Sequence):
        raise InvalidInput(f"merge: got {shares!r}, need a list of shares, or of their files")
    heads = [without_maps(_share(share)) for share in shares]
    names = [
        str(s) if isinstance(s, str | Path) else f"share {h.number}"
        for s, h in zip(shares, heads, strict=True)
    ]
    check_complete(heads, names)
    order = sorted(range(len(shares)), key=lambda n: heads[n].number)
    state = heads[0].frame.empty()
    for done, n in enumerate(order, start=1):
        _share(shares[n]).added_to(state)
        progress(done, len(shares))
    return heads[order[0]], state


def _share(given: Any) -> ErfShare:
    """A share, from its file where it is one."""
    found = load(given) if isinstance(given, str | Path) else given
    if not isinstance(found, ErfShare):
        raise InvalidInput(
            f"merge: got {type(found).__name__}"
            + f" in {given}" * isinstance(given, str | Path)
            + ", need a share: what jaxrf erf --array or measure_erf_share gives"
        )
    return found
