"""``jaxrf.constant``: declare that an array belongs to the architecture and is no weight."""

from __future__ import annotations

import sys
from typing import Any

from jaxrf.errors import InvalidInput

__all__ = ["CONSTANT", "constant"]

CONSTANT = "jaxrf.constant"  # name of the mark inside the traced program


def constant(x: Any) -> Any:
    """The array itself, its values declared a part of the architecture.

    Captured floats count as weights, in which a zero is no missing connection, and so do captured
    integers that are multiplied as numbers. A mask, a resizing matrix or a fixed filter bank that
    the model stores as an array is marked here, inside the model where it is used, and its zeros
    are then connections that do not exist. It is an identity under ``jit``, ``vmap`` and ``grad``;
    called outside the traced model it says nothing. Inside a PyTorch module it takes a tensor: a
    buffer, or what is computed from buffers.

    >>> import jax.numpy as jnp, numpy as np, jaxrf
    >>> filters = np.array([[1.0, 0.0], [2.0, 3.0]], np.float32)
    >>> marked = lambda x: jaxrf.constant(filters) @ x
    >>> jaxrf.analyze(marked, (1, 2, 1)).support(at=(0,)).mask.tolist()
    [True, False]
    >>> jaxrf.analyze(lambda x: filters @ x, (1, 2, 1)).support(at=(0,)).mask.tolist()
    [True, True]

    Args:
        x: an array, a number, or a pytree of them; a list of numbers is such a tree and comes back
            as a list. What depends on an argument of the model (an input, or a parameter that a
            framework passes in) has no value while the model is traced and is not known by this
            mark either.

    Returns:
        The same values as JAX arrays; as tensors where they were tensors.

    Raises:
        InvalidInput: what is no array.
    """
    import jax
    import jax.numpy as jnp
    from jax.ad_checkpoint import checkpoint_name

    def marked(leaf: Any) -> Any:
        if _is_tensor(leaf):
            from jaxrf.frameworks.torch import mark

            return mark.marked(leaf)
        return checkpoint_name(jnp.asarray(leaf), CONSTANT)

    if _is_tensor(x):  # torch may be tracing: nothing of JAX then
        return marked(x)
    try:
        return jax.tree.map(marked, x)
    except TypeError as error:
        raise InvalidInput(f"constant: {error}; need an array, or a pytree of arrays") from None


def _is_tensor(leaf: Any) -> bool:
    """Whether it is a tensor of PyTorch, which is not imported for it."""
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    return tensor is not None and isinstance(leaf, tensor)
