"""``measure_support``: the inputs that an impulse at an output feature reaches.

There are two measurements, both by ``jax.vjp``:

* the **positive linearisation** of the model (:mod:`jaxrf.measure.linearization.linearize`), whose
  gradient is non-zero exactly on the structural support. Its cotangents are reset to 0 or 1 on
  their way back (:mod:`jaxrf.measure.linearization.signs`), so that float32 is enough at any depth,
  on any device;
* the **plain gradient** of the untouched function at random weights and a random input, in float64
  where the model is the same there (:mod:`jaxrf.program.precision`). Dead ReLUs, max-pools and
  underflow can only make it smaller, and it must lie inside. Where JAX cannot differentiate the
  function, the result says why, and the linearisation stands alone.

Rounding can also make zeros nonzero: a tap of an image resizing that is zero in exact arithmetic
may come out as 1e-17. Outside the theoretical support, the plain gradient therefore counts only
above 64 units of rounding (``finfo.eps`` of its dtype) of its own largest magnitude. Behind a
Fourier transform, which rounds everything a little, the same holds inside the theoretical support,
since noise confirms no dependency. And the positions of a fixed warp, computed in float64 or
rearranged by the compiler, may round to other pixels than by the model's own operations one by one:
pixels outside the theoretical support count only if their gradient is not zero by these, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.support import Support
from jaxrf.measure.impulse import at_feature
from jaxrf.measure.linearization.linearize import linearize
from jaxrf.measure.plain_gradient import PlainGradient, quick_options
from jaxrf.measure.rounding import is_transformed, rounding
from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.text.result import Result
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.model_arguments import analysis_of

__all__ = ["MeasuredSupport", "SupportMeter", "measure_support"]


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredSupport(Result):
    """The measured support of one output feature.

    Attributes:
        support: where the linearisation's gradient is not zero, over all channels.
        plain: where the gradient of the untouched function is not zero, without what may be
            rounding (outside ``exact``, and behind Fourier transforms); None if not measured.
        exact: the theoretical support.
        unmeasured: why there is no plain gradient; None where there is one, or it was left out.
        setting: whose weights the plain gradient has, how the model was called, what was assumed.
    """

    REPORT: ClassVar[str] = "measured_support"

    support: Support
    plain: Support | None
    exact: Support
    unmeasured: str | None = None
    setting: Setting = field(default_factory=Setting)

    @property
    def missing(self) -> int:
        """The number of measured inputs outside the theoretical support: missed dependencies."""
        beyond = self.support.mask & ~self.exact.mask
        if self.plain is not None:
            beyond = beyond | (self.plain.mask & ~self.exact.mask)
        return int(beyond.sum())

    @property
    def excess(self) -> int:
        """The number of inputs in the theoretical support that were not measured."""
        return int((self.exact.mask & ~self.support.mask).sum())

    @property
    def equal(self) -> bool:
        """Whether theory and measurement agree, set for set, the plain gradient inside."""
        return not self.missing and not self.excess


class SupportMeter:
    """Measures any number of features of one end-point with one compilation each."""

    def __init__(self, analysis: Analysis, endpoint: str | None = None, *, seed: int = 0) -> None:
        self.analysis = analysis
        self.endpoint = analysis.find(endpoint)
        self._plain = PlainGradient(analysis, self.endpoint, seed)
        self._grid = analysis.output_grid(self.endpoint)
        self._shape = analysis.endpoint_shape(self.endpoint)

    def measure(
        self, at: int | Sequence[int] | None = None, *, plain: bool = True, few: bool = False
    ) -> MeasuredSupport:
        """Backpropagate an impulse at a feature.

        Args:
            at: output index per spatial axis; the central feature by default.
            plain: also measure the gradient of the untouched function.
            few: whether hardly any other feature will be measured.
        """
        at = self.analysis.position(self.endpoint, at)
        exact = self.analysis.support(self.endpoint, at)
        with compat.float32():
            linear = self._largest(self._linear(jnp.asarray(at)))
        found = Support(linear > 0, at, self.endpoint)
        gradient = self._plain.at(at, few=few) if plain else None
        if gradient is None or isinstance(gradient, str):
            return MeasuredSupport(found, None, exact, gradient, self.analysis.setting)
        size = self._largest(gradient)
        least = rounding(size.dtype) * size.max()
        inside = least if is_transformed(self.analysis.traced.program) else 0
        felt = size > np.where(exact.mask, inside, least)
        if (felt & ~exact.mask).any():
            felt &= exact.mask | (self._largest(self._plain.step_by_step(at)) > 0)
        plainly = Support(felt, at, self.endpoint)
        return MeasuredSupport(found, plainly, exact, None, self.analysis.setting)

    def _largest(self, gradient: Any) -> np.ndarray:
        """The largest magnitude at every pixel."""
        size = np.abs(np.asarray(gradient))
        largest: np.ndarray = size.max(
            tuple(d for d in range(size.ndim) if d not in self.analysis.spatial_axes)
        )
        return largest

    def _cotangent(self, at: Any, charge: Any) -> jax.Array:
        """``charge`` at feature ``at``, zero elsewhere."""
        values = jnp.broadcast_to(charge, self._shape).reshape(self._grid.shape)
        return at_feature(values, self._grid.dims, at).reshape(self._shape)

    @cached_property
    def _linear(self) -> Callable[..., Any]:
        """The function from a feature to the gradient of the positive linearisation."""
        program, source = self.analysis.traced.program, self.analysis.source
        number = self.analysis.traced.endpoints[self.endpoint]
        network = linearize(program, [number], source=program.inputs[source], signs=True)

        def gradient(at: Any) -> jax.Array:
            zeros = jnp.zeros(self.analysis.shape, jnp.float32)
            _, back = jax.vjp(lambda x: network(x)[0], zeros)
            found: jax.Array = back(self._cotangent(at, jnp.float32(1)))[0]
            return found

        return compile_once(gradient, options=quick_options())


def measure_support(
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
    plain: bool = True,
    seed: int = 0,
) -> MeasuredSupport:
    """Measure which inputs reach an output feature, beside the theoretical support.

    >>> import jax.numpy as jnp
    >>> measured = measure_support(lambda x: x[:, 1:] + x[:, :-1], (1, 6, 1), at=(2,))
    >>> measured.support.box, measured.equal
    ((Interval(low=2, high=3),), True)

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the eight after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        at: output index per spatial axis; the central feature by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of drawn ones or of the model's own.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        plain: also measure the gradient of the untouched function.
        seed: of the random weights, input and cotangent of the plain gradient.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`, or a position out of range.
        ModelError: as there, or a plain gradient that is not finite.
    """
    check_arguments(measure_support, locals())
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    return SupportMeter(analysis, endpoint, seed=seed).measure(at, plain=plain, few=True)
