"""Primitives that have a rule of theory but none of energy, and the reason of each.

Their energy is spread evenly over their results, which is reported as an assumption. Primitives
that no reading has a rule for are in :mod:`jaxrf.program.opaque`.
"""

from __future__ import annotations

from jaxrf.program.primitives import of_kind

__all__ = ["UNRULED"]

# Reason -> primitives.
_REASONS = {
    "a spectrum mixes all places with signs, which its inverse takes back: energies cannot": (
        of_kind("fourier")
    ),
    "derivatives of a factorisation are those of all of its matrix, and cancel": (
        of_kind("linear-algebra")
    ),
    "every result weighs all elements before it by values that differ from place to place": (
        "cumlogsumexp",
        "cumprod",
    ),
    "any function of the user's: which elements it passes is not known": (
        "reduce",
        "reduce_window",
    ),
    "what is kept is decided by which of two values is larger, or by a product of them": (
        "scatter-max",
        "scatter-min",
        "scatter-mul",
    ),
    "a step of the derivative of a pooling, which no layer computes": (
        "select_and_gather_add",
        "select_and_scatter",
        "select_and_scatter_add",
    ),
}

# Primitive -> reason.
UNRULED = {name: reason for reason, names in _REASONS.items() for name in names}
