"""Random bits of JAX's default generator, a block of a fixed length at a time.

With ``jax_threefry_partitionable`` (the default) bit pattern i of an array of any shape is the
cipher Threefry-2x32 of its flat index i: it depends on the key and on i alone. So one compiled
block serves arrays of all shapes, with the bits of ``jax.random.bits``. The rounds are written out,
as whole-number arithmetic that the compiler fuses into one loop.

Source: Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["BLOCK", "LONGEST", "WIDTHS", "block_of_bits"]

BLOCK = 1 << 16  # flat indices: 256 KiB of float32, which stay in a core's cache
LONGEST = 1 << 32  # flat indices in one word of the counter
WIDTHS = (8, 16, 32)  # bits per number that come from one evaluation of the cipher

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


@jax.jit
def _words(key: jax.Array, start: jax.Array) -> jax.Array:
    """The 32-bit patterns of a block.

    Args:
        key: [2] its two words.
        start: the first flat index.
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ _PARITY)
    high = jnp.broadcast_to(keys[0], (BLOCK,))
    low = start + jax.lax.iota(jnp.uint32, BLOCK) + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            high = high + low
            low = high ^ ((low << np.uint32(rotation)) | (low >> np.uint32(32 - rotation)))
        high = high + keys[(group + 1) % 3]
        low = low + keys[(group + 2) % 3] + np.uint32(group + 1)
    return high ^ low


def block_of_bits(key: np.ndarray, start: int) -> jax.Array:
    """[BLOCK] uint32: the bits of the flat indices from ``start`` on.

    >>> key = jax.random.key(7)
    >>> bits = block_of_bits(np.asarray(jax.random.key_data(key)), 0)
    >>> bool((bits[:6].reshape(2, 3) == jax.random.bits(key, (2, 3))).all())
    True

    Args:
        key: [2] uint32, as ``jax.random.key_data`` has it.
        start: the first flat index, below ``LONGEST``.
    """
    found: jax.Array = _words(key, np.uint32(start))
    return found
