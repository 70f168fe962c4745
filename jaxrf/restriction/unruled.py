"""Primitives that theory has a rule for but restriction none, and the reason of each.

They run whole. Primitives that no reading has a rule for are in :mod:`jaxrf.program.opaque`.
"""

from __future__ import annotations

__all__ = ["UNRULED"]

# Primitive -> reason.
UNRULED = {
    "expand_dims": "a name of older versions; JAX writes broadcast_in_dim",
    **dict.fromkeys(
        ("select_and_gather_add", "select_and_scatter", "select_and_scatter_add"),
        "a step of the derivative of a pooling, which no layer computes",
    ),
}
