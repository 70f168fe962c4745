"""Rules, one file a family of primitives; importing this package registers all of them."""

from jaxrf.trace.rules import elementwise, indexing, reductions, shapes, windows  # noqa: F401
from jaxrf.trace.rules.registry import RULES

__all__ = ["RULES"]
