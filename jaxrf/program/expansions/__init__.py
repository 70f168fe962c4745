"""Expansions: equations that stand for programs (loops, branches, devices), written out.

Each function appends equations to a :class:`~jaxrf.program.writer.Writer` and returns the numbers
of the outputs, or None where it cannot: then what it appended is taken back, the equation stays as
it is, depends on everything, and the result says so. What is written out can be run, measured and
derived like any other equation.
"""

from jaxrf.program.expansions.branches import cond
from jaxrf.program.expansions.loops import scan, while_
from jaxrf.program.expansions.mapped import REDUCTIONS, reduction
from jaxrf.program.expansions.references import REFERENCES
from jaxrf.program.expansions.shard_map import shard_map
from jaxrf.program.expansions.stacks import stack, unstack
from jaxrf.program.writer import Expansion

__all__ = ["EXPANSIONS"]

EXPANSIONS: dict[str, Expansion] = {
    "scan": scan,
    "while": while_,
    "cond": cond,
    "shard_map": shard_map,
    "stack": stack,
    "unstack": unstack,
    **dict.fromkeys(REDUCTIONS, reduction),
    **REFERENCES,
}
