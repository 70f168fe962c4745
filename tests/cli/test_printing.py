"""Standard output holds the result, whatever a model prints, and how.

Covers: console.results.
"""

import ast
import json
from pathlib import Path

import pytest

import jaxrf as package

LOUD = """
import os
import sys

import jax

print("while importing")
os.system("echo from a process")
os.write(1, b"to the descriptor\\n")
sys.__stdout__.write("to the original\\n")


def made(depth, name="x"):
    print("while building", depth, name)

    def model(x):
        print("while tracing")
        jax.debug.print("while running {}", x.sum())
        return x[:, depth:] + x[:, :-depth]

    return model


net = made(1)
"""
SHAPE = ("--shape", "1,16,1")


@pytest.fixture
def loud(tmp_path):
    """The file of a model that prints."""
    (tmp_path / "loud.py").write_text(LOUD)


@pytest.mark.parametrize(
    "command",
    [
        ("field", "loud.py:net"),
        ("field", "loud.py:made", "--init", "depth=2", "--init", "name=a=b"),
        ("support", "loud.py:net"),
        ("erf", "loud.py:net", "--samples", "2"),
        ("predict", "loud.py:net"),
        ("compare", "loud.py:net", "--samples", "2"),
    ],
)
def test_json_stays_json(process, loud, command):
    child = process(*command, *SHAPE, "-f", "json")
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    assert isinstance(json.loads(out), dict)
    said = ["while importing", "from a process", "to the descriptor", "while tracing"]
    assert [line for line in said if line not in err] == []


def test_what_is_printed_stays_apart_inside_a_process(jaxrf, loud):
    result = jaxrf("field", "loud.py:made", "--init", "depth=3", *SHAPE, "-f", "json")
    assert result.code == 0
    assert json.loads(result.out)["endpoints"][-1]["axes"][0]["size"] == 4
    assert "while building 3 x" in result.err


def test_results_are_written_in_one_way():
    """No command writes to standard output past ``emit``: it would end on standard error."""
    root = Path(package.__file__).parent
    own = [root / "results.py", *(root / "experiments").glob("*.py")]  # scripts print themselves
    for file in set(root.rglob("*.py")) - set(own):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            aside = any(k.arg == "file" for k in node.keywords)
            assert called != "sys.stdout.write", f"{file}:{node.lineno}"
            assert called != "print" or aside, f"{file}:{node.lineno}"
