"""What the package says of itself in its other files is so.

Covers: version.
"""

import re
import tomllib
from pathlib import Path

import jaxrf

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_citation_is_of_this_version():
    (version,) = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert version == jaxrf.__version__


def test_the_types_are_shipped():
    assert (ROOT / "jaxrf" / "py.typed").is_file()
    assert "Typing :: Typed" in PROJECT["project"]["classifiers"]


def test_the_source_distribution_holds_what_a_wheel_is_built_from():
    held = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    assert all((ROOT / name).exists() for name in held)
    needed = {"jaxrf", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
    assert needed <= {*held}


def test_every_python_that_is_named_is_allowed():
    least = PROJECT["project"]["requires-python"]
    assert least == ">=3.11"
    named = [c.rpartition(" ")[2] for c in PROJECT["project"]["classifiers"] if ":: 3." in c]
    assert named[0] == least.removeprefix(">=")
    assert named == sorted(named, key=lambda v: int(v.partition(".")[2]))
