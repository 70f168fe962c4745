"""``measure_grid``: the effective field at every output position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import JaxrfError
from jaxrf.measure.checkpoint import Checkpoint, checkpoint_of
from jaxrf.measure.field_grid.output_positions import positions_of
from jaxrf.measure.field_grid.prediction import predicted_record
from jaxrf.measure.field_grid.result import FieldGrid
from jaxrf.measure.field_grid.sampler import GridSampler
from jaxrf.measure.plan import checked_inputs, distinct, planned, unused
from jaxrf.measure.sampling_options import Sampling, sampling_of
from jaxrf.measure.sampling_run import run
from jaxrf.theory.model_arguments import analysis_of

__all__ = ["measure_grid"]

SAMPLES = 64  # by default
DRAWS = 4  # networks of the prediction


def measure_grid(
    model: Any,
    shape: Any = None,
    *,
    wrt: str | None = None,
    endpoint: str | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
    step: int = 1,
    inputs: np.ndarray | None = None,
    predict: bool = True,
    sampling: Sampling | None = None,
    samples: int | None = None,
    seed: int | None = None,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    batch: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
) -> FieldGrid:
    """Measure energy, centroid and sigma of the field at every output position.

    A sample is one forward pass and one backward pass per position. Every gradient is reduced at
    once to its energy and its first and second moments. At each position, a sample is the same as
    that of :func:`jaxrf.measure_erf` there.

    >>> import jax.numpy as jnp
    >>> pairs = lambda x: x[:, :-2] + x[:, 2:]  # output u reads inputs u and u + 2
    >>> found = measure_grid(pairs, (1, 5, 1), samples=2)
    >>> found.energy.tolist(), found.centroid.ravel().tolist(), found.sigma.ravel().tolist()
    ([2.0, 2.0, 2.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    >>> found.read.tolist()  # the middle pixel is read twice
    [1.0, 1.0, 2.0, 1.0, 1.0]

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the seven after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of drawn ones or of the model's own; nothing is predicted
            then.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        step: take every ``step``-th position along each axis.
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default.
        predict: put the prediction of :func:`jaxrf.predict_erf` beside the measurement.
        sampling: the following five in one; each of them wins over its field.
        samples: forward passes, 64 by default, each with a backward pass for every position.
        seed: of weights, inputs and signs; 0 by default.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        input_seeds: as for :func:`jaxrf.measure_erf`.
        batch: ``4 * batch`` positions share one compiled backward pass; 4 by default.
        progress: called with (samples done, samples) after every sample.
        checkpoint: as for :func:`jaxrf.measure_erf`.

    Raises:
        InvalidInput: as :func:`jaxrf.measure_erf`; more than 16,384 positions.
        ModelError: a gradient that is not finite.
    """
    check_arguments(measure_grid, locals())
    kept = checkpoint_of(checkpoint)
    chosen = sampling_of(
        sampling,
        SAMPLES,
        without=("estimator", "precision"),
        why="every position is measured by random signs, with all samples",
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        batch=batch,
    )
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    name = analysis.find(endpoint)
    given = checked_inputs(inputs, analysis)
    images = None if given is None else distinct(given)
    together = 4 * chosen.batch
    given_weights = analysis.traced.user_weights
    drawn = analysis.traced.network.random
    plan = planned(chosen, random_weights=drawn, given=0 if images is None else len(images))
    positions = positions_of(analysis, name, step)
    nowhere = tuple(-step for _ in positions.shape)  # no position; the name of a run has it
    sampler = GridSampler(
        analysis,
        name,
        nowhere,
        plan,
        images,
        given_weights,
        positions=positions,
        chunk=together,
        mesh=chosen.mesh,
    )
    state = run(sampler, sampler.empty_sums(), checkpoint=kept, progress=progress)
    expected: np.ndarray | None = None
    notes: tuple[str, ...] = ("weights are given: nothing is predicted",)
    if not predict:
        notes = ()
    elif given_weights is None:
        try:
            expected, notes = predicted_record(
                analysis,
                positions,
                inputs=images,
                draws=DRAWS,
                seed=chosen.seed,
                together=together,
            )
        except JaxrfError as error:  # what was measured is not lost
            notes = (f"not predicted: {error}",)
    found = FieldGrid(
        positions,
        state.mean,
        sampler.replicates(state),
        plan,
        "normal" if images is None else "given",
        expected,
        (*notes, *unused(plan, state.done, 0 if given is None else len(given))),
        analysis.setting,
    )
    if kept is not None:
        kept.done()
    return found
