"""Claims as data and as a table."""

import numpy as np
import pytest

from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.tables import plain_text


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [(True, "holds"), (np.bool_(False), "does not hold"), (None, "undecided")],
)
def test_a_claim_says_its_verdict_in_words(holds, verdict):
    claim = Claim("sigma grows as sqrt(n)", "Luo et al. 2016", "slope 0.50 ± 0.01", holds)
    assert claim.verdict == verdict
    assert claim.to_dict() == {
        "claim": "sigma grows as sqrt(n)",
        "source": "Luo et al. 2016",
        "numbers": "slope 0.50 ± 0.01",
        "verdict": verdict,
    }


def test_claims_and_their_dicts_make_the_same_table():
    claims = [Claim("one", "A", "1", True), Claim("two", "B", "2 ± 1", False)]
    table = claims_table(claims)
    assert table == claims_table([c.to_dict() for c in claims])
    assert table.header == ("claim", "source", "numbers", "verdict")
    assert table.rows[1] == ("two", "B", "2 ± 1", "does not hold")
    text = plain_text(claims_table([Claim("long words " * 20, "A", "1", None)]))
    assert "undecided" in text and max(map(len, text.splitlines())) <= 80
