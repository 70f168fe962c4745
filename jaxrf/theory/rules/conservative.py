"""Primitives without a rule on purpose ("everything depends on everything"), with the reasons.

A node of one of these is never a missed dependency: its supports are an upper bound, and the
result names it (``approximate``; an error with ``strict``). A primitive that is neither ruled, nor
inlined, nor listed behaves the same way, but fails the census in the tests.
"""

from __future__ import annotations

from jaxrf.program.primitives import reasons

__all__ = ["CONSERVATIVE"]

# Primitive name -> one-phrase reason.
CONSERVATIVE = reasons()
