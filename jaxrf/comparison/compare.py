"""``compare``: theory against measurement, feature by feature, and where they first disagree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.comparison.features import features
from jaxrf.comparison.invariant import contradictions
from jaxrf.errors import InvalidInput
from jaxrf.geometry.collection import Fields
from jaxrf.geometry.field import Field
from jaxrf.geometry.support import Support
from jaxrf.measure.erf import measure_erf
from jaxrf.measure.predict import Prediction, predict_erf
from jaxrf.measure.result import ERF
from jaxrf.measure.rounding import is_transformed, rounding
from jaxrf.measure.sampling_options import Sampling, sampling_of
from jaxrf.measure.support import MeasuredSupport, SupportMeter
from jaxrf.program.endpoints import Endpoints
from jaxrf.text.result import Result
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.build import graph_of
from jaxrf.theory.model_arguments import analysis_of, feature_of

__all__ = ["Comparison", "compare"]

SAMPLES = 32  # of the effective field, by default
DRAWS = 4  # networks that a prediction averages over, and what their forward passes may cost
FLOPS = 4e10  # in all; one is drawn in any case


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Theory, supports, plain gradient, effective field and its prediction at an end-point.

    Attributes:
        theory: the fields of the end-point, without the model.
        endpoint: name of the feature map.
        supports: (chosen | corner | edge | center | random, the support measured there) pairs.
        erf: effective field of the chosen or the central feature; None if it was not asked for.
        first_disagreement: the first operation at which theory and measurement differ, found by
            bisection along the program; None where they agree.
        predicted: the predicted effective field; None where nothing could be predicted.
        unpredicted: why there is no prediction; None where there is one, or none was asked for.
        reached: the exact support of the feature of the effective field; None without one.
        rounded: whether Fourier transforms leave rounding errors outside the support.
    """

    REPORT: ClassVar[str] = "comparison"

    theory: Fields
    endpoint: str
    supports: tuple[tuple[str, MeasuredSupport], ...]
    erf: ERF | None
    first_disagreement: str | None
    predicted: Prediction | None = None
    unpredicted: str | None = None
    reached: Support | None = None
    rounded: bool = False

    @property
    def field(self) -> Field:
        """The theoretical field of the end-point."""
        return self.theory[self.endpoint]

    @property
    def equal(self) -> bool:
        """Whether theory and measurement give the same sets, and the summary agrees with both."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for every disagreement."""
        lines = []
        for label, m in self.supports:
            where = f"{self.endpoint} at {m.exact.at} ({label})"
            size = int(m.exact.mask.sum())
            if m.missing:
                lines.append(
                    f"{where}: expected {size} inputs by theory, got {m.missing} measured "
                    "dependencies that theory does not have"
                )
            if m.excess:
                lines.append(
                    f"{where}: expected {size} inputs by theory, got {m.excess} of them that no "
                    "impulse reaches"
                )
        lines += [f"summary: {line}" for line in contradictions(self.field)]
        if outside := self.energy_outside:
            lines.append(f"{self.endpoint}: {outside:.2e} of the ERF's energy outside the support")
        if lines and self.first_disagreement:
            lines.append(f"first disagreement: {self.first_disagreement}")
        return tuple(lines)

    @property
    def energy_outside(self) -> float | None:
        """Share of the effective field's energy outside the exact support; must be 0.

        Behind Fourier transforms, possible rounding errors are not counted. None where no effective
        field was measured.
        """
        erf = self.erf
        if erf is None or self.reached is None:
            return None
        outside = erf.map[~self.reached.mask]
        if self.rounded:
            outside = outside[outside > rounding(np.float32) ** 2 * erf.map.max()]
        return float(outside.sum() / erf.map.sum())

    @property
    def sigma_off(self) -> tuple[float, ...] | None:
        """Predicted over measured sigma less 1, per axis; None without a prediction."""
        if self.erf is None or self.predicted is None:
            return None
        pairs = zip(self.predicted.sigma, self.erf.sigma, strict=True)
        return tuple(p / m - 1 if m else math.nan for p, m in pairs)


