"""A fraction where a whole number belongs is refused, never cut off."""

from fractions import Fraction

import numpy as np
import pytest

import jaxrf
from jaxrf.arguments.integers import whole, wholes
from jaxrf.errors import InvalidInput

SHAPE = (1, 8, 8, 1)


def blur(x):
    return x[:, 1:, 1:] + x[:, :-1, :-1]


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_of_any_kind(value):
    assert whole("at", value) == 3
    assert type(whole("at", value)) is int
    assert wholes("at", value) == (3,)
    assert wholes("at", [value] * 2) == (3, 3)


@pytest.mark.parametrize(
    "value", [3.5, 3.0, True, "3", None, 1j, float("nan"), np.float32(3), Fraction(3)]
)
def test_anything_else(value):
    with pytest.raises(InvalidInput, match=r"^at: got .*need a whole number$"):
        wholes("at", [value])


@pytest.mark.parametrize("options", [
    {"at": (2.5, 2)}, {"at": 2.5}, {"at": "2,2"}, {"at": ("2", "2")}, {"samples": 2.5},
    {"batch": 1.5}, {"input_seeds": 1.5}, {"spatial_axes": (1.5, 2)}, {"spatial_axes": "12"},
])  # fmt: skip
def test_arguments(options):
    (name,) = options
    with pytest.raises(InvalidInput, match=r"got .*, need (a whole number|whole numbers)"):
        jaxrf.measure_erf(blur, SHAPE, **{"samples": 2, **options})
    assert name


@pytest.mark.parametrize("call", [
    lambda: jaxrf.analyze(blur, SHAPE).support(at=(2.5, 2)),
    lambda: jaxrf.measure_support(blur, SHAPE, at=(2, 2.5)),
    lambda: jaxrf.predict_erf(blur, SHAPE, draws=1.5),
    lambda: jaxrf.measure_grid(blur, SHAPE, samples=1.5),
    lambda: jaxrf.analyze(blur, SHAPE, spatial_axes=1.5),
    lambda: jaxrf.analyze_sizes(blur, (1, None, None, 1), spatial_axes=(1.5,)),
])  # fmt: skip
def test_functions(call):
    with pytest.raises(InvalidInput, match=r"got .*, need (a whole number|whole numbers)"):
        call()
