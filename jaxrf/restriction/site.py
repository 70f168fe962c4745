"""The reading of restriction: the site that a rule is given, and the cut that it returns.

A rule is told which box of every result is wanted. It answers with the boxes of the operands that
this takes, and with how the equation is computed from them. Where there is no rule, operands are
needed whole, and the equation runs as it is.

Source: bounds inference over a pipeline of stencils, Ragan-Kelley et al., *Halide: A Language and
Compiler for Optimizing Parallelism, Locality, and Recomputation in Image Processing Pipelines*,
PLDI 2013, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.folded_operands import FoldedOperands
from jaxrf.program.reading import Reading
from jaxrf.restriction.boxes import Box, whole

__all__ = ["RESTRICTION", "Cut", "CutSite", "fitted", "run_primitive"]


@dataclass(eq=False)
class CutSite(FoldedOperands):
    """An equation of which some boxes are wanted.

    Attributes:
        wanted: the box of every result; None where nothing reads it.
    """

    wanted: Sequence[Box | None] = field(kw_only=True)

    @property
    def box(self) -> Box:
        """The box of the only result."""
        (box,) = self.wanted
        assert box is not None
        return box


# (equation with the parameters and shapes of the cut, operands, tables, static values) -> results.
Apply = Callable[..., Sequence[Any]]


def run_primitive(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any]
) -> Sequence[Any]:
    """Run the equation's own primitive."""
    return compat.bind(equation, *operands)


@dataclass(frozen=True, eq=False)
class Cut:
    """How an equation is computed from parts of its operands.

    Everything that ``apply`` uses comes to it as an argument: two cuts with equal static values,
    parameters and shapes are one compiled program, with other tables.

    Attributes:
        needs: the box of every operand; None where it is not read.
        made: the box of every result that is computed, which contains the wanted one; None is
            the wanted one itself.
        params: parameters in place of the equation's own.
        apply: makes the results; None for one that nothing reads. A function of a module.
        static: further arguments of it, hashable.
        tables: arrays for it that depend on where the box lies.
        spread: (operand, dimension) of what is read along the whole dimension wherever the
            wanted box lies, as a position in space may be: for the report.
        ruled: whether there was a rule.
    """

    needs: tuple[Box | None, ...]
    made: Sequence[Box | None] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    apply: Apply = run_primitive
    static: tuple[Hashable, ...] = ()
    tables: tuple[Any, ...] = ()
    spread: tuple[tuple[int, int], ...] = ()
    ruled: bool = True


def uncut(site: CutSite) -> Cut:
    """All of every operand, and the equation as it is."""
    equation = site.equation
    spread = tuple((n, d) for n, shape in enumerate(equation.in_shapes) for d in range(len(shape)))
    return Cut(
        tuple(map(whole, equation.in_shapes)),
        tuple(map(whole, equation.out_shapes)),
        spread=spread,
        ruled=False,
    )


RESTRICTION: Reading[CutSite, Cut] = Reading("restriction", default=uncut)


def fitted(box: Box, shape: Sequence[int]) -> Box:
    """The box of an elementwise operand: a scalar, or lengths of 1, stand for all indices."""
    if len(shape) != len(box):
        return whole(shape)
    everything = whole(shape)
    return tuple(e if n == 1 else s for s, e, n in zip(box, everything, shape, strict=True))
