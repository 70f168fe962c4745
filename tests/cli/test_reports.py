"""What a long command says of itself: what it does, and how long it will take.

Covers: console.heartbeat, console.progress.
"""

import time

import pytest

from jaxrf.console import heartbeat
from jaxrf.console.heartbeat import doing, reported_elsewhere, reports

SLOW = """
import time


def slow(x):
    time.sleep(0.5)
    return x[:, 1:] + x[:, :-1]
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
