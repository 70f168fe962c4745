"""``measure_erf``: the effective receptive field, by backpropagated impulses.

By default the map is the mean squared gradient E g^2 of one output feature, all channels, with
respect to every input pixel (summed over input channels), over random inputs and random weights;
an :class:`~jaxrf.measure.estimator.Estimator` asks for another.

Source: Luo, Li, Urtasun and Zemel, *Understanding the Effective Receptive Field in Deep
Convolutional Neural Networks*, NeurIPS 2016, arXiv:1701.04128: gradient at one output feature,
zero elsewhere, random inputs. What is done otherwise, and why, is in docs/erf.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.arguments.annotated import check_given
from jaxrf.arguments.integers import whole
from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulate import Accumulator
from jaxrf.measure.channels import exact_sampler, fields_of
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.feature import Place, place_of
from jaxrf.measure.moments import moments
from jaxrf.measure.perturbation import Perturbation, PerturbedSampler
from jaxrf.measure.plan import Plan, checked_inputs, distinct, planned, unused
from jaxrf.measure.positions import Grid, choose_grid
from jaxrf.measure.result import ERF
from jaxrf.measure.sampling import Sampler, run
from jaxrf.measure.watch import STEP, Watch, replicates_of
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.analyze import analyze

__all__ = ["erf_of", "measure_erf"]

PILOT = 8  # samples of the first sigma, where the pitch of positions needs one


def measure_erf(
    model: Any,
    shape: Sequence[int],
    *,
    at: Sequence[int] | None = None,
    endpoint: str | None = None,
    spatial_axes: Sequence[int] | None = None,
    samples: int = 256,
    seed: int = 0,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    inputs: np.ndarray | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    estimator: Estimator | Perturbation | None = None,
    precision: float | None = None,
    batch: int = 4,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | Path | None = None,
) -> ERF:
    """Measure the effective receptive field of one output feature.

    >>> from jax import lax
    >>> import jax.numpy as jnp
    >>> blur = lambda x: lax.conv_general_dilated(x, jnp.ones((3, 1, 1)), (1,), "SAME",
    ...     dimension_numbers=("NWC", "WIO", "NWC"))
    >>> erf = measure_erf(lambda x: blur(blur(x)), (1, 21, 1), samples=4)
    >>> [round(v, 3) for v in (erf.map[8:13] / erf.map.max()).tolist()]  # squares of 1 2 3 2 1
    [0.111, 0.444, 1.0, 0.444, 0.111]

    Args:
        model: as for :func:`jaxrf.analyze`.
        shape: of the input, batch axis included.
        at: output index per spatial axis; the central feature by default.
        endpoint: name of the feature map; the output by default.
        spatial_axes: as for :func:`jaxrf.analyze`.
        samples: backward passes; with the cotangent "exact", pairs of a network and an input, each
            of which takes as many passes as there are channels.
        seed: of weights, inputs and signs.
        weight_seeds: networks to draw, each with samples / weight_seeds inputs; a fresh one for
            every sample by default. 1 keeps one random network: the field over inputs alone.
        input_seeds: random inputs to draw, used in turn; a fresh one for every sample by default.
            1 keeps one random input: the field over weights alone.
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default. Each
            distinct one counts once, and is the unit of errors where samples share it.
        variables: as for :func:`jaxrf.analyze`: trained weights, instead of random ones.
        call: as for :func:`jaxrf.analyze`.
        estimator: cotangent, quantity, normalisation and positions; by default random signs, g^2
            as it is, one impulse; or a :class:`~jaxrf.measure.perturbation.Perturbation`.
        precision: stop once the relative standard error of sigma is below it on every axis at two
            looks in a row, one every 16 samples from 60 effective units on; ``samples`` is then
            the most. A note says where it was not reached.
        batch: samples in one compiled backward pass, where they share their weights; with the
            cotangent "exact", channels.
        progress: called with (samples done, samples) after every step.
        checkpoint: file that keeps the state of an interrupted run, to be continued from by the
            same call.

    Returns:
        The map, its standard error, and all numbers with theirs.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`; no samples; inputs of another shape; options that
            do not go together; a checkpoint of another run.
        ModelError: a gradient that is not finite.
    """
    check_given(measure_erf, locals())
    analysis = analyze(model, shape, spatial_axes=spatial_axes, call=call, variables=variables)
    measured = erf_of(
        analysis,
        at=at,
        endpoint=endpoint,
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        inputs=inputs,
        estimator=estimator,
        precision=precision,
        batch=batch,
        progress=progress,
        checkpoint=checkpoint,
        resume=True,
    )
    if checkpoint is not None:
        Path(checkpoint).unlink(missing_ok=True)
    return measured


def erf_of(
    analysis: Analysis,
    *,
    at: Sequence[int] | None,
    endpoint: str | None,
    samples: int,
    seed: int,
    weight_seeds: int | None,
    inputs: np.ndarray | None,
    batch: int,
    progress: Callable[[int, int], None] | None,
    checkpoint: str | Path | None,
    resume: bool,
    input_seeds: int | None = None,
    estimator: Estimator | Perturbation | None = None,
    precision: float | None = None,
    precise: Callable[[float], None] | None = None,
) -> ERF:
    """:func:`measure_erf` for a model that is analysed already.

    Only with ``resume`` is a checkpoint read; it stays when all is done, for the caller to delete.
    ``precise`` is told the relative standard error of sigma at every look, before ``progress``.
    """
    batch = whole("batch", batch)
    if batch < 1:
        raise InvalidInput(f"batch: got {batch}, need at least 1")
    if precision is not None and not 0 < precision < 1:
        raise InvalidInput(f"precision: got {precision}, need a share between 0 and 1, e.g. 0.01")
    name = analysis.find(endpoint)
    at = analysis.position(name, at)
    given = checked_inputs(inputs, analysis)
    inputs = None if given is None else distinct(given)
    plan = planned(
        samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        random_weights=analysis.traced.network.random,
        given=0 if inputs is None else len(inputs),
    )
    place = place_of(analysis, name, at)
    options = (analysis, name, at, plan, inputs, analysis.traced.given, batch)
    sampler: Sampler
    if isinstance(estimator, Perturbation):
        sampler = PerturbedSampler(*options, estimator, center=place.center)
    else:
        sampler = Sampler(*options, estimator or Estimator())
    sampler, notes = (exact_sampler if sampler.estimator.exact else _with_grid)(sampler, place)
    if sampler.grid is not None:
        place = place.within(sampler.grid.window)
    watch = Watch(sampler, place, precision, precise, progress, checkpoint)
    state = watch.start(resume=resume)
    try:
        if not watch.reached(state):
            run(sampler, state, after=watch, step=None if precision is None else STEP)
    except KeyboardInterrupt:
        watch.save(state)
        raise
    return ERF(
        map=sampler.estimator.shown(state.mean),
        stderr=state.stderr,
        replicates=replicates_of(sampler, state),
        center=place.center,
        box=place.box,
        virtual=place.virtual,
        endpoint=name,
        at=at,
        plan=sampler.plan.cut(state.done),
        inputs="normal" if inputs is None else "given",
        estimator=sampler.estimator,
        grid=sampler.grid,
        channels=fields_of(sampler, state),
        setting=analysis.setting,
        notes=(
            *notes,
            *(sampler.notes if isinstance(sampler, PerturbedSampler) else ()),
            *_missed(watch, state),
            *unused(sampler.plan, state.done, 0 if given is None else len(given)),
        ),
    )


def _missed(watch: Watch, state: Accumulator) -> Iterator[str]:
    """A precision that was asked for and not reached."""
    if watch.precision is not None and not watch.reached(state):
        drawn = watch.sampler.plan.cut(state.done).samples
        yield f"precision: got {watch.precision:g}, not reached with {drawn} samples"


def _with_grid(sampler: Sampler, place: Place) -> tuple[Sampler, tuple[str, ...]]:
    """The sampler with as many impulses as are safe; a note where it is but one."""
    wanted = sampler.estimator.positions
    if wanted == 1:
        return sampler, ()

    def first_sigma() -> tuple[float, ...]:
        plan = sampler.plan
        few = Plan(min(PILOT, plan.samples), min(PILOT, plan.weight_seeds), plan.seed)
        pilot = replace(sampler, plan=few)
        shape = tuple(sampler.analysis.shape[a] for a in sampler.analysis.spatial_axes)
        state = run(
            pilot,
            Accumulator.empty(shape, place.crop, center=place.crop_center),
            after=lambda *_: False,
        )
        return moments(sampler.estimator.shown(state.mean)[place.crop], place.crop_center).sigma

    grid = choose_grid(sampler.analysis, sampler.endpoint, sampler.at, wanted, first_sigma)
    if isinstance(grid, Grid):
        return replace(sampler, grid=grid), ()
    return sampler, (f"positions: got {wanted}, used 1: {grid}",)
