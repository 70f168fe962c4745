"""``measure_influence``: how much a feature changes with each pixel, in the unit of E g^2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.measure.checkpoint import Checkpoint
from jaxrf.measure.erf import measure_erf
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.result import ERF
from jaxrf.measure.sampling_options import Sampling, sampling_of

__all__ = ["measure_influence"]

SAMPLES = 64  # by default


def measure_influence(
    model: Any,
    shape: Any = None,
    *,
    amplitude: float = 1.0,
    cell: int | None = None,
    wrt: str | None = None,
    endpoint: str | None = None,
    at: int | Sequence[int] | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
    inputs: np.ndarray | None = None,
    sampling: Sampling | None = None,
    samples: int | None = None,
    seed: int | None = None,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    precision: float | None = None,
    batch: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    precise: Callable[[float], None] | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
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
        amplitude: standard deviation of the noise, in the unit of the input.
        cell: side of the cells that are perturbed as a whole, input pixels; by default
            the smallest that leaves at most 1024 of them inside the theoretical support.
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default.
        sampling: the following six in one; each of them wins over its field.
        samples: inputs, 64 by default; each costs a forward pass for every cell of the support,
            and one more.
        seed: of weights, inputs and noise; 0 by default.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        input_seeds: as for :func:`jaxrf.measure_erf`.
        precision: as for :func:`jaxrf.measure_erf`.
        batch: ``16 * batch`` perturbed inputs share one compiled forward pass; 4 by default.
        progress: called with (samples done, samples) after every sample.
        precise: as for :func:`jaxrf.measure_erf`.
        checkpoint: as for :func:`jaxrf.measure_erf`.

    Returns:
        An :class:`~jaxrf.ERF`, all of whose numbers and errors are those of this map.

    Raises:
        InvalidInput: as :func:`jaxrf.measure_erf`; an amplitude or a cell that is not positive.
        ModelError: values that are not finite.
    """
    check_arguments(measure_influence, locals())
    chosen = sampling_of(
        sampling,
        SAMPLES,
        without=("estimator",),
        why="an influence is measured by the noise of amplitude= and cell=",
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        precision=precision,
        batch=batch,
    )
    return measure_erf(
        model,
        shape,
        wrt=wrt,
        endpoint=endpoint,
        at=at,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
        inputs=inputs,
        sampling=replace(chosen, estimator=Perturbation(amplitude, cell)),
        progress=progress,
        precise=precise,
        checkpoint=checkpoint,
    )
