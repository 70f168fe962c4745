"""``measure_erf``: the effective receptive field, by backpropagated impulses.

By default the map is the mean squared gradient E g^2 of one output feature, all channels, with
respect to every input pixel (summed over input channels), over random inputs and random weights;
an :class:`~jaxrf.measure.estimator.Estimator` asks for another.

Source: Luo, Li, Urtasun and Zemel, *Understanding the Effective Receptive Field in Deep
Convolutional Neural Networks*, NeurIPS 2016, arXiv:1701.04128: gradient at one output feature,
zero elsewhere, random inputs. The differences to it, and their reasons, are in docs/erf.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.checkpoint import Checkpoint, checkpoint_of
from jaxrf.measure.erf_frame import SAMPLES, erf_work
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.result import ERF
from jaxrf.measure.sampling_options import Sampling, sampling_of
from jaxrf.measure.sampling_run import run
from jaxrf.measure.stopping import StoppingRule
from jaxrf.theory.model_arguments import analysis_of

__all__ = ["measure_erf"]


def measure_erf(
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
    sampling: Sampling | None = None,
    samples: int | None = None,
    seed: int | None = None,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    estimator: Estimator | Perturbation | None = None,
    precision: float | None = None,
    batch: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    precise: Callable[[float], None] | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
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
        inputs: [N, *shape without the batch axis], used in turn; standard normal by default. Each
            distinct one counts once, and is the unit of errors where samples share it.
        sampling: the following seven and the devices in one; each of the seven wins over its field.
        samples: backward passes, 256 by default; with the cotangent "exact", pairs of a network
            and an input, each of which takes as many passes as there are channels.
        seed: of weights, inputs and signs; 0 by default.
        weight_seeds: networks to draw, each with samples / weight_seeds inputs; a fresh one for
            every sample by default. 1 keeps one random network: the field over inputs alone.
        input_seeds: random inputs to draw, used in turn; a fresh one for every sample by default.
            1 keeps one random input: the field over weights alone.
        estimator: cotangent, quantity, normalisation and positions; by default random signs, g^2
            as it is, one impulse; or a :class:`~jaxrf.measure.perturbation.Perturbation`.
        precision: stop once the relative standard error of sigma is below it on every axis at two
            looks in a row, one every 16 samples from 60 effective units on; ``samples`` is then
            the most. A note says where it was not reached.
        batch: samples in one compiled backward pass, where they share their weights, 4 by default;
            with the cotangent "exact", channels.
        progress: called with (samples done, samples) after every step.
        precise: called with the relative standard error of sigma at every look, before
            ``progress``.
        checkpoint: file that keeps the state of an interrupted run, to be continued from by the
            same call, and deleted in the end; a :class:`~jaxrf.Checkpoint` has it otherwise.

    Returns:
        The map, its standard error, and all numbers with theirs.

    Raises:
        InvalidInput: as :func:`jaxrf.analyze`; no samples; inputs of another shape; options that
            do not go together; a checkpoint of another run.
        ModelError: a gradient that is not finite.
    """
    check_arguments(measure_erf, locals())
    kept = checkpoint_of(checkpoint)
    chosen = sampling_of(
        sampling,
        SAMPLES,
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        estimator=estimator,
        precision=precision,
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
    work = erf_work(analysis, endpoint, at, inputs, chosen)
    stopping = (
        None
        if chosen.precision is None
        else StoppingRule(work.sampler, work.frame.location, chosen.precision, precise)
    )
    state = run(
        work.sampler,
        work.frame.empty(),
        checkpoint=kept,
        progress=progress,
        stopping=stopping,
    )
    measured = work.finished(*_missed(stopping, state)).field(state)
    if kept is not None:
        kept.done()
    return measured


def _missed(stopping: StoppingRule | None, state: Accumulator) -> Iterator[str]:
    """A note on a precision that was asked for and not reached."""
    if stopping is not None and not stopping.is_met(state):
        drawn = stopping.sampler.plan.cut(state.done).samples
        yield f"precision: got {stopping.precision:g}, not reached with {drawn} samples"
