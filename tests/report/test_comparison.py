"""Tables of comparisons: how far a prediction is off, where that can be said."""

import jax.numpy as jnp
import pytest

import jaxrf
from jaxrf.report.comparison import compared_table, summary_rows


@pytest.fixture(scope="module")
def found():
    """Three rows by one column: along x nothing is spread, in theory, measured and predicted."""

    def rows(x):
        return (x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]) * jnp.float32(0.25)

    return jaxrf.compare(rows, (1, 9, 11, 1), samples=2)


def test_how_far_a_prediction_is_off_is_said_where_something_was_measured(found):
    rows = dict(summary_rows(found))
    assert rows["predicted σ y, px"] == "0.577 (+0.0 %)"
    assert rows["predicted σ x, px"] == "0"


def test_no_table_has_a_share_of_nothing(found):
    assert "nan %" not in str(found)
    assert "(+0.0 %)" in str(found)
    assert "nan %" not in str(compared_table(found))
