"""Claims as data and as a table, and what scripts may say of them."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate
from jaxrf.text.table import plain_text

SCRIPTS = sorted((Path(__file__).parents[2] / "experiments").glob("*.py"))


def claim(value, text="sigma grows as sqrt(n)"):
    return Claim(text, "Luo et al. 2016", Band((Estimate("slope", value, 0.01, 20),), 0.4, 0.6))


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.5, "holds"), (0.7, "does not hold"), (0.6, "undecided")]
)
def test_a_claim_says_its_verdict_in_words(value, verdict):
    (found,) = decide([claim(value)])
    assert found.keys() == {"claim", "source", "numbers", "verdict"}
    assert found["verdict"] == verdict
    assert found["numbers"].startswith(f"slope: {value:.3f} [")


def test_a_verdict_depends_on_the_family():
    """The same number decides alone, and not beside many that do not."""
    alone, beside = claim(0.575), [claim(0.6) for _ in range(19)]
    assert decide([alone])[0]["verdict"] == "holds"
    assert decide([*beside, alone])[-1]["verdict"] == "undecided"
    clear = [claim(0.5) for _ in range(19)]  # those use nothing up
    assert decide([*clear, alone])[-1]["verdict"] == "holds"


def test_claims_keep_their_order_in_the_table():
    table = claims_table(decide([claim(0.6, "one"), claim(0.5, "two")]))
    assert table.header == ("claim", "source", "numbers", "verdict")
    assert [row[0] for row in table.rows] == ["one", "two"]
    assert [row[-1] for row in table.rows] == ["undecided", "holds"]
    text = plain_text(claims_table(decide([claim(0.5, "long words " * 20)])))
    assert "holds" in text
    assert max(map(len, text.splitlines())) <= 80
    assert claims_table(decide([])).rows == ()


def test_no_field_of_a_claim_is_a_verdict():
    assert [f.name for f in fields(Claim)] == ["statement", "source", "evidence", "note"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_state_estimates_and_rules(script):
    """Never a verdict: no text of one, no truth value where evidence belongs."""
    tree = ast.parse(script.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            assert node.value not in ("does not hold", "undecided"), node.lineno
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Claim":
            for given in [*node.args, *(k.value for k in node.keywords)]:
                assert not is_truth_value(given), f"line {node.lineno}: {ast.unparse(given)}"


def is_truth_value(node):
    """Whether an expression is a comparison, a constant bool, all(...), any(...), or a mix."""
    if isinstance(node, ast.IfExp):
        return is_truth_value(node.body) or is_truth_value(node.orelse)
    called = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("all", "any", "bool")
    constant = isinstance(node, ast.Constant) and (node.value is None or node.value in (0, 1))
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return called or constant or negated or isinstance(node, ast.BoolOp | ast.Compare)
