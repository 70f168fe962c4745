"""``shard_map`` over four devices: what they send each other is followed, to the pixel."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import devicecases

PACKAGE = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def found() -> dict:
    """What a process with four devices found out about every case."""
    paths = os.pathsep.join(map(str, (PACKAGE, PACKAGE / "tests")))
    done = subprocess.run(
        [sys.executable, devicecases.__file__],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", devicecases.CASES)
def test_supports_equal_the_oracle(found, name):
    assert found[name] == {"missed": 0, "excess": 0, "unknown": []}


@pytest.mark.parametrize("name", devicecases.UNKNOWN)
def test_what_is_not_known_depends_on_everything_and_says_so(found, name):
    assert found[name]["everything"]
    (label,) = found[name]["unknown"]
    assert label.startswith("shard_map (at ")
    assert "devicecases.py:" in label
