"""Tables of effective fields: every number has a row."""

import pytest

import jaxrf
from jaxrf.report.numbers import number_rows


def pair(x):
    """Each output sees two neighbours."""
    return x[:, 1:] + x[:, :-1]


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_numbers_of_a_field_one_row_an_axis(rank):
    shape = (1, *(4,) * rank, 1)
    names = [name for name, _, _ in number_rows(jaxrf.measure_erf(pair, shape, samples=2))]
    sigmas = [f"sigma {axis}" for axis in "zyx"[-rank:]]
    assert [name for name in names if name in ("sigma z", "sigma y", "sigma x")] == sigmas
    assert {"energy radius 0.9545", "sigma fit x", "covariance xx"} <= set(names)


def test_a_prediction_has_the_same_rows():
    measured = number_rows(jaxrf.measure_erf(pair, (1, 4, 4, 1), samples=2))
    predicted = jaxrf.predict_erf(pair, (1, 4, 4, 1)).table()
    assert [name for name, _, _ in predicted.rows] == [name for name, _, _ in measured]
