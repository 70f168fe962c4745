"""Blocks of random bits are those of ``jax.random.bits``, whatever the shape."""

import jax
import numpy as np
import pytest

from jaxrf.program.drawing.bits import BLOCK, LONGEST, WIDTHS, block_of_bits


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shape", [(3,), (5, 7, 11), (BLOCK + 3, 2)])
def test_bits_are_those_of_jax(shape, width):
    key = jax.random.fold_in(jax.random.key(3), 11)
    expected = np.asarray(jax.random.bits(key, shape, f"uint{width}")).ravel()
    words = np.asarray(jax.random.key_data(key))
    blocks = [block_of_bits(words, start) for start in range(0, expected.size, BLOCK)]
    found = np.concatenate(blocks)[: expected.size].astype(f"uint{width}")
    np.testing.assert_array_equal(found, expected)


def test_the_last_flat_index_still_has_bits_of_its_own():
    words = np.asarray(jax.random.key_data(jax.random.key(0)))
    last = np.asarray(block_of_bits(words, LONGEST - BLOCK))
    assert len(set(last.tolist())) > BLOCK * 0.99
