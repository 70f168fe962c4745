"""``predict_erf``: the expected squared gradient over random weights, in one deterministic pass.

The map is E g^2 of one output feature, all channels, as :func:`jaxrf.measure_erf` estimates it. It
comes from the *energy prediction* of the network (:mod:`jaxrf.measure.energy`): a linear program
whose coefficients are the expected squares of the network's own. Its vector-Jacobian product is the
map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.integers import whole
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.interval import Interval
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates, Statistics, standard_errors
from jaxrf.measure.effective_field import EffectiveField
from jaxrf.measure.energy import EnergyPrediction
from jaxrf.measure.field_location import FieldLocation, field_location
from jaxrf.measure.impulse import at_feature
from jaxrf.measure.plan import checked_inputs
from jaxrf.program import compat
from jaxrf.theory.model_arguments import analysis_of, feature_of

__all__ = ["Prediction", "predict_erf"]

PRECISION = 0.01  # relative standard error of sigma that draws go on to, by default
LOOKS = (2, 8, 16, 32, 64)  # draws after which sigma is looked at; two alone must agree exactly
EQUATIONS = 10_000  # of all draws, where their number is left open
EXACT = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(EffectiveField):
    """A predicted effective receptive field: the numbers of ``ERF``, with the errors of its draws.

    All lengths are input pixels; all numbers are about ``center`` and the g^2 map inside ``box``.
    Errors are over the drawn networks that gates and gains were taken from. The effects of the
    assumptions are in ``sizes``, and no part of the errors.

    Attributes:
        map: float64 [*spatial], expected squared gradient.
        center: centre that theory gives (eq 11), input pixels.
        box: theoretical field inside the image, the crop that the numbers are taken over.
        virtual: theoretical field, which may leave the image; None where there is no local path.
        endpoint: name of the feature map.
        at: output index per spatial axis.
        assumptions: steps that are not exact in expectation, with operation, source line, and by
            how much each may move sigma.
        sizes: per assumption, by how many per cent it may move sigma; inf where that is unknown.
        replicates: of the map inside the box, over drawn networks.
        setting: whose weights, how the model was called, and what was assumed of it.
    """

    REPORT: ClassVar[str] = "prediction"

    map: np.ndarray
    center: tuple[float, ...]
    box: tuple[Interval, ...]
    virtual: tuple[Interval, ...] | None
    endpoint: str
    at: tuple[int, ...]
    assumptions: tuple[str, ...]
    sizes: tuple[float, ...]
    replicates: Replicates
    setting: Setting = field(default_factory=Setting)

    @property
    def draws(self) -> int:
        """Networks that were drawn."""
        return self.replicates.cells

    @cached_property
    def numbers(self) -> Statistics:
        """Every number; see :func:`jaxrf.measure.metrics.describe`."""
        return self._describe(self.map[self.crop])

    @cached_property
    def errors(self) -> Statistics:
        """Standard error of every number over drawn networks, by bootstrap; NaN with one draw."""
        return standard_errors(self.replicates, self._describe)


def predict_erf(
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
    draws: int | None = None,
    seed: int = 0,
) -> Prediction:
    """Predict the effective receptive field of one output feature over random weights.

    >>> from jax import lax
    >>> import jax.numpy as jnp
    >>> blur = lambda x: lax.conv_general_dilated(x, jnp.ones((3, 1, 1)), (1,), "SAME",
    ...     dimension_numbers=("NWC", "WIO", "NWC"))
    >>> predicted = predict_erf(lambda x: blur(blur(x)), (1, 21, 1))
    >>> (predicted.map[8:13] / predicted.map[8]).tolist()  # fixed: squares of 1 2 3 2 1
    [1.0, 4.0, 9.0, 4.0, 1.0]

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the eight after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        at: output index per spatial axis; the central feature by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights whose mean squares and gates are to be used instead of drawn ones. They
            still count as independent of each other, which trained weights are not.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        inputs: [N, *shape without the batch axis], calibrating images, one per draw in turn;
            standard normal by default.
        calibrate: take gates from a forward pass at random weights and a random input; else every
            pre-activation is taken as standard normal, and no layer is run.
        draws: networks whose weights and gates are averaged over. By default 2 where they agree
            exactly, as in a chain of layers, else 8, 16, 32 or 64: as many as bring the standard
            error of sigma to 1 %, with at most 10,000 operations in all beyond the first 8. With 1
            there are no errors.
        seed: of those networks.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`; an input of whole numbers; no draws; ``inputs``
            without calibration.
        ModelError: no gradient, or one that is not finite.
    """
    check_arguments(predict_erf, locals())
    draws = draws if draws is None else whole("draws", draws)
    if draws is not None and draws < 1:
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
    traced = analysis.traced
    wanted = traced.inputs[analysis.source]
    if not jnp.issubdtype(wanted.dtype, jnp.floating):
        raise InvalidInput(
            f"gradient by {wanted.name}: got an input of {wanted.dtype}, need a real floating "
            "one; choose another input (--wrt)"
        )
    name, at = feature_of(analysis, endpoint, at)
    location = field_location(analysis, name, at)
    number = traced.program.inputs[analysis.source]
    images = checked_inputs(inputs, analysis)
    network = EnergyPrediction(
        traced, traced.endpoints[name], number, calibrate, seed, images=images
    )
    axes, grid = analysis.spatial_axes, analysis.output_grid(name)
    shape = tuple(analysis.shape[a] for a in axes)
    state = Accumulator.empty(shape, location.crop, center=location.crop_center, seed=seed)
    for n in range(_most(len(traced.program.equations)) if draws is None else draws):
        values = network.drawn(n)
        with compat.float64():
            start = jnp.ones([n if d in axes else 1 for d, n in enumerate(analysis.shape)])
            out, back = jax.vjp(partial(network, drawn=values, number=n), start)
            impulse = at_feature(jnp.ones(grid.shape), grid.dims, at)
            energy = back(impulse.reshape(out.shape))[0]
        state.add(np.asarray(energy, np.float64).reshape(1, *state.total.shape))
        if draws is None and _enough(state, location):
            break
    energies = state.mean
    if not np.isfinite(energies).all() or not energies.any():
        got = "none" if np.isfinite(energies).all() else "values that are not finite"
        raise ModelError(
            f"predicted energy of {name}: got {got}, need a finite gradient; check the model's "
            "initialisation, or choose another end-point"
        )
    return Prediction(
        map=energies,
        center=location.center,
        box=location.box,
        virtual=location.virtual,
        endpoint=name,
        at=at,
        assumptions=network.assumptions,
        sizes=tuple(network.notes.values()),
        replicates=Replicates.of(state),
        setting=analysis.setting,
    )


def _most(equations: int) -> int:
    """The most draws: fewer for a long program, such as an unrolled loop, but at least LOOKS[1]."""
    return max([LOOKS[1], *(n for n in LOOKS if n * equations <= EQUATIONS)])


def _enough(state: Accumulator, location: FieldLocation) -> bool:
    """Whether sigma is known well enough, at one of the looks."""
    if state.done not in LOOKS:
        return False
    if state.done == LOOKS[0]:  # two alone say nothing of their spread, unless there is none
        shapes = state.replicates / np.maximum(
            state.replicates.sum(tuple(range(1, state.replicates.ndim)), keepdims=True),
            np.finfo(float).tiny,
        )
        some = shapes[state.weights > 0]
        return float(np.ptp(some, axis=0).max()) <= EXACT * float(some.max())
    return Replicates.of(state).sigma_precision(location.crop_center) <= PRECISION
