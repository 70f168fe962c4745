"""What a measurement will cost is said before it starts."""

import pytest

from jaxrf import analyze
from jaxrf.cli import cost
from jaxrf.cli.cost import passes_of
from jaxrf.cli.main import make_parser

COSTLY = """
import jax.numpy as jnp


def costly(x):
    for _ in range(8):
        x = x @ jnp.ones((256, 256))
    return x
"""


@pytest.mark.parametrize("command", ["erf", "compare"])
def test_what_it_costs_is_said_before_it_starts(command, jaxrf, tmp_path, monkeypatch):
    (tmp_path / "costly.py").write_text(COSTLY)
    monkeypatch.setattr(cost, "SPEED", 1e6)
    shape = ("--shape", "1,8,256")
    result = jaxrf(command, "costly.py:costly", *shape, "--samples", "2", "-f", "csv")
    each = 8 * 8 * 2 * 256**2 * 3
    expected = (
        f"jaxrf {command}: 2 samples of {each / 1e6:.3g} MFLOP each, {2 * each / 1e6:.3g} MFLOP "
        "in all: about "
    )
    assert expected in result.err
    assert "FLOP each" not in jaxrf(command, "jax.nn:relu", "--shape", "1,8,1").err


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ("", 3),
        ("--cotangent exact", 1 + 2 * 5),
        ("--cotangent exact --channels 1,3", 1 + 2 * 2),
        ("--perturb 0.1", 1 + 10),
        ("--everywhere", 1 + 2 * 10),
        ("--everywhere --step 3", 1 + 2 * 4),
    ],
)
def test_evaluations_of_a_sample(words, passes):
    options = make_parser().parse_args(["erf", "x", "--shape", "1,10,5", *words.split()])
    analysis = analyze(lambda x: x * 2, (1, 10, 5))
    assert passes_of(options, analysis, "output") == passes
