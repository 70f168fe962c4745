"""``analyze_sizes``: the theory of a model for every length of its input at once.

The field of a feature depends on the input's length only through paddings that a model computes
from it (SAME), and these depend on the length modulo the strides: on its residue modulo the total
stride S. Three strategies, the first that holds for an end-point is taken:

1. one symbolic trace for all lengths; paddings are worked out at every residue. A proof.
2. a symbolic trace for each residue, where the first cannot be made. A proof.
3. two concrete lengths of each residue, which have to agree. A check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput, NotExact
from jaxrf.frameworks.checkpoints import load_weights
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.model_inputs import complete_inputs, file_lengths
from jaxrf.theory.notes import independent_of, setting_notes, several_outputs
from jaxrf.theory.sizes.concrete import Probe, answers_of, total_strides
from jaxrf.theory.sizes.free_shapes import FreeShapes
from jaxrf.theory.sizes.result import AxisSizes, EndpointSizes, Residue, SizeFreeAnalysis
from jaxrf.theory.sizes.strategies import Plan, Strategies

__all__ = ["analyze_sizes"]

MOST_RESIDUES = 4096


def analyze_sizes(
    model: Any,
    shape: Any,
    *,
    spatial_axes: Sequence[int] | None = None,
    wrt: str | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    all_endpoints: bool = False,
    strict: bool = False,
    start: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SizeFreeAnalysis:
    """Derive the receptive field of every end-point for every input length.

    >>> import jax.numpy as jnp
    >>> sizes = analyze_sizes(lambda x: (x[:, :-2] + x[:, 2:]) / 2, (1, None, 3))
    >>> sizes.output.size, sizes.output.depends, sizes.output.proved
    ((3,), (), True)

    Args:
        model: as for :func:`jaxrf.analyze`.
        shape: as for :func:`jaxrf.analyze`, None for a free length. Of several inputs, the first
            free axes share one length, the second ones another, and so on.
        spatial_axes: axes of the input that count as spatial.
        wrt: name of the input, where there are several; the first by default.
        variables: as for :func:`jaxrf.analyze`.
        call: as for :func:`jaxrf.analyze`.
        dtype: of inputs that do not say.
        all_endpoints: also list the framework's sub-modules.
        strict: raise where an operation is not known, instead of bounding it by everything.
        start: a length that the model takes; by default usual ones are tried.
        progress: called with (residues done, residues in all).

    Raises:
        InvalidInput: a shape or axis that cannot be used, or no length is free.
        ModelError: the model takes none of the lengths tried.
        NotExact: an operation without a rule, under ``strict``.
    """
    check_arguments(analyze_sizes, locals())
    model, shape, taken = complete_inputs(model, shape, dtype)
    free = FreeShapes.of(shape, dtype)
    if isinstance(variables, (str, Path)):
        variables = load_weights(variables)  # once for all sizes
    options = {
        "spatial_axes": spatial_axes,
        "wrt": wrt,
        "all_endpoints": all_endpoints,
        "variables": variables,
        "call": call,
    }
    probe = Probe(model, free, options)
    base, analysis = probe.base(start, file_lengths(model, free.shapes))
    strategies = Strategies(_plan(probe, base, analysis))
    strategies.open()
    notes = list(taken)
    if strategies.any_length is None:
        given = _immovable(strategies.plan)
        fixed = [str(n) for n in given if n is not None]
        if fixed:
            size = "x".join(fixed) if len(fixed) == len(given) else f"length {', '.join(fixed)}"
            notes.append(f"the model takes no other size than {size} of those tried")
            probe = Probe(model, free.fixed(given), options)
            base = tuple(n for n, g in zip(base, given, strict=True) if g is None)
            if not base:
                return _result(analysis, probe, _one_size(analysis), notes, strict)
            strategies = Strategies(_plan(probe, base, analysis))
            strategies.open()
    table = _table(strategies, progress)
    notes += _notes(table, strategies.why)
    return _result(analysis, probe, _endpoints(strategies.plan, table), notes, strict)


def _plan(probe: Probe, base: tuple[int, ...], analysis: Analysis) -> Plan:
    source = analysis.source
    numbers = tuple(probe.inputs.number(source, axis) for axis in analysis.spatial_axes)
    strides = [1] * probe.inputs.count
    for number, stride in zip(numbers, total_strides(analysis), strict=True):
        if number is not None:
            strides[number] = stride
    if max(strides) > MOST_RESIDUES:
        raise InvalidInput(
            f"shape: the network repeats after {max(strides)} pixels only, need {MOST_RESIDUES} "
            "or fewer to look at every residue; analyze() one size at a time"
        )
    sizes = (r for _, field in analysis.items() for r in field.size if r is not None)
    return Plan(
        probe,
        base,
        answers_of(analysis),
        tuple(strides),
        source,
        analysis.spatial_axes,
        tuple(probe.inputs.shapes[source][axis] for axis in analysis.spatial_axes),
        numbers,
        max(sizes, default=1),
    )


def _immovable(plan: Plan) -> tuple[int | None, ...]:
    """Free lengths that the model does not let go of: their values, None for the others."""
    others: tuple[Callable[[int, int], int], ...] = (
        lambda b, s: b + s,
        lambda b, s: 2 * b,
        lambda b, s: 4 * b,
    )

    def moves(chosen: Sequence[int]) -> bool:
        """Whether the model takes some size at which only the chosen lengths are others."""
        return any(
            plan.probe.takes([other(b, s) if n in chosen else b for n, (b, s) in enumerate(pairs)])
            for other in others
        )

    pairs = list(zip(plan.base, plan.strides, strict=True))
    if moves(range(len(pairs))):
        return (None,) * len(pairs)
    return tuple(None if len(pairs) > 1 and moves([n]) else b for n, b in enumerate(plan.base))


def _table(strategies: Strategies, progress: Any) -> dict[tuple[str, int], dict[int, Residue]]:
    """(end-point, number of the axis) -> residue -> what is known, the best of several turns."""
    total = max(strategies.plan.strides)
    first = max(strategies.plan.base) % total  # one that the model is known to take
    table: dict[tuple[str, int], dict[int, Residue]] = {}
    for done in range(total):
        for key, entry in strategies.settle(strategies.residues((first + done) % total)).items():
            entries = table.setdefault(key, {})
            before = entries.get(entry.residue)
            entries[entry.residue] = entry if before is None else _united(before, entry)
        if progress is not None:
            progress(done + 1, total)
    return table


def _united(a: Residue, b: Residue) -> Residue:
    """One residue of one axis, seen beside two residues of another."""
    if a.answer is None or b.answer is None or a.answer == b.answer:
        return max(a, b, key=lambda r: _RANK.index(r.evidence))
    problem = "the field depends on the length of another axis as well"
    return Residue(a.residue, None, "varies", (*a.lengths, *b.lengths), problem)


_RANK = ("refused", "varies", "checked", "proved")


def _endpoints(
    plan: Plan, table: Mapping[tuple[str, int], Mapping[int, Residue]]
) -> tuple[EndpointSizes, ...]:
    endpoints = []
    for name in plan.answers:
        axes = []
        for k, axis in enumerate(plan.axes):
            entries = table[name, k]
            residues = tuple(entries[r] for r in sorted(entries))
            axes.append(AxisSizes(axis, len(residues), residues, plan.given[k]))
        endpoints.append(EndpointSizes(name, tuple(axes)))
    return tuple(endpoints)


def _one_size(analysis: Analysis) -> tuple[EndpointSizes, ...]:
    """The analysis of the one size that a model takes."""
    endpoints = []
    for name, answers in answers_of(analysis).items():
        axes = []
        for axis, answer in zip(analysis.spatial_axes, answers, strict=True):
            length = analysis.shape[axis]
            residue = Residue(0, answer, "proved", (length,))
            axes.append(AxisSizes(axis, 1, (residue,), length))
        endpoints.append(EndpointSizes(name, tuple(axes)))
    return tuple(endpoints)


def _notes(table: Mapping[tuple[str, int], Mapping[int, Residue]], why: Sequence[str]) -> list[str]:
    """Notes on what was only bounded or only checked, with the reasons."""
    entries = [e for by_residue in table.values() for e in by_residue.values()]
    unproved = any(e.evidence == "checked" for e in entries)
    return [f"not proved: {why[0]}"] if unproved and why else []


def _result(
    analysis: Analysis,
    probe: Probe,
    endpoints: tuple[EndpointSizes, ...],
    notes: list[str],
    strict: bool,
) -> SizeFreeAnalysis:
    answers = [answer for e in endpoints for axis in e.axes for answer in axis.answers]
    bounded = list(dict.fromkeys(a.approximate for a in answers if a.approximate))
    if bounded and strict:
        raise NotExact(
            f"no rule for {'; '.join(bounded)}: the field can only be bounded by the whole input; "
            "run without strict to get that bound"
        )
    return SizeFreeAnalysis(
        analysis.traced.network.name,
        analysis.input,
        probe.inputs.shapes[analysis.source],
        analysis.spatial_axes,
        endpoints,
        (
            *(
                *analysis.assumed,
                *notes,
                *(f"bounded only, no rule for {what}" for what in bounded),
            ),
            *([several_outputs(analysis)] if len(analysis.outputs) > 1 else []),
            *([independent_of(analysis)] if analysis.independent else []),
            *setting_notes(analysis),
        ),
    )
