"""The name of a sampling run: everything that its samples depend on but the versions.

An interrupted run is continued only by a run of the same name; two networks whose end-points,
shapes and options agree (a zoo network at two widths, weights before and after training) differ.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from jaxrf.measure.sampling import Sampler
from jaxrf.trace.program import Program

__all__ = ["fingerprint"]

# Parameters whose text may change from one process to the next: addresses, sets, dicts.
_UNSTABLE = re.compile(r"0x|set\(|{")


def fingerprint(sampler: Sampler) -> str:
    """Readable options, and a digest each for the program, the weights and the inputs."""
    analysis = sampler.analysis
    traced = analysis.traced
    weights = sampler.variables
    if weights is None and traced.network.init is not None and not traced.network.random:
        weights = traced.draw(jax.random.key(0))  # the model's own
    given = "drawn" if weights is None else _digest(_arrays(weights))
    inputs = "normal" if sampler.inputs is None else _digest([sampler.inputs])
    return (
        f"{traced.network.name} {analysis.shape} axes {analysis.spatial_axes} {sampler.endpoint} "
        f"{sampler.at} {sampler.plan} {sampler.estimator} {sampler.grid}, "
        f"program {_digest(_program(traced.program))}, "
        f"weights {given}, inputs {inputs}"
    )


def _program(program: Program) -> Iterable[Any]:
    """Its equations, and the arrays that it captured."""
    for equation in program.equations:
        texts = [f"{key}={value}" for key, value in sorted(equation.params.items())]
        stable = [text for text in texts if not _UNSTABLE.search(text)]
        yield repr((equation.name, equation.in_shapes, equation.out_shapes, stable))
    yield from _arrays(list(program.constants.values()))


def _arrays(tree: Any) -> Iterable[np.ndarray]:
    for leaf in jax.tree.leaves(tree):
        random_key = jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        yield np.asarray(jax.random.key_data(leaf) if random_key else leaf)


def _digest(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        array = isinstance(part, np.ndarray)
        digest.update(np.ascontiguousarray(part).tobytes() if array else part.encode())
    return digest.hexdigest()[:12]