def compare(
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
    plain: bool = True,
    sampling: Sampling | None = None,
    samples: int | None = None,
    seed: int | None = None,
    weight_seeds: int | None = None,
    batch: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Hold theory, exact support, measured support, plain gradient and ERF against each other.

    Beside the ERF stands its prediction (:func:`jaxrf.predict_erf`), which is information: it fails
    nothing, whatever it is.

    >>> result = compare(lambda x: x[:, 1:] + x[:, :-1], (1, 8, 1), samples=2)
    >>> result.equal, [label for label, _ in result.supports]
    (True, ['corner', 'edge', 'center', 'random'])

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the eight after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        at: output index per spatial axis; the effective field is measured there, and
            its support beside those of corner, edge and centre; the central feature by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of drawn ones or of the model's own.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        inputs: as for :func:`jaxrf.measure_erf`.
        plain: also measure the gradient of the untouched function.
        sampling: of the effective field; the following four in one, each of which wins over its
            field.
        samples: 32 by default; 0 leaves the effective field and its prediction out.
        seed: of the random feature, weights, inputs and signs; 0 by default.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        batch: as for :func:`jaxrf.measure_erf`.
        progress: called with (stage, done, total) after every step.

    Returns:
        The comparison; look at ``equal`` and ``failures``.
    """
    check_arguments(compare, locals())
    chosen = sampling_of(
        sampling,
        SAMPLES,
        without=("estimator",),
        why="the prediction is that of g^2",
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        batch=batch,
    )
    if chosen.samples is not None and chosen.samples < 0:
        raise InvalidInput(f"samples: got {chosen.samples}, need 0 (no effective field) or more")
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    tell = progress or (lambda stage, done, total: None)
    name, place = feature_of(analysis, endpoint, at)
    supports = _supports(analysis, name, None if at is None else place, chosen.seed, plain, tell)
    erf, predicted, unpredicted = None, None, None
    if chosen.samples:
        tell("erf", 0, chosen.samples)
        erf = measure_erf(
            analysis,
            endpoint=name,
            at=place,
            inputs=inputs,
            sampling=chosen,
            progress=lambda done, total: tell("erf", done, total),
        )
        tell("prediction", 0, 1)
        predicted, unpredicted = _predicted(analysis, name, erf, inputs=inputs, seed=chosen.seed)
        tell("prediction", 1, 1)
    first = None
    if any(not m.equal for _, m in supports):
        tell("bisection", 0, 1)
        first = first_disagreement(analysis, name)
        tell("bisection", 1, 1)
    return Comparison(
        theory=Fields((analysis[name],), analysis.table(only=name), analysis.to_dict(only=name)),
        endpoint=name,
        supports=supports,
        erf=erf,
        first_disagreement=first,
        predicted=predicted,
        unpredicted=unpredicted,
        reached=None if erf is None else analysis.support(name, place),
        rounded=is_transformed(analysis.traced.program),
    )


def _supports(
    analysis: Analysis,
    name: str,
    at: tuple[int, ...] | None,
    seed: int,
    plain: bool,
    tell: Callable[[str, int, int], None],
) -> tuple[tuple[str, MeasuredSupport], ...]:
    """The supports of the features that are compared: the one that is asked for, and others."""
    meter = SupportMeter(analysis, name, seed=seed)
    chosen = features(analysis, name, seed=seed)
    if at is not None:
        chosen = {"chosen": at, **{label: other for label, other in chosen.items() if other != at}}
    supports = []
    tell("support", 0, len(chosen))
    for label, feature in chosen.items():
        supports.append((label, meter.measure(feature, plain=plain)))
        tell("support", len(supports), len(chosen))
    return tuple(supports)


def _predicted(
    analysis: Analysis, endpoint: str, erf: ERF, *, inputs: np.ndarray | None, seed: int
) -> tuple[Prediction | None, str | None]:
    """The prediction of a measured field, or the reason why there is none."""
    draws = int(np.clip(FLOPS // max(analysis.flops(endpoint), 1), 1, DRAWS))
    try:
        predicted = predict_erf(
            analysis, at=erf.at, endpoint=endpoint, inputs=inputs, draws=draws, seed=seed
        )
    except Exception as error:  # supports decide: what cannot be predicted must not stop them
        lines = str(error).splitlines() or [type(error).__name__]
        return None, lines[0]
    return predicted, None


def first_disagreement(analysis: Analysis, endpoint: str) -> str | None:
    """The first operation whose exact and measured supports differ, by bisection.

    Assumes that what comes after a disagreement disagrees as well.
    """
    graph, target = graph_of(analysis.traced), analysis.node(endpoint)
    numbers = sorted((node, number) for number, node in graph.node_of.items() if 0 < node <= target)

    def agrees(index: int) -> bool:
        node, number = numbers[index]
        name = graph.graph.nodes[node].name
        traced = replace(analysis.traced, chosen=Endpoints.only(name, number))
        part = replace(analysis, traced=traced)
        meter = SupportMeter(part, name)
        return all(meter.measure(at, plain=False).equal for at in features(part, name).values())

    low, high = 0, len(numbers) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if agrees(middle) else (low, middle)
    if agrees(low):
        return None
    found = graph.graph.nodes[numbers[low][0]]
    # its name too, because one line of the source may make several nodes
    return f"{found.op} ({found.place}), node {found.name}"
