"""The words of the graph: the few ways in which a node can read its operands.

For each operand a :class:`Read` tells, for every dimension of the output, which dimension of the
operand it follows and how, by an :class:`Access`: a :class:`Window` (convolution, pooling, padding,
slices; ``Window()`` is elementwise), :class:`Groups` (all to all within a group: channels,
softmax), :class:`Taps` (any fixed table: reversal, known gather, image resizing) or
:class:`Running` (sums up to here). Operand dimensions that no output dimension follows are read
whole (reductions, contractions); ``where`` leaves out the outputs that do not read at all (known
masks), and :class:`AnyOf` unites several reads of one operand. :class:`Reshape` and
:class:`Concatenate` keep elements and move them: they are a :class:`Move` of all operands together.

A word answers for itself; what it has to answer stands in :class:`Access`, :class:`OperandRead`,
:class:`Move` and :class:`Rearrangement`. A new word is one subclass of one of these.
"""

from jaxrf.geometry.words.access import Access
from jaxrf.geometry.words.concatenate import Concatenate
from jaxrf.geometry.words.groups import Groups
from jaxrf.geometry.words.move import Move, Rearrangement
from jaxrf.geometry.words.read import AnyOf, OperandRead, Read
from jaxrf.geometry.words.reshape import Reshape
from jaxrf.geometry.words.running import Running
from jaxrf.geometry.words.taps import Taps
from jaxrf.geometry.words.window import IDENTITY, Window

__all__ = [
    "IDENTITY",
    "Access",
    "AnyOf",
    "Concatenate",
    "Groups",
    "Move",
    "OperandRead",
    "Read",
    "Rearrangement",
    "Reshape",
    "Running",
    "Taps",
    "Window",
]
