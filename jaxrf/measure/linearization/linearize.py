"""The positive linearisation: the same program with every path open.

A plain JAX function, linear in its input, in which an output reacts to an input exactly when some
path leads from one to the other: weights become positive and every operation an average of what it
ranges over, so that nothing cancels, blocks, or overflows. It runs the *original* primitives with
their original parameters wherever they are linear, so it shares no rule with the theory: only the
flat list of equations.

    weights -> 1 / fan-in;  elementwise -> mean of the dependent operands;  products -> sums;
    max, min, sort, argmax -> means over what they range over;  select -> all branches, predicate
    included;  rounding, comparisons and casts pass through;  products of spectra -> convolutions.

Values that follow from the model's code alone (masks, indices, resize matrices) are kept: the zeros
of a known matrix stay zeros, a known predicate selects, known indices are gathered. They are found
by running the program (:mod:`jaxrf.measure.observed`), independently of theory. The rules are in
:mod:`jaxrf.measure.linearization`, one file per family of primitives.

As weights are alike, so are channels: one stands for all (:mod:`.thin`). Its gradient tells how
much of the average comes from where; of hundreds of layers it underflows, and supports need only
its signs (:mod:`.signs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from jaxrf.measure.linearization.apply import NonzeroPatterns, apply
from jaxrf.measure.linearization.signs import with_signs
from jaxrf.measure.linearization.spectra import averaged
from jaxrf.measure.linearization.spectral_site import Value
from jaxrf.measure.linearization.thin import whole
from jaxrf.measure.observed import Observer
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.reading import interpret

__all__ = ["linearize"]


def linearize(
    program: Program, wanted: Sequence[int], *, source: int | None = None, signs: bool = False
) -> Callable[[jax.Array], list[jax.Array]]:
    """A linear function from one input of the program to the values numbered ``wanted``.

    Args:
        program: the flat program of a traced model.
        wanted: value numbers; values that the input cannot influence are zero.
        source: value number of the input; the first one by default. Other inputs count as weights.
        signs: reset cotangents to 0 or 1 on their way back (:mod:`.signs`): they tell which inputs
            are seen, not how much of them, and cannot underflow.

    Returns:
        ``x -> [value, ...]`` in the dtype of ``x``.
    """
    start = program.inputs[0] if source is None else source
    observer = Observer(program)
    patterns = NonzeroPatterns(observer)

    def step(eq: Equation, operands: Sequence[Value]) -> Sequence[Value]:
        seen = with_signs(eq, operands) if signs else operands
        return apply(observer, eq, seen, patterns)

    def run(x: jax.Array) -> list[jax.Array]:
        values: dict[int, Value] = {start: x}
        interpret(program.equations, values, step, reached=True, wanted=wanted)
        found = [averaged(values.get(i)) for i in wanted]
        return [
            jnp.zeros(program.shapes[i], x.dtype)
            if value is None
            else whole(value, program.shapes[i])
            for i, value in zip(wanted, found, strict=True)
        ]

    return run
