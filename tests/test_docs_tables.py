"""Tables that the documentation shows are those that the experiments wrote."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("page", "table"), [("prediction.md", "prediction_accuracy.md")])
def test_rows_are_those_of_the_figure(page, table):
    shown = (ROOT / "docs" / page).read_text().splitlines()
    made = [x for x in (ROOT / "figures" / table).read_text().splitlines() if x.startswith("|")]
    assert len(made) > 3
    start = shown.index(made[0])
    assert shown[start : start + len(made)] == made
