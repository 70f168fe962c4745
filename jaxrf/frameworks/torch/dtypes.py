"""Arrays and dtypes between torch, numpy and JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import torch

from jaxrf.errors import InvalidInput

__all__ = ["from_torch", "jax_dtype", "to_torch", "torch_dtype"]

# numpy has no name for these; their bits are the same.
_FOREIGN = {torch.bfloat16: (torch.int16, ml_dtypes.bfloat16)}

_DTYPES = {
    torch.bool: jnp.bool_,
    torch.uint8: jnp.uint8,
    torch.uint16: jnp.uint16,
    torch.uint32: jnp.uint32,
    torch.int8: jnp.int8,
    torch.int16: jnp.int16,
    torch.int32: jnp.int32,
    torch.int64: jnp.int32,  # JAX without 64 bits; torch uses it for every index
    torch.float16: jnp.float16,
    torch.bfloat16: jnp.bfloat16,
    torch.float32: jnp.float32,
    torch.float64: jnp.float32,  # the network's own precision; measurements choose theirs
    torch.complex64: jnp.complex64,
    torch.complex128: jnp.complex64,
}


def jax_dtype(dtype: torch.dtype) -> Any:
    """The JAX dtype that stands for a torch dtype."""
    return jnp.dtype(_DTYPES[dtype])


def torch_dtype(dtype: Any) -> torch.dtype:
    """The torch dtype of an input; int32 becomes int64, torch's own for indices and tokens.

    Raises:
        InvalidInput: torch has no such dtype, or jaxrf does not know it.
    """
    name = jnp.dtype(dtype).name
    found = torch.int64 if name == "int32" else getattr(torch, name, None)
    if found not in _DTYPES:
        known = ", ".join(str(t).removeprefix("torch.") for t in _DTYPES)
        raise InvalidInput(f"dtype: got {name}, need one that jaxrf knows in torch: {known}")
    return found


def from_torch(tensor: torch.Tensor) -> np.ndarray:
    """The values of a tensor, 64-bit numbers in 32 bits."""
    tensor = tensor.detach().cpu()
    if tensor.dtype in _FOREIGN:
        carrier, dtype = _FOREIGN[tensor.dtype]
        return tensor.contiguous().view(carrier).numpy().view(dtype)
    return tensor.resolve_conj().resolve_neg().numpy().astype(jax_dtype(tensor.dtype))


def to_torch(array: Any, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of the given dtype."""
    array = np.asarray(array)
    if array.dtype == ml_dtypes.bfloat16:
        array = array.astype(np.float32)
    return torch.from_numpy(np.array(array)).to(dtype)
