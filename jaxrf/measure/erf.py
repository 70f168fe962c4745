"""``measure_erf``: the effective receptive field, by backpropagated impulses.

By default the map is the mean squared gradient E g^2 of one output feature, all channels, with
respect to every input pixel (summed over input channels), over random inputs and random weights;
an :class:`~jaxrf.measure.estimator.Estimator` asks for another.

Source: Luo, Li, Urtasun and Zemel, *Understanding the Effective Receptive Field in Deep
Convolutional Neural Networks*, NeurIPS 2016, arXiv:1701.04128: gradient at one output feature,
zero elsewhere, random inputs. What is done otherwise, and why, is in docs/erf.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.analysis import Analysis, analyze
from jaxrf.errors import InvalidInput
from jaxrf.geometry import Interval
from jaxrf.measure.accumulate import Accumulator
from jaxrf.measure.bootstrap import Replicates
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.fingerprint import fingerprint
from jaxrf.measure.moments import moments
from jaxrf.measure.positions import Grid, choose_grid
from jaxrf.measure.result import ERF
from jaxrf.measure.sampling import Plan, Sampler, run

__all__ = ["erf_of", "measure_erf"]

SAVE_EVERY = 20.0  # seconds between two states on disk
STEP = 16  # units between two looks at the precision, and the fewest before it counts
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
    estimator: Estimator | None = None,
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
        samples: backward passes.
        seed: of weights, inputs and signs.
        weight_seeds: networks to draw, each with samples / weight_seeds inputs; a fresh one for
            every sample by default. 1 keeps one random network: the field over inputs alone.
        input_seeds: random inputs to draw, used in turn; a fresh one for every sample by default.
            1 keeps one random input: the field over weights alone.
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default.
        variables: trained weights of the model, to be used instead of random ones.
        estimator: cotangent, quantity, normalisation and positions; by default random signs, g^2
            as it is, one impulse.
        precision: stop as soon as the relative standard error of sigma is below it on every axis,
            looked at every 16 units; ``samples`` are then the most that are drawn.
        batch: samples in one compiled backward pass, where they share their weights.
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
    analysis = analyze(model, shape, spatial_axes=spatial_axes)
    measured = erf_of(
        analysis,
        at=at,
        endpoint=endpoint,
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        inputs=inputs,
        variables=variables,
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
    variables: Any,
    batch: int,
    progress: Callable[[int, int], None] | None,
    checkpoint: str | Path | None,
    resume: bool,
    input_seeds: int | None = None,
    estimator: Estimator | None = None,
    precision: float | None = None,
    precise: Callable[[float], None] | None = None,
) -> ERF:
    """:func:`measure_erf` for a model that is analysed already.

    Only with ``resume`` is a checkpoint read; it stays when all is done, for the caller to delete.
    ``precise`` is told the relative standard error of sigma at every look, before ``progress``.
    """
    if samples < 1 or batch < 1:
        raise InvalidInput(f"samples and batch: got {samples} and {batch}, need at least 1 each")
    if precision is not None and not 0 < precision < 1:
        raise InvalidInput(f"precision: got {precision}, need a share between 0 and 1, e.g. 0.01")
    name = analysis.find(endpoint)
    at = analysis.position(name, at)
    inputs = _checked_inputs(inputs, analysis.shape)
    random_weights = analysis.traced.network.init is not None and variables is None
    seeds = _weight_seeds(weight_seeds, samples, random_weights)
    plan = Plan(samples, seeds, seed, _input_seeds(input_seeds, samples, inputs is None))
    virtual, box, center = _place(analysis, name, at)
    sampler = Sampler(analysis, name, at, plan, inputs, variables, batch, estimator or Estimator())
    sampler, notes = _with_grid(sampler, center, box)
    if sampler.grid is not None:
        box = tuple(
            Interval(max(b.low, w.low), min(b.high, w.high))
            for b, w in zip(box, sampler.grid.window, strict=True)
        )
    spatial = tuple(analysis.shape[a] for a in analysis.spatial_axes)
    state = Accumulator.empty(spatial, _slices(box), seed=seed)
    file = None if checkpoint is None else Path(checkpoint)
    run_name = "" if file is None else fingerprint(sampler)
    if resume and file is not None and file.exists():
        state = Accumulator.load(file, run_name)
    saved = time.monotonic()

    def reached(state: Accumulator) -> bool:
        """Whether sigma is known well enough."""
        if precision is None or not state.done or state.done % STEP:
            return False
        inside = tuple(c - i.low for c, i in zip(center, box, strict=True))
        error = _replicates(sampler, state).sigma_precision(inside)
        if precise is not None:
            precise(error)
        return error < precision

    def after(state: Accumulator, done: int) -> bool:
        nonlocal saved
        enough = reached(state)
        last = done == samples or enough  # kept until the caller has written what comes of it
        if file is not None and (last or time.monotonic() - saved > SAVE_EVERY):
            state.save(file, run_name)
            saved = time.monotonic()
        if progress is not None:
            progress(done, samples)
        return enough

    try:
        if not reached(state):
            run(sampler, state, after=after, step=None if precision is None else STEP)
    except KeyboardInterrupt:
        if file is not None and state.done and state.whole:
            state.save(file, run_name)
        raise
    return ERF(
        map=sampler.estimator.shown(state.mean),
        stderr=state.stderr,
        replicates=_replicates(sampler, state),
        center=center,
        box=box,
        virtual=virtual,
        endpoint=name,
        at=at,
        plan=plan.cut(state.done),
        inputs="normal" if inputs is None else "given",
        estimator=sampler.estimator,
        grid=sampler.grid,
        notes=notes,
    )


def _with_grid(
    sampler: Sampler, center: tuple[float, ...], box: tuple[Interval, ...]
) -> tuple[Sampler, tuple[str, ...]]:
    """The sampler with as many impulses as are safe; a note where it is but one."""
    wanted = sampler.estimator.positions
    if wanted == 1:
        return sampler, ()

    def first_sigma() -> tuple[float, ...]:
        plan = sampler.plan
        few = Plan(min(PILOT, plan.samples), min(PILOT, plan.weight_seeds), plan.seed)
        pilot = replace(sampler, plan=few)
        shape = tuple(sampler.analysis.shape[a] for a in sampler.analysis.spatial_axes)
        state = run(pilot, Accumulator.empty(shape, _slices(box)), after=lambda *_: False)
        inside = tuple(c - i.low for c, i in zip(center, box, strict=True))
        return moments(sampler.estimator.shown(state.mean)[_slices(box)], inside).sigma

    grid = choose_grid(sampler.analysis, sampler.endpoint, sampler.at, wanted, first_sigma)
    if isinstance(grid, Grid):
        return replace(sampler, grid=grid), ()
    return sampler, (f"positions: got {wanted}, used 1: {grid}",)


def _replicates(sampler: Sampler, state: Accumulator) -> Replicates:
    shown = sampler.estimator.shown(state.replicates)
    return Replicates(shown, state.weights, state.done, state.felt)


def _slices(box: tuple[Interval, ...]) -> tuple[slice, ...]:
    return tuple(slice(i.low, i.high + 1) for i in box)


def _input_seeds(asked: int | None, samples: int, random_inputs: bool) -> int:
    """Random inputs to draw; 0 where every sample has its own, or they are given."""
    if asked is None:
        return 0
    if not random_inputs:
        raise InvalidInput(
            f"input seeds: got {asked}, but the inputs are given; leave it out, or give fewer"
        )
    if not 1 <= asked <= samples:
        raise InvalidInput(f"input seeds: got {asked}, need 1 to the number of samples {samples}")
    return asked


def _weight_seeds(asked: int | None, samples: int, random_weights: bool) -> int:
    """Networks to draw; 0 where the weights are given."""
    if not random_weights:
        if asked:
            raise InvalidInput(
                f"weight seeds: got {asked}, but the weights of this model are given; leave it out"
            )
        return 0
    if asked is not None and not 1 <= asked <= samples:
        raise InvalidInput(f"weight seeds: got {asked}, need 1 to the number of samples {samples}")
    return samples if asked is None else asked


def _checked_inputs(inputs, shape: tuple[int, ...]) -> np.ndarray | None:
    if inputs is None:
        return None
    inputs = np.asarray(inputs, np.float32)
    needed = f"(N, {', '.join(map(str, shape[1:]))})"
    if shape[0] != 1 or inputs.ndim != len(shape) or inputs.shape[1:] != shape[1:]:
        raise InvalidInput(
            f"inputs: got an array of shape {inputs.shape}, need {needed} and a model shape "
            "with a batch of 1"
        )
    if not len(inputs) or not np.isfinite(inputs).all():
        got = "values that are not finite" if len(inputs) else "no images"
        raise InvalidInput(f"inputs: got {got}, need at least one image of finite values")
    return inputs


def _place(analysis: Analysis, name: str, at: tuple[int, ...]):
    """(virtual box or None, box inside the image, centre) of a feature.

    Without a local path on some axis, the middle of the exact support stands for the centre.
    """
    field = analysis[name]
    exact = analysis.support(name, at).box
    if exact is None:
        raise InvalidInput(f"{name} at {at}: no real input can influence it, its field is padding")
    whole = tuple(Interval(0, analysis.shape[a] - 1) for a in analysis.spatial_axes)
    if any(not a.phases for a in field.axes):
        center = tuple(
            (axis.interval(i) if axis.phases else e).center
            for axis, i, e in zip(field.axes, at, exact, strict=True)
        )
        return None, whole, center
    virtual = field.box(at)
    box = whole if field.is_global else field.box(at, clip=True)
    return virtual, box, field.center(at)
