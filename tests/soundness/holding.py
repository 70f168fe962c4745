"""Theory held to the truth, and the smallest program that still fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import jax
import numpy as np
from soundness.draw import Piece, Program, Wrap
from soundness.excuse import counts
from soundness.truth import Truth, experiment
from soundness.weights import given, specs, stored

from jaxrf.errors import InvalidInput
from jaxrf.geometry.node import Node
from jaxrf.geometry.words import AnyOf, Groups, Read, Running, Taps
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.analyze import analyze
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.support import solve_support

__all__ = ["Verdict", "hold", "minimal"]

_FLAG = "jax_use_simplified_jaxpr_constants"


@dataclass(frozen=True)
class Verdict:
    """What came of one program.

    Attributes:
        fault: "" where nothing is missed, else what is wrong.
        exact: whether theory is what the experiment found, set for set.
        approximate: whether theory reports an operation without a rule.
    """

    fault: str
    exact: bool = False
    approximate: bool = False


def hold(program: Program) -> Verdict:
    """Hold the exact supports of a program's every output element to the experiment.

    Raises:
        Exception: the program itself does not run; it proves nothing.
    """
    truth = experiment(program)
    try:
        analysis = _analysed(program)
    except Exception as error:  # a valid program: there is no reason to refuse it
        return Verdict(f"analyze raises {type(error).__name__}: {str(error)[:300]}")
    try:
        said = _pattern(analysis, truth)
        fault = _malformed(analysis) or _missed(program, truth, said)
        approximate = bool(analysis and analysis.approximate)
    except Exception as error:
        return Verdict(f"raises {type(error).__name__}: {str(error)[:300]}")
    return Verdict(fault, bool((said == truth.pattern).all()), approximate)


def _analysed(program: Program) -> Analysis | None:
    """The analysis; None where it says that the output does not depend on the input."""
    with simplified(program.simplified):
        try:
            return analyze(program.build(given(stored(specs(program)))), program.shape)
        except InvalidInput as error:
            if "does not depend" not in str(error):
                raise
            return None


@contextmanager
def simplified(wanted: bool) -> Iterator[None]:
    """JAX with its simplified constants, where this version has them."""
    before = getattr(jax.config, _FLAG, None)
    if before is None or before == wanted:
        yield
        return
    jax.config.update(_FLAG, wanted)
    try:
        yield
    finally:
        jax.config.update(_FLAG, before)


def _pattern(analysis: Analysis | None, truth: Truth) -> np.ndarray:
    """What every output element reads by theory, bool [outputs, inputs]."""
    size = int(np.prod(truth.inputs.shape[2:]))
    outputs = int(np.prod(truth.output))
    if analysis is None:
        return np.zeros((outputs, size), bool)
    graph, node = analysis.graph, analysis.node(analysis.find(None))
    rows = []
    for n in range(outputs):
        mask = (np.arange(outputs) == n).reshape(truth.output)
        rows.append(solve_support(graph, node, mask, source=analysis.source).ravel())
    return np.array(rows)


def _missed(program: Program, truth: Truth, said: np.ndarray) -> str:
    """The dependencies that theory does not have, in words."""
    found = []
    for output, element in np.argwhere(truth.pattern & ~said):
        if counts(program, truth, output, element):
            at = tuple(int(i) for i in np.unravel_index(output, truth.output))
            read = tuple(int(i) for i in np.unravel_index(element, program.shape))
            found.append(f"output {at} reads input {read}")
            if len(found) == 3:
                break
    return f"missed: {', '.join(found)}" if found else ""


def _malformed(analysis: Analysis | None) -> str:
    """A node whose shape is not what its reads make, or not that of its value."""
    if analysis is None:
        return ""
    traced = analysis.traced
    nodes = graph_of(traced).graph.nodes
    for number, index in graph_of(traced).node_of.items():
        if nodes[index].shape != tuple(traced.program.shapes[number]):
            return f"malformed: {nodes[index].name} has shape {nodes[index].shape}"
    for node in nodes:
        if not isinstance(node.dependence, tuple):
            continue
        for operand, how in zip(node.operands, node.dependence, strict=True):
            reads: Sequence[Read] = how.reads if isinstance(how, AnyOf) else (how,)
            if not all(_fits(node, nodes[operand].full_shape, read) for read in reads):
                return f"malformed: {node.name} of shape {node.shape} reads {nodes[operand].shape}"
    assert analysis.output.shape == traced.program.shapes[traced.program.outputs[0]]
    analysis.exact_intervals(analysis.find(None))
    return ""


def _fits(node: Node, operand: tuple[int, ...], read: Read) -> bool:
    """Whether a read makes as many outputs along every dimension as its node has."""
    output = node.full_shape
    if len(read.dims) != len(output):
        return False
    if read.where is not None and np.broadcast_shapes(read.where.shape, output) != output:
        return False
    for length, step in zip(output, read.dims, strict=True):
        if step is None:
            continue
        dim, access = step
        if isinstance(access, Taps):
            right = len(access.table) == length and access.table.max(initial=-1) < operand[dim]
        elif isinstance(access, Running):
            right = operand[dim] == length
        elif isinstance(access, Groups):
            right = not (operand[dim] % access.count or length % access.count)
        else:
            right = access.output_length(operand[dim]) == length
        if not right:
            return False
    return True


def minimal(program: Program) -> Program:
    """The program with every piece left out that its failure does not need."""
    kind = hold(program).fault.split(":")[0]
    smaller = True
    while smaller:
        smaller = False
        for pieces in _shorter(program.pieces):
            candidate = replace(program, pieces=pieces)
            try:
                still = hold(candidate).fault.split(":")[0] == kind
            except Exception:  # it does not run without that piece
                continue
            if still:
                program, smaller = candidate, True
                break
    return program


def _shorter(pieces: tuple[Piece, ...]) -> Iterator[tuple[Piece, ...]]:
    """Every way to leave out one piece, or the function around some."""
    for n, piece in enumerate(pieces):
        before, after = pieces[:n], pieces[n + 1 :]
        yield (*before, *after)
        if isinstance(piece, Wrap):
            yield (*before, *piece.pieces, *after)
            for inner in _shorter(piece.pieces):
                if inner:
                    yield (*before, replace(piece, pieces=inner), *after)
