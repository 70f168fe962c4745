"""A closed jaxpr -> the flat program: every call inlined, loops unrolled, dead equations dropped.

Equations are written by :class:`jaxrf.program.writer.Writer`; what stands for a program of its own
is written out by :mod:`jaxrf.program.expansions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from jaxrf.program import compat
from jaxrf.program.expansions import EXPANSIONS
from jaxrf.program.program import Call, Program
from jaxrf.program.slices import backward_slice, forward_slice
from jaxrf.program.writer import Writer, shape_of

__all__ = ["flatten"]


def flatten(closed: compat.Jaxpr, *, inputs: Sequence[int]) -> Program:
    """Inline every call of a closed jaxpr.

    Args:
        closed: what ``jax.make_jaxpr`` returned.
        inputs: which of its arguments are the network's inputs; the others are parameters.
    """
    writer = Writer(EXPANSIONS)
    jaxpr, constants = compat.open_jaxpr(closed)
    arguments = [writer.new(shape_of(v.aval)) for v in jaxpr.invars]
    writer.typed(arguments, jaxpr.invars)
    handles = [
        writer.states.refer(writer.new(v.aval.shape), v.aval, number)
        if compat.is_reference(v.aval)
        else number
        for v, number in zip(jaxpr.invars, arguments, strict=True)
    ]
    outputs = [writer.states.read(number) for number in writer.write(jaxpr, constants, handles)]
    live = backward_slice(writer.equations, outputs)
    network_inputs = tuple(arguments[i] for i in inputs)
    return Program(
        tuple(live),
        tuple(writer.shapes),
        tuple(arguments),
        network_inputs,
        tuple(outputs),
        writer.folding,
        writer.constants,
        forward_slice(live, network_inputs),
        writer.dtypes,
        tuple(Call(equation, tuple(inside)) for equation, inside in writer.calls),
    )
