"""Files of targets inside packages, and what a factory is called with."""

import pytest

from jaxrf.cli.targets import load_target
from jaxrf.errors import TargetError
from tests.helpers.imports import undone

RELATIVE = """
from .parts import factor
from ..top import offset


class Scale:
    def __init__(self, by, *, plus=0, words=("a",)):
        self.by, self.plus, self.words = by, plus, words

    def __call__(self, x):
        return self.by * factor * x + self.plus + offset


ready = Scale(1)


def loose(**options):
    return lambda x: (options, x)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A package, a folder of files that is none, and another current folder; imports are undone."""
    inner = tmp_path / "mine" / "nets"
    inner.mkdir(parents=True)
    (tmp_path / "mine" / "__init__.py").write_text("")
    (inner / "__init__.py").write_text("")
    (tmp_path / "mine" / "top.py").write_text("offset = 100\n")
    (inner / "parts.py").write_text("factor = 2\n")
    (inner / "net.py").write_text(RELATIVE)
    (inner / "full.py").write_text("from mine.nets.parts import factor\nmodel = lambda x: factor\n")
    flat = tmp_path / "bare" / "inside"
    flat.mkdir(parents=True)
    (tmp_path / "bare" / "top.py").write_text("offset = 0\n")
    (flat / "parts.py").write_text("factor = 3\n")
    (flat / "net.py").write_text(RELATIVE)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with undone("mine", "bare", "full", "net"):
        yield tmp_path


@pytest.mark.parametrize(("file", "value"), [("mine/nets/net.py", 102), ("bare/inside/net.py", 3)])
def test_a_file_may_import_relatively(folder, file, value):
    assert load_target(f"{folder / file}:ready")(1) == value


def test_a_file_may_name_its_own_package_in_full(folder):
    assert load_target(f"{folder}/mine/nets/full.py:model")(1) == 2


def test_an_import_from_above_the_package_is_one_line(folder):
    (folder / "mine" / "nets" / "net.py").write_text("from .....nothing import x\n")
    with pytest.raises(
        TargetError, match=r"importing .*net\.py raised (ModuleNotFound|Import)Error"
    ):
        load_target(f"{folder}/mine/nets/net.py:ready")


def test_a_factory_takes_arguments(folder):
    target = f"{folder}/mine/nets/net.py"
    made = load_target(f"{target}:Scale", arguments={"by": 5, "plus": 1, "words": ["b"]})
    assert (made(1), made.words) == (111, ["b"])
    assert load_target(f"{target}:loose", arguments={"any": 1})(2) == ({"any": 1}, 2)
    assert load_target(f"{target}:Scale", factory=True, arguments={"by": 5})(1) == 110


@pytest.mark.parametrize(
    ("attribute", "options", "message"),
    [
        (
            "Scale",
            {"factory": True},
            r"^--factory: missing .*'by'.*--init NAME=VALUE .*\(by, plus=0",
        ),
        ("Scale", {"arguments": {"bye": 5}}, r"^--init: got bye, .* the arguments \(by, plus=0"),
        ("Scale", {"arguments": {"bye": 5}}, r"arguments \(by, plus=0, words\) of "),
        (
            "ready",
            {"arguments": {"by": 5}},
            r"^--init: got .* of type Scale, need a class or a fun",
        ),
        ("Scale", {}, r"is a class, .*add --factory to make one, with --init NAME=VALUE"),
    ],
)
def test_wrong_arguments_are_one_line(folder, attribute, options, message):
    with pytest.raises(TargetError, match=message) as caught:
        load_target(f"{folder}/mine/nets/net.py:{attribute}", **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("target", ["net.onnx", "zoo:vgg_16"])
def test_what_is_no_python_takes_none(target):
    with pytest.raises(TargetError, match="^--init: got"):
        load_target(target, arguments={"depth": 5})
