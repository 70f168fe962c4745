"""``compare``: theory against measurement, feature by feature, and where they first disagree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.compare.features import features
from jaxrf.compare.invariant import contradictions
from jaxrf.errors import InvalidInput
from jaxrf.measure.erf import erf_of
from jaxrf.measure.predict import Prediction, prediction_of
from jaxrf.measure.result import ERF
from jaxrf.measure.rounding import is_transformed, rounding
from jaxrf.measure.support import MeasuredSupport, SupportMeter
from jaxrf.program.endpoints import Endpoints
from jaxrf.text.readable import Readable
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.analyze import analyze
from jaxrf.theory.build import graph_of

__all__ = ["Comparison", "compare", "compare_analysis"]

DRAWS = 4  # networks that a prediction averages over, and what their forward passes may cost
FLOPS = 4e10  # in all; one is drawn in any case


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Readable):
    """Theory, supports, plain gradient, effective field and its prediction at an end-point.

    Attributes:
        analysis: of the model.
        endpoint: name of the feature map.
        supports: (corner | edge | center | random) and what was measured there.
        erf: effective field of the central feature; None if it was not asked for.
        first_disagreement: the first operation at which theory and measurement part, found by
            bisection along the program; None where they agree.
        predicted: the effective field as it is expected; None where nothing could be predicted.
        unpredicted: why not; None where it was, or was not asked for.
    """

    REPORT: ClassVar[str] = "comparison"

    analysis: Analysis
    endpoint: str
    supports: tuple[tuple[str, MeasuredSupport], ...]
    erf: ERF | None
    first_disagreement: str | None
    predicted: Prediction | None = None
    unpredicted: str | None = None

    @property
    def equal(self) -> bool:
        """Whether theory and measurement agree set for set, and the summary with both."""
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
        lines += [f"summary: {line}" for line in contradictions(self.analysis[self.endpoint])]
        if outside := self.energy_outside:
            lines.append(f"{self.endpoint}: {outside:.2e} of the ERF's energy outside the support")
        if lines and self.first_disagreement:
            lines.append(f"first disagreement: {self.first_disagreement}")
        return tuple(lines)

    @property
    def energy_outside(self) -> float | None:
        """Share of the effective field's energy outside the exact support; must be 0.

        Behind Fourier transforms, what may be rounding does not count. None where no effective
        field was measured.
        """
        erf = self.erf
        if erf is None:
            return None
        support = self.analysis.support(self.endpoint, erf.at).mask
        outside = erf.map[~support]
        if is_transformed(self.analysis.traced.program):
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
    shape: Sequence[int],
    *,
    endpoint: str | None = None,
    spatial_axes: Sequence[int] | None = None,
    samples: int = 32,
    weight_seeds: int | None = None,
    inputs: np.ndarray | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    seed: int = 0,
    batch: int = 4,
    progress: Callable[[str, int, int], None] | None = None,
    plain: bool = True,
) -> Comparison:
    """Hold theory, exact support, measured support, plain gradient and ERF against each other.

    Beside the ERF stands its prediction (:func:`jaxrf.predict_erf`), which is information: it fails
    nothing, whatever it is.

    >>> result = compare(lambda x: x[:, 1:] + x[:, :-1], (1, 8, 1), samples=2)
    >>> result.equal, [label for label, _ in result.supports]
    (True, ['corner', 'edge', 'center', 'random'])

    Args:
        model: as for :func:`jaxrf.analyze`.
        shape: of the input.
        endpoint: name of the feature map; the output by default.
        spatial_axes: as for :func:`jaxrf.analyze`.
        samples: of the effective field; 0 leaves it and its prediction out.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        inputs: as for :func:`jaxrf.measure_erf`.
        variables: as for :func:`jaxrf.measure_erf`.
        call: as for :func:`jaxrf.analyze`.
        seed: of the random feature, weights, inputs and signs.
        batch: as for :func:`jaxrf.measure_erf`.
        progress: called with (stage, done, total) after every step.
        plain: also measure the gradient of the untouched function.

    Returns:
        The comparison; look at ``equal`` and ``failures``.
    """
    check_given(compare, locals())
    analysis = analyze(model, shape, spatial_axes=spatial_axes, call=call, variables=variables)
    return compare_analysis(
        analysis,
        endpoint=endpoint,
        samples=samples,
        weight_seeds=weight_seeds,
        inputs=inputs,
        seed=seed,
        batch=batch,
        progress=progress,
        plain=plain,
    )


def compare_analysis(
    analysis: Analysis,
    *,
    endpoint: str | None,
    samples: int,
    weight_seeds: int | None,
    inputs: np.ndarray | None,
    seed: int,
    batch: int,
    progress: Callable[[str, int, int], None] | None,
    plain: bool = True,
) -> Comparison:
    """:func:`compare` for a model that is analysed already."""
    if samples < 0:
        raise InvalidInput(f"samples: got {samples}, need 0 (no effective field) or more")
    tell = progress or (lambda stage, done, total: None)
    name = analysis.find(endpoint)
    meter = SupportMeter(analysis, name, seed=seed)
    chosen = features(analysis, name, seed=seed)
    supports = []
    tell("support", 0, len(chosen))
    for label, at in chosen.items():
        supports.append((label, meter.measure(at, plain=plain)))
        tell("support", len(supports), len(chosen))
    erf = None
    if samples:
        tell("erf", 0, samples)
        erf = erf_of(
            analysis,
            at=None,
            endpoint=name,
            samples=samples,
            seed=seed,
            weight_seeds=weight_seeds,
            inputs=inputs,
            batch=batch,
            progress=lambda done, total: tell("erf", done, total),
            checkpoint=None,
            resume=False,
        )
    predicted, unpredicted = None, None
    if erf is not None:
        tell("prediction", 0, 1)
        predicted, unpredicted = _predicted(analysis, name, erf, inputs=inputs, seed=seed)
        tell("prediction", 1, 1)
    first = None
    if any(not m.equal for _, m in supports):
        tell("bisection", 0, 1)
        first = first_disagreement(analysis, name)
        tell("bisection", 1, 1)
    return Comparison(analysis, name, tuple(supports), erf, first, predicted, unpredicted)


def _predicted(
    analysis: Analysis, endpoint: str, erf: ERF, *, inputs: np.ndarray | None, seed: int
) -> tuple[Prediction | None, str | None]:
    """The prediction of a measured field, or why there is none."""
    draws = int(np.clip(FLOPS // max(analysis.flops(endpoint), 1), 1, DRAWS))
    try:
        predicted = prediction_of(
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
