"""TARGET -> model: every form, and what the import of a user's file leaves behind."""

import sys

import flax.linen as nn
import pytest

from jaxrf.cli.targets import load_target
from jaxrf.errors import TargetError
from tests.helpers.imports import undone

SOURCE = """
from dataclasses import dataclass


def double(x):
    from neighbour_of_model import factor  # imported when it is called, as users do

    return factor * x


@dataclass
class Scale:
    by: "int" = 3

    def __call__(self, x):
        return self.by * x


class holder:
    class inner:
        scale = Scale(5)


def make():
    return Scale(7)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with the file of a model, as current folder; imports are undone."""
    (tmp_path / "a_model.py").write_text(SOURCE)
    (tmp_path / "neighbour_of_model.py").write_text("factor = 2")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "net.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    with undone("a_model", "neighbour_of_model", "pack", "half"):
        yield tmp_path


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("a_model.py:double", 2),
        ("./a_model.py:double", 2),
        ("a_model:double", 2),
        ("pack.net:double", 2),
        ("pack/net.py:holder.inner.scale", 5),
        ("pack.net:holder.inner.scale", 5),
        ("pack.net:holder.inner.scale.__call__", 5),
    ],
)
def test_forms(target, value):
    assert load_target(target)(1) == value


def test_a_file_elsewhere_finds_its_neighbours_whenever_it_asks(
    folder, tmp_path_factory, monkeypatch
):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert load_target(f"{folder}/a_model.py:double")(1) == 2


@pytest.mark.parametrize(("attribute", "value"), [("make", 7), ("Scale", 3)])
def test_factory(attribute, value):
    assert load_target(f"a_model.py:{attribute}", factory=True)(1) == value


def test_zoo_and_width():
    network = load_target("zoo:vgg_16", width=0.25)
    assert isinstance(network, nn.Module)
    assert network.width == 0.25
    assert load_target("zoo:vgg_16").width == 1.0
    with pytest.raises(TargetError, match="need a zoo network"):
        load_target("a_model.py:double", width=0.25)


def test_an_attribute_of_a_module_of_the_standard_library():
    import math

    assert load_target("math:sqrt") is math.sqrt


def test_a_class_is_not_a_model():
    with pytest.raises(TargetError, match="is a class, need an instance of it; add --factory"):
        load_target("a_model.py:Scale")


def test_the_names_that_there_are(folder):
    (folder / "a_model.py").write_text("import sys\nfirst = second = abs\n_third = abs\n")
    with pytest.raises(TargetError, match="no attribute 'none'; need one of .*: first, second$"):
        load_target("a_model.py:none")
    (folder / "a_model.py").write_text("import sys\n")
    with pytest.raises(TargetError, match="no attribute 'x'; need one of those it has: none$"):
        load_target("a_model.py:x")


def test_a_file_that_fails_leaves_no_half_made_module(folder):
    (folder / "half.py").write_text("ready = abs\nraise ValueError('first line\\nsecond')")
    for target in ("half.py:ready", "half:ready"):
        with pytest.raises(
            TargetError, match=r"importing half(.py)? raised ValueError: first line$"
        ):
            load_target(target)
        assert "half" not in sys.modules


def test_a_file_does_not_replace_a_module_of_its_name(folder):
    import math

    (folder / "math.py").write_text("def model(x):\n    return -x\n")
    assert load_target("math.py:model")(1) == -1
    assert sys.modules["math"] is math


@pytest.mark.parametrize("error", ["SystemExit(3)", "RuntimeError()"])
def test_whatever_an_import_raises_is_one_line(error, folder):
    (folder / "half.py").write_text(f"raise {error}")
    with pytest.raises(TargetError) as caught:
        load_target("half.py:model")
    assert "\n" not in str(caught.value)
    assert error.partition("(")[0] in str(caught.value)


def test_an_interruption_is_not_swallowed(folder):
    (folder / "half.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_target("half.py:model")
    assert "half" not in sys.modules


def test_a_missing_module_of_the_file_is_named(folder):
    (folder / "half.py").write_text("import no_such_module_at_all")
    with pytest.raises(TargetError, match="importing half.py .*'no_such_module_at_all'"):
        load_target("half.py:model")
