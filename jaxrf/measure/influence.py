"""``measure_influence``: how much a feature changes when pixels do, in the unit of E g^2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.measure.erf import measure_erf
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.result import ERF

__all__ = ["measure_influence"]


def measure_influence(
    model: Any,
    shape: Sequence[int],
    *,
    amplitude: float = 1.0,
    cell: int | None = None,
    at: Sequence[int] | None = None,
    endpoint: str | None = None,
    spatial_axes: Sequence[int] | None = None,
    samples: int = 64,
    seed: int = 0,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    inputs: np.ndarray | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    precision: float | None = None,
    batch: int = 4,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | Path | None = None,
) -> ERF:
    """Measure how much one output feature changes when noise is added to each pixel.

    The map is E sum_c (f_c(x + d) - f_c(x))^2 / amplitude^2, d normal noise on one pixel; see
    :mod:`jaxrf.measure.perturbation`. It has the unit of E g^2, to which it tends for a small
    amplitude, and sample i has the weights and the input of sample i of ``measure_erf``.

    >>> import jax, jax.numpy as jnp
    >>> step = lambda x: jnp.sign(x[:, 1:] + x[:, :-1])  # no derivative, and yet an influence
    >>> measured = measure_influence(step, (1, 5, 1), at=(1,), samples=16)
    >>> (measured.map > 0).tolist()
    [False, True, True, False, False]

    Args:
        model: as for :func:`jaxrf.analyze`.
        shape: of the input, batch axis included.
        amplitude: standard deviation of the noise, in the unit of the input.
        cell: side of the cells that are perturbed as a whole, input pixels; by default
            the smallest that leaves at most 1024 of them inside the theoretical support.
        at: output index per spatial axis; the central feature by default.
        endpoint: name of the feature map; the output by default.
        spatial_axes: as for :func:`jaxrf.analyze`.
        samples: inputs; each costs a forward pass for every cell of the support, and one more.
        seed: of weights, inputs and noise.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        input_seeds: as for :func:`jaxrf.measure_erf`.
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default.
        variables: as for :func:`jaxrf.analyze`: trained weights, instead of random ones.
        call: as for :func:`jaxrf.analyze`.
        precision: as for :func:`jaxrf.measure_erf`.
        batch: ``16 * batch`` perturbed inputs share one compiled forward pass.
        progress: called with (samples done, samples) after every sample.
        checkpoint: file that keeps the state of an interrupted run.

    Returns:
        An :class:`~jaxrf.ERF`, all of whose numbers and errors are those of this map.

    Raises:
        InvalidInput: as :func:`jaxrf.measure_erf`; an amplitude or a cell that is not positive.
        ModelError: values that are not finite.
    """
    check_given(measure_influence, locals())
    return measure_erf(
        model,
        shape,
        at=at,
        endpoint=endpoint,
        spatial_axes=spatial_axes,
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        inputs=inputs,
        variables=variables,
        call=call,
        estimator=Perturbation(amplitude, cell),
        precision=precision,
        batch=batch,
        progress=progress,
        checkpoint=checkpoint,
    )
