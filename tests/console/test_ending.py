"""How a command ends: an exit code and one line, whatever it raises."""

import signal

import pytest

from jaxrf.console.ending import run_to_exit_code
from jaxrf.console.interrupts import INTERRUPTED
from jaxrf.errors import InvalidInput


def raising(error):
    def command():
        raise error

    return command


def test_a_command_that_ends_says_nothing(capsys):
    assert run_to_exit_code(lambda: 3, "field", debug=False) == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InvalidInput("shape: got 3, need 4"), "shape: got 3, need 4"),
        (MemoryError(), "no memory left; need memory for a smaller --shape"),
        (MemoryError("9 GB"), "9 GB; need memory for a smaller --shape"),
        (OSError("disk full"), "disk full; need a usable file"),
        (
            ValueError("  first\n\nsecond"),
            "ValueError at test_ending.py:14: first; jaxrf did not expect this: --debug shows the "
            "traceback, please report it",
        ),
        (SystemExit(5), "SystemExit at test_ending.py:14: 5; jaxrf did not expect this: "
         "--debug shows the traceback, please report it"),
    ],
)  # fmt: skip
def test_whatever_is_raised_is_one_line(error, text, capsys):
    assert run_to_exit_code(raising(error), "field", debug=False) == getattr(error, "exit_code", 2)
    assert capsys.readouterr() == ("", f"jaxrf field: error: {text}\n")


def test_debugging_shows_where_it_comes_from(capsys):
    run_to_exit_code(raising(InvalidInput("wrong")), "field", debug=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert any("in command" in line for line in lines)
    assert lines[-1] == "jaxrf field: error: wrong"


def test_an_interruption_is_no_error(capsys):
    assert run_to_exit_code(raising(KeyboardInterrupt), "erf", debug=False) == INTERRUPTED
    assert capsys.readouterr().err == "jaxrf erf: interrupted\n"


def test_being_terminated_is_an_interruption(capsys):
    assert (
        run_to_exit_code(lambda: signal.raise_signal(signal.SIGTERM), "erf", debug=False)
        == INTERRUPTED
    )
    assert capsys.readouterr().err == "jaxrf erf: interrupted\n"
