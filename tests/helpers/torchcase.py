"""A family of torch functions, exported together, and each compared with torch itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import numpy as np
import torch
from torch import nn

from jaxrf.frameworks.network import named_leaves
from jaxrf.frameworks.torch.network import network as torch_network

__all__ = ["Family", "abstract"]


def abstract(*arrays: np.ndarray) -> tuple[Any, ...]:
    """What ``torch_network`` is given: shapes and dtypes."""
    return tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arrays)


class _All(nn.Module):
    """Every case on the same inputs."""

    def __init__(self, cases: dict[str, Callable]):
        super().__init__()
        self.cases = cases
        self.parts = nn.ModuleList(c for c in cases.values() if isinstance(c, nn.Module))

    def forward(self, *xs: torch.Tensor):
        return {name: case(*xs) for name, case in self.cases.items()}


@dataclass(frozen=True, eq=False)
class Family:
    """Functions of the same inputs.

    Attributes:
        shapes: of the inputs, which are normal numbers.
        cases: name -> function or module; one array, or a tuple of arrays, comes out.
    """

    shapes: tuple[tuple[int, ...], ...]
    cases: dict[str, Callable]
    made: dict = field(default_factory=dict)

    @cached_property
    def inputs(self) -> list[np.ndarray]:
        """The same on every run."""
        rng = np.random.default_rng(0)
        return [rng.normal(size=shape).astype(np.float32) for shape in self.shapes]

    @cached_property
    def results(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """(ours, torch's) outputs of every case."""
        torch.manual_seed(0)
        module = _All(self.cases).eval()
        for part in module.modules():  # statistics that are not those of the identity
            if isinstance(part, nn.modules.batchnorm._NormBase) and part.running_mean is not None:
                nn.init.normal_(part.running_mean)
                nn.init.uniform_(part.running_var, 0.5, 1.5)
        network = torch_network(module, abstract(*self.inputs))
        variables = network.init(None)
        jaxpr = jax.make_jaxpr(lambda v, *xs: network.apply(v, *xs)[1])(variables, *self.inputs)
        called = [
            str(e.source_info.name_stack) for e in jaxpr.eqns if "callback" in str(e.primitive)
        ]
        assert not called, f"no JAX function: {called}"
        _, named = jax.jit(network.apply)(variables, *self.inputs)
        with torch.no_grad():
            expected = module(*map(torch.from_numpy, self.inputs))
        return named, expected

    def check(self, name: str) -> None:
        """One case: shapes, kinds of dtype and values."""
        named, expected = self.results
        want = expected[name]
        for key, part in named_leaves(jax.tree.map(torch.Tensor.numpy, want), name):
            got = np.asarray(named[key][-1])
            assert got.shape == part.shape
            assert (got.dtype.kind, got.dtype == bool) == (part.dtype.kind, part.dtype == bool)
            np.testing.assert_allclose(got, part, rtol=1e-4, atol=1e-4)
