"""Samples of the squared gradient: what is drawn, and how it is accumulated.

Sample i is one backward pass from one output feature: a random-sign (Rademacher) cotangent over its
channels, an input, and weights. With signs e, E (e . J)^2 = sum_c J_c^2: the energy of all channels
in expectation, which a sum over channels is not (it is biased by -13 to +121 %, docs/erf.md).
The keys of sample i depend on the seed and on i alone, whatever the batch or the point of resuming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.analysis import Analysis
from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.frameworks.network import model_error
from jaxrf.measure.impulse import at_feature
from jaxrf.trace.execute import by_input, drawn_inputs, endpoint_function

__all__ = ["Accumulator", "Plan", "Sampler"]

BLOCKS = 16  # blocks of the jackknife: their error estimate is good to 1 / sqrt(2 * 15) = 18 %


@dataclass(frozen=True)
class Plan:
    """How many samples, and what is drawn anew.

    A *unit* is what is independent of the others: a weight seed with all its inputs, or a single
    sample where the weights are fixed. Standard errors are taken over units.

    Attributes:
        samples: backward passes.
        weight_seeds: networks drawn; 0 where the weights are given.
        seed: of everything.
    """

    samples: int
    weight_seeds: int
    seed: int

    @property
    def units(self) -> int:
        """Independent units."""
        return self.weight_seeds if self.weight_seeds > 1 else self.samples

    @property
    def blocks(self) -> int:
        """Blocks of the jackknife, at most one a unit."""
        return min(BLOCKS, self.units)

    def unit(self, index: int) -> range:
        """The samples of a unit."""
        return range(index * self.samples // self.units, (index + 1) * self.samples // self.units)


@dataclass
class Accumulator:
    """Running sums over units, in float64.

    Attributes:
        total: [*spatial], sum of unit maps.
        squares: [*spatial], sum of squared unit maps.
        blocks: [B, *spatial], sums of the unit maps of each block.
        counts: [B], units in each block.
        done: units so far.
        whole: False while units are being added; a state interrupted then must not be kept.
    """

    total: np.ndarray
    squares: np.ndarray
    blocks: np.ndarray
    counts: np.ndarray
    done: int = 0
    whole: bool = True

    @classmethod
    def empty(cls, shape: tuple[int, ...], blocks: int) -> Accumulator:
        """Nothing yet."""
        zeros = partial(np.zeros, dtype=np.float64)
        return cls(zeros(shape), zeros(shape), zeros((blocks, *shape)), np.zeros(blocks, int))

    def add(self, energies: np.ndarray, plan: Plan) -> None:
        """Add the maps [n, *spatial] of the next n units."""
        self.whole = False
        for energy in energies:
            block = self.done * plan.blocks // plan.units
            self.total += energy
            self.squares += energy**2
            self.blocks[block] += energy
            self.counts[block] += 1
            self.done += 1
        self.whole = True

    @property
    def mean(self) -> np.ndarray:
        """Mean squared gradient."""
        return self.total / self.done

    @property
    def stderr(self) -> np.ndarray:
        """Standard error of the mean over units; NaN for a single one."""
        if self.done < 2:
            return np.full_like(self.total, np.nan)
        spread = np.maximum(self.squares / self.done - self.mean**2, 0.0)
        return np.sqrt(spread / (self.done - 1))

    @property
    def block_means(self) -> np.ndarray:
        """[B', *spatial]: the mean map of every block that has units."""
        some = self.counts > 0
        counts = self.counts[some].reshape(-1, *(1,) * self.total.ndim)
        return self.blocks[some] / counts

    def save(self, path: Path, fingerprint: str) -> None:
        """Write the state so that an interruption at any moment leaves a whole file."""
        partial_path = path.with_name(path.name + ".new")
        with partial_path.open("wb") as file:
            np.savez(
                file,
                total=self.total,
                squares=self.squares,
                blocks=self.blocks,
                counts=self.counts,
                done=self.done,
                fingerprint=fingerprint,
            )
        partial_path.replace(path)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Accumulator:
        """Read a state back.

        Raises:
            InvalidInput: it was made with other options or another model, or cannot be read.
        """
        try:
            with np.load(path) as stored:
                found, done = str(stored["fingerprint"]), int(stored["done"])
                total, squares = stored["total"], stored["squares"]
                blocks, counts = stored["blocks"], stored["counts"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InvalidInput(f"resume: {path} holds no state of a run; delete it") from error
        if found != fingerprint:
            raise InvalidInput(
                f"resume: {path} holds samples of {found}, need {fingerprint}; "
                "repeat the options of the first run, or delete the file"
            )
        return cls(total, squares, blocks, counts, done)


@dataclass(eq=False)
class Sampler:
    """Backward passes from one feature of a traced model.

    Attributes:
        analysis: of the model.
        endpoint: full name of the feature map.
        at: output index per spatial axis.
        plan: what is drawn.
        inputs: [N, *shape without batch], used in turn; None draws standard normal inputs.
        variables: given weights; None draws them.
        batch: samples in one compiled backward pass.

    Raises:
        InvalidInput: the input is of whole numbers, which no gradient reaches.
    """

    analysis: Analysis
    endpoint: str
    at: tuple[int, ...]
    plan: Plan
    inputs: np.ndarray | None = None
    variables: Any = None
    batch: int = 4
    _gradients: Callable = field(init=False, repr=False)

    def __post_init__(self):
        traced = self.analysis.traced
        wanted = traced.inputs[self.analysis.source]
        if not jnp.issubdtype(wanted.dtype, jnp.floating):
            raise InvalidInput(
                f"gradient by {wanted.name}: got an input of {wanted.dtype}, need a real floating "
                "one; choose another input (--wrt)"
            )
        root = jax.random.key(self.plan.seed)
        self._keys = jax.random.split(root, 3)
        value = endpoint_function(traced, self.endpoint)
        source = self.analysis.source
        dims = self.analysis.output_dims(self.endpoint)

        def gradient(variables, index, x):
            inputs = drawn_inputs(traced, jax.random.fold_in(self._keys[1], index))
            x = inputs[source] if x is None else x
            out, back = jax.vjp(by_input(value, variables, inputs, source), x)
            if not jnp.issubdtype(out.dtype, jnp.floating):
                raise ModelError(
                    f"gradient of {self.endpoint}: got values of {out.dtype}, need real floating "
                    "ones; choose an end-point before them"
                )
            channels = [1 if d in dims else n for d, n in enumerate(out.shape)]
            key = jax.random.fold_in(self._keys[2], index)
            cotangent = jax.random.rademacher(key, channels, out.dtype)
            cotangent = at_feature(jnp.broadcast_to(cotangent, out.shape), dims, self.at)
            return back(cotangent.astype(out.dtype))[0]

        over = None if self.inputs is None else 0
        self._gradients = jax.jit(jax.vmap(gradient, in_axes=(None, 0, over)))

    def weights(self, unit: int) -> Any:
        """The variables of a unit: given, drawn once, or drawn for it."""
        if self.variables is not None or self.analysis.traced.network.init is None:
            return self.variables
        index = unit if self.plan.weight_seeds > 1 else 0
        return self.analysis.traced.draw(jax.random.fold_in(self._keys[0], index))

    def energies(self, variables: Any, samples: Sequence[int]) -> np.ndarray:
        """Squared gradients [len(samples), *spatial], summed over batch and channels of the input.

        Raises:
            ModelError: a gradient that is not finite, or none at all.
        """
        axes = self.analysis.spatial_axes
        others = tuple(d + 1 for d in range(len(self.analysis.shape)) if d not in axes)
        maps = []
        size = min(self.batch, len(samples))
        for start in range(0, len(samples), size):
            chunk = list(samples[start : start + size])
            padded = np.array(
                chunk + chunk[-1:] * (size - len(chunk))
            )  # one shape, one compilation
            x = None if self.inputs is None else self.inputs[padded % len(self.inputs)][:, None]
            # float64 before squaring: a gradient of 1e-20 is common in deep nets at random weights
            g = np.asarray(self._checked(variables, padded, x), np.float64)[: len(chunk)]
            maps.append((g**2).sum(others))
        energies = np.concatenate(maps)
        if not np.isfinite(energies).all():
            raise ModelError(
                f"gradient of {self.endpoint}: got values that are not finite, need finite ones; "
                "check the model's initialisation at this depth and input"
            )
        return energies

    def _checked(self, variables, indices, x) -> jax.Array:
        try:
            return self._gradients(variables, indices, x)
        except JaxrfError:
            raise
        except Exception as error:  # the user's model may not be differentiable
            name = self.analysis.traced.network.name
            raise model_error(error, f"differentiating {name}") from error


def run(
    sampler: Sampler,
    state: Accumulator,
    *,
    after: Callable[[Accumulator, int], None],
) -> Accumulator:
    """Draw the units that are still missing; ``after(state, samples so far)`` follows each step."""
    plan = sampler.plan
    variables = None
    while state.done < plan.units:
        if plan.weight_seeds > 1:
            drawn = plan.unit(state.done)
            energy = sampler.energies(sampler.weights(state.done), drawn)
            state.add(energy.mean(0)[None], plan)
        else:
            variables = sampler.weights(0) if variables is None else variables
            drawn = range(state.done, min(state.done + sampler.batch, plan.units))
            state.add(sampler.energies(variables, drawn), plan)
        after(state, drawn.stop)
    return state
