"""Weights drawn anew, by the initialisers that the parts of a module bring along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

import jax
import numpy as np
import torch
from torch import nn

from jaxrf.frameworks.torch.dtypes import from_torch
from jaxrf.frameworks.torch.weights import shapes

__all__ = ["redrawn"]

# As torch's own layers name them; nn.MultiheadAttention and nn.Transformer have the second.
_INITIALISERS = ("reset_parameters", "_reset_parameters")


def redrawn(module: nn.Module | None, state: dict[str, torch.Tensor]) -> Callable[[Any], Any]:
    """``key -> {name: value}``: other weights for every key, the same for the same.

    Every part is initialised by its own ``reset_parameters``. A parameter that no part initialises
    (a position embedding, a scale) is drawn from a normal distribution of its own mean and standard
    deviation: of equal values it stays as it is. So do buffers, but for what the parts reset.

    Args:
        module: whose parts have initialisers, left as it is; None where there is none.
        state: name -> parameter or floating buffer, on a device.
    """

    def host(data: Any) -> dict[str, np.ndarray]:
        seed = crc32(np.asarray(data).tobytes())  # torch looks at the last 32 bits alone
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            with _reset(module) as named:
                return _arrays({name: named.get(name, own) for name, own in state.items()})

    def init(key: Any) -> Any:
        data = jax.random.key_data(key)
        return jax.pure_callback(host, shapes(state), data, vmap_method="sequential")

    return init


def _arrays(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: from_torch(tensor) for name, tensor in tensors.items()}


@contextmanager
def _reset(module: nn.Module | None) -> Iterator[dict[str, torch.Tensor]]:
    """While it is open, the module has other weights; yields its parameters and buffers."""
    if module is None:
        yield {}
        return
    named: dict[str, torch.Tensor] = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    before = {name: tensor.detach().clone() for name, tensor in named.items()}
    parameters = dict(module.named_parameters())
    try:
        for tensor in parameters.values():
            tensor.fill_(torch.nan)  # to see which are initialised
        module.apply(_initialise)
        for name, tensor in parameters.items():
            if tensor.isnan().any():
                tensor.copy_(_alike(before[name]))
        yield named
    finally:
        for name, value in named.items():
            value.copy_(before[name])


def _initialise(part: nn.Module) -> None:
    for name in _INITIALISERS:
        if callable(initialise := getattr(part, name, None)):
            try:
                initialise()
            except Exception:  # one that needs arguments, or its old values
                continue


def _alike(values: torch.Tensor) -> torch.Tensor:
    """Normal numbers with the mean and standard deviation of an array."""
    wide = values.double()
    spread = wide.std() if values.numel() > 1 else 0.0
    return wide.mean() + spread * torch.randn(values.shape, dtype=torch.float64)
