"""Convolution and pooling in every form, against the oracle."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.helpers.rulecase import Case, check, each


def convolution(
    kernel, *, x_shape, groups=1, out=2, stride=1, pad=0, dilation=1, base=1, numbers=None
):
    """A convolution of positive weights with ``kernel`` taps per axis; options as in ``lax``."""
    rank = len(kernel)
    letters = "HWD"[:rank]
    layout = numbers or (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    channels = x_shape[layout[0].index("C")]
    sizes = {"I": channels // groups, "O": out, **dict(zip(letters, kernel, strict=True))}
    weights = np.random.default_rng(0).uniform(0.5, 1.5, [sizes[n] for n in layout[1]])
    pads = [(pad, pad)] * rank if isinstance(pad, int) else pad

    def f(x):
        return lax.conv_general_dilated(
            x,
            jnp.asarray(weights, x.dtype),
            (stride,) * rank,
            pads,
            lhs_dilation=(base,) * rank,
            rhs_dilation=(dilation,) * rank,
            dimension_numbers=layout,
            feature_group_count=groups,
        )

    return f, x_shape


def pooling(init, combine, dims=(1, 3, 1), strides=(1, 2, 1), pad="SAME", **dilations):
    return lambda x: lax.reduce_window(
        x, np.asarray(init, x.dtype), combine, dims, strides, pad, **dilations
    )


CONVOLUTIONS = {
    "valid": convolution((3,), x_shape=(1, 8, 2)),
    "two-dimensional": convolution((2, 3), x_shape=(1, 4, 5, 1), pad=[(1, 0), (1, 1)]),
    "three-dimensional": convolution((2, 1, 2), x_shape=(1, 3, 2, 4, 1)),
    "batch stays apart": convolution((3,), x_shape=(2, 5, 1)),
    "strided": convolution((3,), x_shape=(1, 9, 1), stride=2, pad=1),
    "stride beyond kernel": convolution((2,), x_shape=(1, 11, 1), stride=4),
    "dilated": convolution((3,), x_shape=(1, 9, 1), dilation=2),
    "even kernel, asymmetric padding": convolution((4,), x_shape=(1, 8, 1), stride=3, pad=[(2, 1)]),
    "negative padding": convolution((3,), x_shape=(1, 9, 1), pad=[(-2, -1)]),
    "negative and positive padding": convolution((3,), x_shape=(1, 7, 1), pad=[(-1, 3)]),
    "padding beyond kernel": convolution((2,), x_shape=(1, 4, 1), pad=[(3, 3)]),
    "grouped": convolution((3,), x_shape=(1, 6, 4), groups=2, out=6),
    "depthwise": convolution((3,), x_shape=(1, 6, 3), groups=3, out=6),
    "base dilation": convolution((3,), x_shape=(1, 5, 1), base=2, pad=[(1, 2)]),
    "base dilation, kernel 1": convolution((1,), x_shape=(1, 4, 1), base=3),
    "base dilation and stride": convolution((3,), x_shape=(1, 6, 1), base=3, stride=2, pad=2),
    "base and kernel dilation": convolution((3,), x_shape=(1, 6, 1), base=2, dilation=3, pad=3),
    "base dilation, cropped": convolution((2,), x_shape=(1, 6, 1), base=2, pad=[(-1, -2)]),
    "channels first": convolution((3, 2), x_shape=(1, 2, 4, 3), numbers=("NCHW", "OIHW", "NCHW")),
    "channels first, then last": convolution(
        (3, 2), x_shape=(1, 2, 4, 3), numbers=("NCHW", "HWIO", "NHWC")
    ),
    "axes swapped": convolution((3, 1), x_shape=(1, 4, 5, 1), numbers=("NHWC", "HWIO", "NWHC")),
    "transposed": (
        lambda x: lax.conv_transpose(x, jnp.full((3, 1, 2), 0.5, x.dtype), (2,), "SAME"),
        (1, 5, 1),
    ),
    "kernel computed from the input": (
        lambda x: lax.conv_general_dilated(
            x[..., :1],
            x[:, 2:5, 1:].transpose(1, 2, 0),
            (1,),
            "VALID",
            dimension_numbers=("NHC", "HIO", "NHC"),
        ),
        (1, 7, 2),
    ),
}
POOLING = {
    "strided": {},
    "explicit padding": {"pad": ((0, 0), (2, 1), (0, 0))},
    "window dilation": {"window_dilation": (1, 2, 1), "pad": "VALID"},
    "base dilation": {"base_dilation": (1, 2, 1), "pad": ((0, 0), (1, 1), (0, 0))},
    "over channels": {"dims": (1, 1, 2), "strides": (1, 1, 1), "pad": "VALID"},
}
CASES = [Case(name, f, shape, "conv_general_dilated") for name, (f, shape) in CONVOLUTIONS.items()]
for name, options in POOLING.items():
    CASES += [
        Case(f"sum, {name}", pooling(0, lax.add, **options), (1, 6, 3), "reduce_window_sum"),
        Case(
            f"max, {name}",
            pooling(-np.inf, lax.max, **options),
            (1, 6, 3),
            "reduce_window_max",
            True,
        ),
    ]
CASES += [
    Case("min", pooling(np.inf, lax.min), (1, 6, 1), "reduce_window_min", True),
    Case(
        "any function", pooling(0, lambda a, b: a + 2 * b), (1, 6, 1), "reduce_window", perturb=True
    ),
]


@each(CASES)
def test_support_equals_the_oracle(case):
    check(case)
