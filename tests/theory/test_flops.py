"""Floating-point operations by counting multiplications and additions."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from jaxrf.program.trace import trace
from jaxrf.theory.flops import flops

ONES = jnp.ones


def conv(x, kernel, stride=1, pad="SAME", **options):
    return lax.conv_general_dilated(
        x, kernel, (stride,), pad, dimension_numbers=("NHC", "HIO", "NHC"), **options
    )


@pytest.mark.parametrize(
    ("f", "shape", "name", "count"),
    [
        # 8 places x 5 channels, each 3 taps x 4 channels, a multiplication and an addition per tap
        (lambda x: conv(x, ONES((3, 4, 5))), (1, 8, 4), "conv_general_dilated", 2 * 40 * 12),
        (lambda x: conv(x, ONES((3, 4, 5)), 2), (1, 8, 4), "conv_general_dilated", 2 * 20 * 12),
        # 2 groups: each output channel reads 2 of the 4 channels
        (lambda x: conv(x, ONES((3, 2, 6)), feature_group_count=2), (1, 8, 4),
         "conv_general_dilated", 2 * 48 * 6),
        (lambda x: conv(x, ONES((3, 4, 5)), pad="VALID"), (2, 8, 4),
         "conv_general_dilated", 2 * 2 * 30 * 12),
        (lambda x: x @ ONES((4, 5)), (3, 4), "dot_general", 2 * 15 * 4),
        (lambda x: jnp.einsum("bik,bjk->bij", x, x), (2, 3, 4), "dot_general", 2 * 18 * 4),
        # pooling: one operation per tap
        (lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 3, 1), (1, 2, 1), "VALID"), (1, 9, 2),
         "reduce_window_sum", 8 * 3),
        (lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 1), (1, 2, 1), "VALID"),
         (1, 8, 1), "reduce_window_max", 4 * 2),
        # a reduction looks at every element, an elementwise operation makes one
        (lambda x: x.sum(1), (2, 5, 3), "reduce_sum", 30),
        (lambda x: x.max(1), (2, 5, 3), "reduce_max", 30),
        (lambda x: jnp.argmax(x, 1), (2, 5), "argmax", 10),
        (lambda x: jnp.cumsum(x, 1), (2, 5), "cumsum", 10),
        (lambda x: x * 2, (2, 5), "mul", 10),
        (jnp.exp, (2, 5), "exp", 10),
        (lambda x: x[:, None] + x[:, :, None], (1, 4), "add", 16),
        # moving and choosing elements costs nothing
        (lambda x: jnp.where(x > 0, x, 0), (2, 5), "select_n", 0),
        (lambda x: x.T, (2, 5), "transpose", 0),
        (lambda x: x.reshape(10), (2, 5), "reshape", 0),
        (lambda x: x[:, 1:], (2, 5), "slice", 0),
        (lambda x: jnp.pad(x, 1), (2, 5), "pad", 0),
        (lambda x: jnp.concatenate([x, x]), (2, 5), "concatenate", 0),
        (lambda x: x.astype(jnp.bfloat16), (2, 5), "convert_element_type", 0),
        (lambda x: lax.sort(x, dimension=1), (2, 5), "sort", 0),
        (lambda x: lax.reduce_precision(x, 5, 10), (2, 5), "reduce_precision", 0),
        (jax.lax.stop_gradient, (2, 5), "stop_gradient", None),
    ],
)  # fmt: skip
def test_one_equation(f, shape, name, count):
    equations = [eq for eq in trace(f, shape).program.equations if eq.name == name]
    if count is None:  # JAX leaves none behind
        assert not any(map(flops, trace(f, shape).program.equations))
        return
    assert [flops(eq) for eq in equations] == [count]
