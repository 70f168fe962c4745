"""``energy_by_path``: the share of the expected energy by the number of residual branches passed.

The energy prediction is linear, so with a mark z on every residual branch the predicted energy is a
polynomial in z: its coefficient k is the energy of the paths that pass k branches. The polynomial
is carried along exactly, as a batch of its coefficients, in one pass: every rule acts on all
coefficients alike, and a mark shifts them by one.

Source: Veit, Wilber and Belongie 2016, *Residual Networks Behave Like Ensembles of Relatively
Shallow Networks*, arXiv:1605.06431, who measure gradients by path length on sampled paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.interval import Interval
from jaxrf.measure.energy import EnergyPrediction
from jaxrf.measure.energy.linear_combination import LinearCombination, Source
from jaxrf.measure.energy.site import ENERGY, Operand, Site
from jaxrf.measure.field_location import field_location
from jaxrf.measure.impulse import at_feature
from jaxrf.measure.moments import axis_moments
from jaxrf.measure.plan import checked_inputs
from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.residuals import Branch, joined_side_by_side, residual_branches
from jaxrf.text.result import Result
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.build import graph_of
from jaxrf.theory.model_arguments import analysis_of, feature_of
from jaxrf.theory.solve.branches import layered
from jaxrf.theory.solve.support import solve_support

__all__ = ["DRAWS", "PathEnergy", "energy_by_path"]

DRAWS = 4  # networks whose energies are averaged
AXIS = "branches"  # of the batch of coefficients
MARK = "residual_branch"  # name of the marking equation


class _Mark(Equation):
    """An identity on a branch, under a name that the energy prediction has a rule for."""

    @property
    def name(self) -> str:
        """The name of the mark, not that of the identity."""
        return MARK


@ENERGY.rule(MARK)
def _passed(site: Site) -> list[Operand]:
    """Coefficient k of what arrives becomes coefficient k + 1."""
    moved: dict[Source, Source] = {}
    terms: LinearCombination = ()
    for term in site.combination(0):
        source = term.source
        if source not in moved:
            count = jax.lax.axis_size(AXIS)
            turn = [(k, (k + 1) % count) for k in range(count)]  # the last is never reached
            moved[source] = replace(source, energy=jax.lax.ppermute(source.energy, AXIS, turn))
        terms += (replace(term, source=moved[source]),)
    return [terms]


def _marked(program: Program, branches: Sequence[Branch]) -> Program:
    """A program with a mark on every branch."""
    where = {b.equation: b for b in branches}
    shapes, dtypes, dependent = list(program.shapes), dict(program.dtypes), set(program.dependent)
    equations: list[Equation] = []
    for eq in program.equations:
        branch = where.get(eq)
        if branch is not None:
            old, new = eq.inputs[branch.position], len(shapes)
            shape, dtype = program.shapes[old], program.dtype(old)
            traced = jax.make_jaxpr(lambda x: checkpoint_name(x, MARK))(jnp.zeros((), dtype))
            identity = traced.eqns[0]
            equations.append(
                _Mark(
                    identity.primitive, dict(identity.params), (old,), (new,), (shape,), (shape,),
                    eq.sources, eq.scope,
                )
            )  # fmt: skip
            inputs = tuple(new if p == branch.position else i for p, i in enumerate(eq.inputs))
            eq = replace(eq, inputs=inputs)
            shapes.append(shape)
            dtypes[new] = dtype
            dependent.add(new)
        equations.append(eq)
    return replace(
        program, equations=tuple(equations), shapes=tuple(shapes), dtypes=dtypes,
        dependent=frozenset(dependent),
    )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class PathEnergy(Result):
    """Predicted energy by the number of residual branches that a path passes.

    Lengths are input pixels, about ``center``. Index k is the number of branches.

    Attributes:
        maps: float64 [K + 1, *spatial], expected squared gradient of the paths of k branches; their
            sum is the map of :func:`jaxrf.predict_erf` with the same ``draws`` and ``seed``.
        hulls: per k and axis, the first and last pixel that paths of k branches read, 0-based,
            inclusive; None without such paths.
        branches: label of every residual join of the network, in order of execution.
        projected: of those, how many have a projection for a shortcut.
        center: centre that theory gives (eq 11).
        box: theoretical field inside the image, of all paths.
        endpoint: name of the feature map.
        at: output index per spatial axis.
        draws: networks that the energies are the mean of.
        assumptions: of the prediction, as :attr:`jaxrf.Prediction.assumptions`, and how many
            concatenations were not counted as branches.
        setting: whose weights, how the model was called, and what was assumed of it.
    """

    REPORT: ClassVar[str] = "path_energy"

    maps: np.ndarray
    hulls: tuple[tuple[Interval, ...] | None, ...]
    branches: tuple[str, ...]
    projected: int
    center: tuple[float, ...]
    box: tuple[Interval, ...]
    endpoint: str
    at: tuple[int, ...]
    draws: int
    assumptions: tuple[str, ...]
    setting: Setting = field(default_factory=Setting)

    @cached_property
    def share(self) -> np.ndarray:
        """Float64 [K + 1], share of all energy by the number of branches."""
        sums = self.maps.reshape(len(self.maps), -1).sum(1)
        share: np.ndarray = sums / sums.sum()
        return share

    @property
    def mean(self) -> float:
        """Mean number of branches passed, weighted by energy."""
        return float(np.arange(len(self.share)) @ self.share)

    @property
    def deviation(self) -> float:
        """Standard deviation of that number."""
        return float(np.sqrt((np.arange(len(self.share)) - self.mean) ** 2 @ self.share))

    @cached_property
    def sigma(self) -> np.ndarray:
        """Float64 [K + 1, n], of the paths of k branches; NaN where they have no energy."""
        return np.array([self._sigma(m) for m in self.maps])

    @property
    def total_sigma(self) -> tuple[float, ...]:
        """Sigma per axis of all paths together, as ``predict_erf(...).sigma``."""
        return tuple(self._sigma(self.maps.sum(0)).tolist())

    @property
    def size(self) -> tuple[tuple[int, ...] | None, ...]:
        """Extent r per axis of what paths of k branches read of the image; None without any."""
        return tuple(None if h is None else tuple(i.size for i in h) for h in self.hulls)

    def _sigma(self, energy: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            sigma: np.ndarray = np.sqrt(axis_moments(energy, self.center, 2) / energy.sum())
        return sigma


def energy_by_path(
    model: Any,
    shape: Any = None,
    *,
    wrt: str | None = None,
    endpoint: str | None = None,
    at: int | Sequence[int] | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
    inputs: np.ndarray | None = None,
    calibrate: bool = True,
    draws: int = DRAWS,
    seed: int = 0,
) -> PathEnergy:
    """Predict how much of an effective field comes through how many residual branches.

    >>> import jax, jax.numpy as jnp
    >>> class Block:  # twice x + W x, W random of gain 1: one path passes none, two one, one both
    ...     def init(self, key, x):
    ...         return jax.random.normal(key, (2, 64, 64)) / 8
    ...     def apply(self, w, x):
    ...         for n in range(2):
    ...             x = x + x @ w[n]
    ...         return x
    >>> found = energy_by_path(Block(), (1, 3, 64))
    >>> found.share.round(1).tolist(), round(found.mean, 1)
    ([0.2, 0.5, 0.3], 1.0)

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the eight after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        at: output index per spatial axis; the central feature by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: as for :func:`jaxrf.predict_erf`.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        inputs: calibrating images, as for :func:`jaxrf.predict_erf`.
        calibrate: as for :func:`jaxrf.predict_erf`.
        draws: networks whose weights and gates are averaged over.
        seed: of those networks.

    Raises:
        InvalidInput: as :func:`jaxrf.predict_erf`; a network without residual branches; products of
            values of the input (attention).
        ModelError: values that are not finite.
    """
    check_arguments(energy_by_path, locals())
    if draws < 1:
        raise InvalidInput(f"draws: got {draws}, need at least 1")
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    name, at = feature_of(analysis, endpoint, at)
    location = field_location(analysis, name, at)
    traced = analysis.traced
    branches = residual_branches(traced.program)
    beside = joined_side_by_side(traced.program)
    hulls = _hulls(analysis, name, at, branches)
    if len(hulls) == 1:
        more = f"; its {beside} concatenations are none" if beside else ""
        raise InvalidInput(
            f"paths of {name}: got no residual branch (a sum of a value and of what is computed "
            f"from it){more}; need one"
        )
    marked = replace(traced, program=_marked(traced.program, branches))
    target, number = traced.endpoints[name], traced.program.inputs[analysis.source]
    images = checked_inputs(inputs, analysis)
    network = EnergyPrediction(marked, target, number, calibrate, seed, images=images)
    axes, grid, count = analysis.spatial_axes, analysis.output_grid(name), len(hulls)
    form = [n if d in axes else 1 for d, n in enumerate(analysis.shape)]
    space = [analysis.shape[a] for a in axes]
    maps = np.zeros((count, *space))
    for draw in range(draws):
        values = network.drawn(draw)
        with compat.float64():
            every = jax.vmap(partial(network, drawn=values, number=draw), axis_name=AXIS)
            try:
                out, back = jax.vjp(every, jnp.ones((count, *form)))
            except jax.errors.JAXTypeError as error:
                raise InvalidInput(
                    f"paths of {name}: got a product of values of the input (attention), whose "
                    "energy is that of drawn signs and cannot be told apart by path; choose an "
                    "end-point before it"
                ) from error
            impulse = at_feature(jnp.ones(grid.shape), grid.dims, at).reshape(out.shape[1:])
            # what leaves as coefficient j and arrives as the last has passed the rest of them
            energy = back(jnp.zeros(out.shape).at[-1].set(impulse))[0][::-1]
        maps += np.asarray(energy, np.float64).reshape(maps.shape) / draws
    if not np.isfinite(maps).all() or not maps.any():
        got = "none" if np.isfinite(maps).all() else "values that are not finite"
        raise ModelError(f"predicted energy of {name}: got {got}, need a finite gradient")
    notes = list(network.assumptions)
    if beside:
        notes.append(
            f"{beside} concatenations join a value with what is computed from it: no branches"
        )
    labels = tuple(b.label for b in branches)
    projected = sum(b.projected for b in branches)
    return PathEnergy(
        maps,
        hulls,
        labels,
        projected,
        location.center,
        location.box,
        name,
        at,
        draws,
        tuple(notes),
        analysis.setting,
    )


def _hulls(
    analysis: Analysis, name: str, at: tuple[int, ...], branches: Sequence[Branch]
) -> tuple[tuple[Interval, ...] | None, ...]:
    """Per number of branches, the box of pixels that its paths read; None without such paths."""
    traced, grid = graph_of(analysis.traced), analysis.output_grid(name)
    nodes = {traced.node_of[b.result]: b.position for b in branches}
    graph, ends, source = layered(traced.graph, nodes, analysis.node(name), source=analysis.source)
    mask = np.broadcast_to(grid.mask(at), grid.shape).reshape(analysis.endpoint_shape(name))
    found: list[tuple[Interval, ...] | None] = []
    for k in range(max(ends) + 1):
        read = None if k not in ends else solve_support(graph, ends[k], mask, source=source)
        if read is None or not read.any():
            found.append(None)
            continue
        lines = [
            np.flatnonzero(read.any(tuple(d for d in range(read.ndim) if d != a)))
            for a in analysis.spatial_axes
        ]
        found.append(tuple(Interval(int(x[0]), int(x[-1])) for x in lines))
    return tuple(found)
