"""Scripts of ``experiments/``, run as a user runs them."""

import json
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

__all__ = ["run"]

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


class Done(NamedTuple):
    numbers: Any
    out: Path
    err: str


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """``run("name", ...)`` runs a script here, in this process: JAX is imported once."""

    def start(name, *options, code=0):
        out = tmp_path_factory.mktemp(name)
        argv = [f"{name}.py", "--out", str(out), *options]
        with pytest.MonkeyPatch.context() as patch, redirect_stderr(StringIO()) as err:
            patch.syspath_prepend(EXPERIMENTS)
            patch.setattr(sys, "argv", argv)
            with pytest.raises(SystemExit) as ended, redirect_stdout(StringIO()):
                runpy.run_path(str(EXPERIMENTS / f"{name}.py"), run_name="__main__")
        assert ended.value.code == code, err.getvalue()
        numbers = None if code else json.loads((out / f"{name}.json").read_text())["numbers"]
        return Done(numbers, out, err.getvalue())

    return start
