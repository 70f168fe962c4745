"""The share of a run that one job of an array has drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.erf_share import ErfShare

__all__ = ["table", "to_dict"]


def table(share: ErfShare) -> TextTable:
    """One row: which samples there are."""
    frame = share.frame
    return TextTable(
        f"share {share.number} of {share.of} of the effective field of {frame.endpoint} at "
        f"{', '.join(map(str, frame.at))}",
        ("share", "samples", "of", "first cell", "cells"),
        (
            (
                f"{share.number}/{share.of}",
                *map(str, (share.samples, frame.plan.samples, share.first, len(share.maps))),
            ),
        ),
        ("no field yet: jaxrf erf --merge FILE FILE ... makes one of all shares", *frame.notes),
    )


def to_dict(share: ErfShare) -> dict[str, Any]:
    """JSON-ready: which samples there are, and of which run."""
    frame = share.frame
    return {
        "share": share.number,
        "shares": share.of,
        "endpoint": frame.endpoint,
        "at": list(frame.at),
        "map": frame.estimator.map_name,
        "image": list(frame.shape),
        "samples": share.samples,
        "samples_of_all": frame.plan.samples,
        "seed": frame.plan.seed,
        "batch": share.batch,
        "first_cell": share.first,
        "cells": len(share.maps),
        "run": share.fingerprint,
        "notes": list(frame.notes),
    }
