"""``PlainGradient``: the gradient of the untouched function at random weights and a random input.

It is computed in float64 where the model is the same there (:mod:`jaxrf.program.precision`). Of
one feature, what is run is the function cut to it (:mod:`jaxrf.restriction`) where that costs less
than a compilation for every place; else one compilation serves all features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import JaxrfError, ModelError
from jaxrf.frameworks.network import model_error
from jaxrf.measure.feature_box import cut_feature
from jaxrf.measure.impulse import at_feature
from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.program.execute import by_input, cast, drawn_inputs, endpoint_function
from jaxrf.program.precision import working_dtype
from jaxrf.restriction.boxes import Box
from jaxrf.restriction.cut_model import CutModel
from jaxrf.theory.analysis import Analysis

__all__ = ["PlainGradient", "quick_options"]

_SLOWER = 5  # times an operation of a cut network takes in float64, on a CPU (docs/restriction.md)
_COMPILATION = 2e10  # operations that cost as much as compiling a network of ordinary size


def quick_options() -> dict[str, Any]:
    """Options of the compiler for a gradient that is evaluated at a few features.

    LLVM's slow passes cost more than they save there.
    """
    quick = jax.default_backend() == "cpu"
    return {"xla_llvm_disable_expensive_passes": True} if quick else {}


class PlainGradient:
    """The gradient of single features of an end-point by one input.

    Args:
        analysis: of the model.
        endpoint: full name.
        seed: of weights, inputs and cotangent.
    """

    def __init__(self, analysis: Analysis, endpoint: str, seed: int) -> None:
        self.analysis, self.endpoint = analysis, endpoint
        self._shape = analysis.endpoint_shape(endpoint)
        self._grid = analysis.output_grid(endpoint)
        self._keys = jax.random.split(jax.random.key(seed), 3)
        self._compiled: dict[Any, Callable[..., Any]] = {}

    def at(self, at: tuple[int, ...], *, few: bool = False) -> np.ndarray | str:
        """The gradient at a feature, of the input's shape, or the reason why there is none.

        Args:
            at: output index per spatial axis.
            few: whether hardly any other feature will be asked for.

        Raises:
            ModelError: it is not finite.
        """
        name = self.analysis.traced.network.name
        try:
            with compat.float64() if self._dtype is not None else nullcontext():
                found = self._gradient(at, few)
        except JaxrfError:
            raise
        except Exception as error:  # the user's model may not be differentiable
            return str(model_error(error, f"differentiating {name}"))
        if not np.isfinite(found).all():
            raise ModelError(
                f"plain gradient of {self.endpoint} at {at}: got values that are not finite, need "
                "finite ones; check the model at random weights and inputs (plain=False, "
                "--no-plain leave this out)"
            )
        return found

    def step_by_step(self, at: tuple[int, ...]) -> np.ndarray:
        """The gradient operation by operation, as the model was traced.

        A compiler may round a position to another row than the operations one by one do.
        """
        return np.asarray(self._differentiated(None)(jnp.asarray(at), self._drawn))

    def _gradient(self, at: tuple[int, ...], few: bool) -> np.ndarray:
        """Of the whole function, compiled once, or of the function cut to the feature."""
        cut = cut_feature(self.analysis, self.endpoint, [at], self._dtype)
        saved = 3 * (cut.whole_flops - cut.flops)  # forward, and twice as much backward
        slower = self._dtype is not None and _SLOWER * cut.flops > cut.whole_flops
        if self._has_gradient and not slower and saved > (0 if few else _COMPILATION):
            return self._of_cut(cut)
        if "whole" not in self._compiled:
            self._compiled["whole"] = compile_once(
                self._differentiated(self._dtype), options=quick_options()
            )
        return np.asarray(self._compiled["whole"](jnp.asarray(at), self._variables))

    @cached_property
    def _has_gradient(self) -> bool:
        """Whether both ends are real or complex numbers, no indices or predicates."""
        source, traced = self.analysis.source, self.analysis.traced
        ends = traced.inputs[source].dtype, traced.program.dtype(traced.endpoints[self.endpoint])
        return all(jnp.issubdtype(dtype, jnp.inexact) for dtype in ends)

    @cached_property
    def _dtype(self) -> Any:
        return working_dtype(self.analysis.traced, self.endpoint)

    @cached_property
    def _drawn(self) -> Any:
        """Random weights, or those given, as the model was traced."""
        with compat.float32():  # the same compilation as for the effective field
            return self.analysis.traced.draw(self._keys[0])

    @cached_property
    def _variables(self) -> Any:
        """The weights in the dtype of the measurement."""
        if self._dtype is None:
            return self._drawn
        return jax.jit(cast, static_argnums=1)(self._drawn, self._dtype)

    def _of_cut(self, cut: CutModel) -> np.ndarray:
        """The gradient of the cut function, zero where it reads nothing."""
        traced, source = self.analysis.traced, self.analysis.source
        box = cut.input_boxes[source]
        if box is None:
            return np.zeros(self.analysis.shape)
        inputs = drawn_inputs(traced, self._keys[1], self._dtype)
        if cut.key not in self._compiled:
            self._compiled[cut.key] = compile_once(_pulled(cut, source), options=quick_options())
        charge = self._charge(inputs[source].dtype if self._dtype is None else self._dtype, cut.box)
        arguments = self._variables, cut.crop(inputs), charge, cut.bounds.tables
        part = np.asarray(self._compiled[cut.key](*arguments))
        found = np.zeros(self.analysis.shape, part.dtype)
        found[tuple(slice(*span) for span in box)] = part
        return found

    def _charge(self, dtype: Any, box: Box) -> jax.Array:
        """The random cotangent in a box of the end-point's grid."""
        charge = jax.random.normal(self._keys[2], self._shape, dtype).reshape(self._grid.shape)
        return charge[tuple(slice(*span) for span in box)]

    def _differentiated(self, dtype: Any) -> Callable[..., Any]:
        """The function (feature, weights) -> gradient, at a random input by a random cotangent.

        Args:
            dtype: of the computation; None: as the model was traced.
        """
        traced, source = self.analysis.traced, self.analysis.source
        value = endpoint_function(traced, self.endpoint)

        def gradient(at: Any, variables: Any) -> jax.Array:
            inputs = drawn_inputs(traced, self._keys[1], dtype)
            if not jnp.issubdtype(inputs[source].dtype, jnp.inexact):
                return jnp.zeros(self.analysis.shape)  # integer inputs have no gradient
            out, back = jax.vjp(by_input(value, variables, inputs, source), inputs[source])
            if not jnp.issubdtype(out.dtype, jnp.inexact):
                return jnp.zeros(self.analysis.shape)  # an index or a predicate
            charge = jax.random.normal(self._keys[2], self._shape, out.dtype)
            impulse = at_feature(charge.reshape(self._grid.shape), self._grid.dims, at)
            found: jax.Array = back(impulse.reshape(out.shape))[0]
            return found

        return gradient


def _pulled(cut: CutModel, source: int) -> Callable[..., jax.Array]:
    """The function (weights, cropped inputs, cotangent, tables) -> gradient by one input."""

    def gradient(variables: Any, crops: Sequence[Any], charge: Any, tables: Any) -> jax.Array:
        def value(x: Any) -> jax.Array:
            return cut.value(variables, [*crops[:source], x, *crops[source + 1 :]], tables)

        out, back = jax.vjp(value, crops[source])
        found: jax.Array = back(charge.astype(out.dtype))[0]
        return found

    return gradient
