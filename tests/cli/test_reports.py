"""What a long command says of itself: what it costs, what it does, how long it will take."""

import time

import pytest

from jaxrf.cli.cost import passes_of
from jaxrf.console import heartbeat
from jaxrf.console.heartbeat import doing, reported_elsewhere, reports

SLOW = """
import time
import jax.numpy as jnp


def slow(x):
    time.sleep(0.5)
    return x[:, 1:] + x[:, :-1]


def costly(x):
    for _ in range(8):
        x = x @ jnp.ones((256, 256))
    return x
"""


@pytest.fixture
def often(monkeypatch, tmp_path):
    """Lines come often; there are models."""
    monkeypatch.setattr(heartbeat, "EVERY", 0.1)
    (tmp_path / "slow.py").write_text(SLOW)


def lines(text):
    return [line for line in text.splitlines() if line.endswith(" gone)")]


@pytest.mark.parametrize("command", ["field", "support", "erf", "predict", "compare"])
def test_every_command_says_what_it_is_doing(command, often, jaxrf):
    result = jaxrf(command, "slow.py:slow", "--shape", "1,8,1")
    assert result.code == 0
    said = lines(result.err)
    assert f"jaxrf {command}: deriving the field (1 s gone)" in said


def test_a_fast_command_says_nothing(jaxrf):
    result = jaxrf("field", "jax.nn:relu", "--shape", "1,8,1")
    assert (result.code, result.err) == (0, "")


def test_progress_and_the_time_that_is_left(often, capsys):
    with reports("erf"):
        doing("samples", 2, 100)  # the first ones were compiled, too
        time.sleep(0.15)
        doing("samples", 12, 100)
        time.sleep(0.15)
        with reported_elsewhere():
            time.sleep(0.25)
            doing("samples", 13, 100)
            time.sleep(0.25)
    first, second = lines(capsys.readouterr().err)[:2]
    assert first == "jaxrf erf: samples 2 of 100 (1 s gone)"
    assert second.startswith("jaxrf erf: samples 12 of 100, about ")
    assert "13 of 100" not in second


def test_nothing_is_said_after_the_end(often, capsys):
    with reports("erf"):
        pass
    time.sleep(0.3)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["erf", "compare"])
def test_what_it_costs_is_said_before_it_starts(command, jaxrf, tmp_path, monkeypatch):
    from jaxrf.cli import cost

    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.setattr(cost, "SPEED", 1e6)
    shape = ("--shape", "1,8,256")
    result = jaxrf(command, "slow.py:costly", *shape, "--samples", "2", "-f", "csv")
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
    import jaxrf
    from jaxrf.cli.main import _options

    options = _options(["erf", "x", "--shape", "1,10,5", *words.split()])
    analysis = jaxrf.analyze(lambda x: x * 2, (1, 10, 5))
    assert passes_of(options, analysis, "output") == passes
