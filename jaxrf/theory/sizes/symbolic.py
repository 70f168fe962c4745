"""Traces that hold for every length of a residue, or of all residues at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jax import export

from jaxrf.errors import JaxrfError
from jaxrf.frameworks import as_network
from jaxrf.program.equation import Equation
from jaxrf.program.trace import Traced, trace_network
from jaxrf.theory.sizes.affine import Affine, evaluate, integer
from jaxrf.theory.sizes.counts import counts_agree, differing
from jaxrf.theory.sizes.free_shapes import FreeShapes
from jaxrf.theory.sizes.propagate import AxisState, equation_reads, propagate
from jaxrf.theory.sizes.undecided import watched

__all__ = ["SymbolicTrace", "trace_any_length", "trace_residues"]


@dataclass(frozen=True, eq=False)
class SymbolicTrace:
    """A trace on symbolic lengths.

    Attributes:
        traced: the model; shapes and paddings may be dimension expressions.
        value: ``(stride, residue) ->`` what a name in these expressions is worth, linear in a free
            count from 0 on.
    """

    traced: Traced
    value: Callable[[int, int], Affine]

    @cached_property
    def equations(self) -> list[tuple[Equation, list[Any] | None]]:
        """The program in the words of the graph."""
        return equation_reads(self.traced.program)

    @cached_property
    def dims(self) -> frozenset[str]:
        """Every dimension that depends on a free length, as text."""
        program = self.traced.program
        return frozenset(
            str(n)
            for v in program.dependent
            for n in program.shapes[v]
            if not isinstance(n, int)  # type: ignore[redundant-expr]  # lengths are symbolic here
        )

    @cached_property
    def reshapes(self) -> frozenset[tuple[tuple[str, ...], tuple[str, ...]]]:
        """(lengths before, lengths after) of every reshape, as text; not those on both sides."""
        equations = (eq for eq in self.traced.program.equations if eq.name == "reshape")
        return frozenset(differing(eq.in_shapes[0], eq.out_shapes[0]) for eq in equations) - {
            ((), ())
        }

    def regular(self, strides: Sequence[int], residues: Sequence[int]) -> bool:
        """Whether, at these residues, all maps grow steadily and none is empty.

        What is not linear in the length has a longer period than the total stride. JAX lets a
        reshape to a fixed size pass, as it may fit some length: it has to fit all of them.
        """
        at = self._at(strides, residues)
        values = (evaluate(text, at) for text in self.dims)
        return all(v is not None and v.plus(Affine(-1)).not_negative for v in values) and all(
            counts_agree(before, after, at) for before, after in self.reshapes
        )

    def states(
        self, source: int, axis: int, strides: Sequence[int], residues: Sequence[int]
    ) -> dict[str, AxisState | None]:
        """End-point -> state of an axis at these residues; None where the axis does not reach."""
        at, program = self._at(strides, residues), self.traced.program
        found = propagate(self.equations, program.inputs[source], axis, lambda v: integer(v, at))
        return {name: found.get(number) for name, number in self.traced.endpoints.items()}

    def _at(self, strides: Sequence[int], residues: Sequence[int]) -> dict[str, Affine]:
        """The value of every name: linear in a free count of its own."""
        values = (self.value(s, r) for s, r in zip(strides, residues, strict=True))
        return {
            _name(n): Affine(v.constant, tuple((f"count{n}", s) for _, s in v.slopes))
            for n, v in enumerate(values)
        }


Attempt = tuple[SymbolicTrace | None, str]


def trace_any_length(model: Any, free: FreeShapes, least: int, **options: Any) -> Attempt:
    """A trace for all lengths from ``least`` on; a text says why where there is none.

    ``options`` are ``all_endpoints``, ``variables`` and ``call`` of ``analyze``.
    """
    scope = export.SymbolicScope([f"{_name(n)} >= {least}" for n in range(free.count)])
    lengths = [export.symbolic_shape(_name(n), scope=scope)[0] for n in range(free.count)]
    return _trace(model, free, lengths, lambda s, r: _from(least, s, r), **options)


def trace_residues(
    model: Any,
    free: FreeShapes,
    least: int,
    strides: Sequence[int],
    residues: Sequence[int],
    **options: Any,
) -> Attempt:
    """A trace for the lengths from ``least`` on with these residues, one per free length."""
    scope = export.SymbolicScope([])
    lengths = []
    for n, (stride, residue) in enumerate(zip(strides, residues, strict=True)):
        first = _from(least, stride, residue).constant - stride  # a name is 1 or more
        text = f"{stride}*{_name(n)} + {first}" if first >= 0 else f"{stride}*{_name(n)} - {-first}"
        lengths.append(export.symbolic_shape(text, scope=scope)[0])
    return _trace(model, free, lengths, lambda s, r: Affine(1, (("", 1),)), **options)


def _name(number: int) -> str:
    return f"length{number}"


def _from(least: int, stride: int, residue: int) -> Affine:
    """The lengths from ``least`` on that leave ``residue``, counted from 0."""
    return Affine(least + (residue - least) % stride, (("", stride),))


def _trace(
    model: Any,
    free: FreeShapes,
    lengths: Sequence[Any],
    value: Callable[[int, int], Affine],
    *,
    all_endpoints: bool,
    variables: Any = None,
    call: Any = None,
) -> Attempt:
    inputs = free.at(lengths)
    try:
        with watched(type(lengths[0])) as compared:
            network = as_network(model, inputs, call=call, variables=variables)
            traced = trace_network(network, inputs, all_endpoints=all_endpoints)
    except JaxrfError as error:
        return None, str(error)
    except Exception as error:  # adapters compute with shapes as well
        return None, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    if compared:
        return None, f"the model compares a length at {compared[0]}"
    return SymbolicTrace(traced, value), ""
