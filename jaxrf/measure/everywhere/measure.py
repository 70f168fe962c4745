"""``measure_grid``: the effective field at every output position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.arguments.integers import whole
from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.measure.everywhere.positions import positions_of
from jaxrf.measure.everywhere.prediction import predicted_record
from jaxrf.measure.everywhere.result import FieldGrid
from jaxrf.measure.everywhere.sampler import GridSampler, GridWatch
from jaxrf.measure.plan import checked_inputs, distinct, planned, unused
from jaxrf.measure.sampling import run
from jaxrf.measure.watch import replicates_of
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.analyze import analyze

__all__ = ["grid_of", "measure_grid"]

DRAWS = 4  # networks of the prediction


def measure_grid(
    model: Any,
    shape: Sequence[int],
    *,
    endpoint: str | None = None,
    step: int = 1,
    spatial_axes: Sequence[int] | None = None,
    samples: int = 64,
    seed: int = 0,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    inputs: np.ndarray | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    predict: bool = True,
    batch: int = 4,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | Path | None = None,
) -> FieldGrid:
    """Measure energy, centroid and sigma of the field at every output position.

    A sample is a forward pass and, for each position, an impulse through its backward pass. Every
    gradient is reduced at once to its energy and its first and second moments. A sample is, at each
    position, that of :func:`jaxrf.measure_erf`.

    >>> import jax.numpy as jnp
    >>> pairs = lambda x: x[:, :-2] + x[:, 2:]  # output u reads inputs u and u + 2
    >>> found = measure_grid(pairs, (1, 5, 1), samples=2)
    >>> found.energy.tolist(), found.centroid.ravel().tolist(), found.sigma.ravel().tolist()
    ([2.0, 2.0, 2.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    >>> found.read.tolist()  # the middle pixel is read twice
    [1.0, 1.0, 2.0, 1.0, 1.0]

    Args:
        model: as for :func:`jaxrf.analyze`.
        shape: of the input, batch axis included.
        endpoint: name of the feature map; the output by default.
        step: take every ``step``-th position along each axis.
        spatial_axes: as for :func:`jaxrf.analyze`.
        samples: forward passes, each with a backward pass for every position.
        seed: of weights, inputs and signs.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        input_seeds: as for :func:`jaxrf.measure_erf`.
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default.
        variables: as for :func:`jaxrf.analyze`: trained weights, instead of random ones; nothing
            is predicted then.
        call: as for :func:`jaxrf.analyze`.
        predict: put what :func:`jaxrf.predict_erf` expects beside the measurement.
        batch: ``4 * batch`` positions share one compiled backward pass.
        progress: called with (samples done, samples) after every sample.
        checkpoint: file that keeps the state of an interrupted run.

    Raises:
        InvalidInput: as :func:`jaxrf.measure_erf`; more than 16,384 positions.
        ModelError: a gradient that is not finite.
    """
    check_given(measure_grid, locals())
    found = grid_of(
        analyze(model, shape, spatial_axes=spatial_axes, call=call, variables=variables),
        endpoint=endpoint,
        step=step,
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        inputs=inputs,
        predict=predict,
        batch=batch,
        progress=progress,
        checkpoint=checkpoint,
        resume=True,
    )
    if checkpoint is not None:
        Path(checkpoint).unlink(missing_ok=True)
    return found


def grid_of(
    analysis: Analysis,
    *,
    endpoint: str | None,
    samples: int,
    seed: int,
    inputs: np.ndarray | None,
    batch: int,
    progress: Callable[[int, int], None] | None,
    checkpoint: str | Path | None,
    resume: bool,
    step: int = 1,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    predict: bool = True,
) -> FieldGrid:
    """:func:`measure_grid` for a model that is analysed already; a checkpoint stays."""
    batch = whole("batch", batch)
    if batch < 1:
        raise InvalidInput(f"batch: got {batch}, need at least 1")
    name = analysis.find(endpoint)
    given = checked_inputs(inputs, analysis)
    inputs = None if given is None else distinct(given)
    given_weights = analysis.traced.given
    drawn = analysis.traced.network.random
    plan = planned(
        samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        random_weights=drawn,
        given=0 if inputs is None else len(inputs),
    )
    positions = positions_of(analysis, name, step)
    nowhere = tuple(-step for _ in positions.shape)  # no position; the name of a run has it
    sampler = GridSampler(
        analysis, name, nowhere, plan, inputs, given_weights, positions=positions, chunk=4 * batch
    )
    watch = GridWatch(sampler, cast(Any, None), None, None, progress, checkpoint)
    state = watch.start(resume=resume)
    try:
        run(sampler, state, after=watch)
    except KeyboardInterrupt:
        watch.save(state)
        raise
    expected: np.ndarray | None = None
    notes: tuple[str, ...] = ("weights are given: nothing is predicted",)
    if not predict:
        notes = ()
    elif given_weights is None:
        try:
            expected, notes = predicted_record(
                analysis, positions, inputs=inputs, draws=DRAWS, seed=seed, together=4 * batch
            )
        except JaxrfError as error:  # what was measured is not lost
            notes = (f"not predicted: {error}",)
    return FieldGrid(
        positions,
        state.mean,
        replicates_of(sampler, state),
        plan,
        "normal" if inputs is None else "given",
        expected,
        (*notes, *unused(plan, state.done, 0 if given is None else len(given))),
        analysis.setting,
    )
