"""``Sampler``: samples of the gradient of one output feature.

Sample i is one backward pass from one feature, or from several of them on a grid: it has a
cotangent over their channels, an input, and weights. The
:class:`~jaxrf.measure.estimator.Estimator` makes a map of the gradient. The keys of sample i depend
on the seed and on i alone, whatever the batch or the point of resuming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.frameworks.network import model_error
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.feature_box import FeatureBox, feature_box
from jaxrf.measure.impulse_grid import Grid
from jaxrf.measure.plan import Plan
from jaxrf.program.compile_once import compile_once
from jaxrf.program.execute import by_input, drawn_inputs
from jaxrf.theory.analysis import Analysis

__all__ = ["Sampler"]


@dataclass(eq=False)
class Sampler:
    """Backward passes from one feature of a traced model.

    Attributes:
        analysis: of the model.
        endpoint: full name of the feature map.
        at: output index per spatial axis.
        plan: of the networks, inputs and samples.
        inputs: [N, *shape without batch], used in turn; None draws standard normal inputs.
        variables: given weights; None draws them.
        batch: samples in one compiled backward pass.
        estimator: makes a map of a gradient.
        grid: of impulses; None for one impulse, at the feature.
        mesh: of the devices that draw; None for all of this process.
        features: with an impulse, and the program that is run for them.

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
    estimator: Estimator = field(default_factory=Estimator)
    grid: Grid | None = None
    mesh: jax.sharding.Mesh | None = field(default=None, kw_only=True)
    features: FeatureBox = field(init=False, repr=False)
    _value_and_vjp: Callable[..., Any] = field(init=False, repr=False)
    _gradients: Callable[..., Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        traced = self.analysis.traced
        wanted = traced.inputs[self.analysis.source]
        if not jnp.issubdtype(wanted.dtype, jnp.floating):
            raise InvalidInput(
                f"gradient by {wanted.name}: got an input of {wanted.dtype}, need a real floating "
                "one; choose another input (--wrt)"
            )
        root = jax.random.key(self.plan.seed)
        self._keys = jax.random.split(root, 3)
        source = self.analysis.source
        self.features = feature_box(self.analysis, self.endpoint, self._places())
        value = self.features.value

        def value_and_vjp(
            variables: Any, index: Any, x: Any
        ) -> tuple[jax.Array, Callable[..., Any]]:
            inputs = self._drawn_inputs(index)
            x = inputs[source] if x is None else x
            out, back = jax.vjp(by_input(value, variables, inputs, source), x)
            if not jnp.issubdtype(out.dtype, jnp.floating):
                raise ModelError(
                    f"gradient of {self.endpoint}: got values of {out.dtype}, need real floating "
                    "ones; choose an end-point before them"
                )
            return out, back

        def gradient(variables: Any, index: Any, x: Any) -> jax.Array:
            out, back = value_and_vjp(variables, index, x)
            found: jax.Array = back(self._cotangent(index, out).astype(out.dtype))[0]
            return found

        self._value_and_vjp = value_and_vjp
        over = None if self.inputs is None else 0
        self._gradients = compile_once(jax.vmap(gradient, in_axes=(None, 0, over)))

    def _places(self) -> Sequence[Sequence[int]] | None:
        """The features with an impulse; None: all."""
        return [self.at] if self.grid is None else list(product(*self.grid.features))

    def _drawn_inputs(self, index: jax.Array | int) -> list[jax.Array]:
        """Standard normal values for all inputs of the model in a sample; traceable."""
        number = index % self.plan.input_seeds if self.plan.input_seeds else index
        return drawn_inputs(self.analysis.traced, jax.random.fold_in(self._keys[1], number))

    def _cotangent(self, index: jax.Array, out: jax.Array) -> jax.Array:
        """The cotangent of a sample, over the channels of every impulse."""
        channels = self.features.channels

        def impulse(number: jax.Array, at: Any) -> jax.Array:
            charge = self.estimator.cotangents(self._keys[2], number, channels, out)
            return self.features.impulse(charge, at)

        if self.grid is None:
            return impulse(index, self.at)
        places = jnp.array(self._places())
        numbers = index * len(places) + jnp.arange(len(places))
        signs = jax.random.rademacher(
            jax.random.fold_in(jax.random.fold_in(self._keys[2], index), len(places)),
            (len(places), *(1,) * len(channels)),
            out.dtype,
        )
        return (signs * jax.vmap(impulse)(numbers, places)).sum(0)

    def weights(self, network: int) -> Any:
        """The variables of a network: given, drawn once, or drawn for it."""
        if self.variables is not None or self.analysis.traced.network.init is None:
            return self.variables
        index = network if self.plan.weight_seeds > 1 else 0
        return self.analysis.traced.draw(jax.random.fold_in(self._keys[0], index))

    def energies(self, variables: Any, samples: Sequence[int]) -> np.ndarray:
        """Maps [len(samples), *spatial] of samples, summed over batch and channels of the input.

        Raises:
            ModelError: a gradient that is not finite, or none at all.
        """
        return self.draw_samples(variables, samples)[0]

    def _inputs_of(self, samples: np.ndarray | Sequence[int]) -> np.ndarray | None:
        """The given inputs [n, *shape] of samples, a batch axis of 1 in its place; None: drawn."""
        if self.inputs is None:
            return None
        chosen = self.inputs[np.asarray(samples) % len(self.inputs)]
        batches: np.ndarray = chosen.reshape(-1, *self.analysis.shape)
        return batches

    def _input_of(self, sample: int) -> np.ndarray | None:
        """The given input [*shape] of a sample; None: drawn."""
        found = self._inputs_of([sample])
        return None if found is None else found[0]

    @property
    def samples_per_step(self) -> int:
        """Samples that a run draws between two states."""
        return self.batch

    def replicates(self, state: Accumulator) -> Replicates:
        """Bootstrap replicates of the map that is shown of running sums."""
        return Replicates.of(state, self.estimator.shown(state.replicates))

    def draw_samples(
        self, variables: Any, samples: Sequence[int]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """:meth:`energies`, and further arrays [len(samples), ...] of every sample, by name."""
        maps = []
        size = min(self.batch, len(samples))
        for start in range(0, len(samples), size):
            chunk = list(samples[start : start + size])
            padded = np.array(
                chunk + chunk[-1:] * (size - len(chunk))
            )  # one shape, one compilation
            x = self._inputs_of(padded)
            # float64 before squaring: a gradient of 1e-20 is common in deep nets at random weights
            g = self._checked(self._gradients, variables, padded, x)
            g = np.asarray(g, np.float64)[: len(chunk)]
            maps.append(self.estimator.sample(g, self._channel_axes))
        energies = self._finite(np.concatenate(maps))
        energies = energies if self.grid is None else self.grid.fold(energies)
        return self.estimator.normalized(energies), {}

    @property
    def _channel_axes(self) -> tuple[int, ...]:
        """Axes of a stack of gradients that are summed over: channels and batch of the input."""
        axes = self.analysis.spatial_axes
        return tuple(d + 1 for d in range(len(self.analysis.shape)) if d not in axes)

    def _finite(self, energies: np.ndarray) -> np.ndarray:
        if not np.isfinite(energies).all():
            raise ModelError(
                f"gradient of {self.endpoint}: got values that are not finite, need finite ones; "
                "check the model's initialisation at this depth and input"
            )
        return energies

    def _checked(self, compiled: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return compiled(*arguments)
        except JaxrfError:
            raise
        except Exception as error:  # the user's model may not be differentiable
            name = self.analysis.traced.network.name
            raise model_error(error, f"differentiating {name}") from error
