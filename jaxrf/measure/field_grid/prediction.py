"""The prediction at every position: the energy prediction backwards, one impulse per position."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import ModelError
from jaxrf.measure.energy import EnergyPrediction
from jaxrf.measure.field_grid.output_positions import Positions
from jaxrf.measure.field_grid.records import energy_and_moments
from jaxrf.measure.field_grid.sampler import chunked
from jaxrf.measure.impulse import at_feature
from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.theory.analysis import Analysis

__all__ = ["predicted_record"]


def predicted_record(
    analysis: Analysis,
    positions: Positions,
    *,
    inputs: np.ndarray | None,
    draws: int,
    seed: int,
    together: int,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The predicted record, and the assumptions of the prediction.

    Args:
        analysis: of the model.
        positions: of the impulses.
        inputs: calibrating images; None: standard normal.
        draws: networks that are averaged over.
        seed: of those networks.
        together: positions in one backward pass.

    Raises:
        ModelError: values that are not finite.
    """
    traced, axes = analysis.traced, analysis.spatial_axes
    number = traced.program.inputs[analysis.source]
    target = traced.endpoints[positions.endpoint]
    network = EnergyPrediction(traced, target, number, True, seed, images=inputs)
    grid, total = analysis.output_grid(positions.endpoint), np.zeros(())
    chunks = [a.astype(float) if n else a for n, a in enumerate(chunked(positions, together))]
    for draw in range(draws):
        values = network.drawn(draw)
        with compat.float64():
            start = jnp.ones([n if d in axes else 1 for d, n in enumerate(analysis.shape)])
            out, back = jax.vjp(partial(network, drawn=values, number=draw), start)

            def one(
                at: jax.Array,
                center: jax.Array,
                share: jax.Array,
                out: Any = out,
                back: Callable[..., Any] = back,
            ) -> tuple[jax.Array, jax.Array]:
                impulse = share * at_feature(jnp.ones(grid.shape), grid.dims, at)
                energy = back(impulse.reshape(out.shape))[0].reshape(positions.image)
                return energy_and_moments(energy, center), energy

            total = total + _record(one, chunks, len(positions.at)) / draws
    if not np.isfinite(total).all():
        raise ModelError(
            f"predicted energy of {positions.endpoint}: got values that are not finite, need "
            "finite ones; check the model's initialisation"
        )
    return np.asarray(total), network.assumptions


def _record(one: Callable[..., Any], chunks: list[np.ndarray], count: int) -> np.ndarray:
    """The record chunk by chunk; one position after another where a rule cannot be batched."""
    every: Any = compile_once(jax.vmap(one))
    moments, read = [], np.zeros(())
    for part in zip(*chunks, strict=True):
        try:
            found = every(*part)
        except jax.errors.JAXTypeError:  # a rule that leaves JAX: the Jacobian of a product

            def every(*part: jax.Array) -> list[jax.Array]:
                return [jnp.stack(r) for r in zip(*map(one, *part), strict=True)]

            found = every(*part)
        moments.append(np.asarray(found[0]))
        read = read + np.asarray(found[1]).sum(0)
    return np.concatenate([np.concatenate(moments)[:count].ravel(), np.ravel(read)])
