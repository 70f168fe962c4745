"""CONTRIBUTING.md: its paths exist, its counts are right, and its examples work as written."""

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import jaxrf
from jaxrf import zoo
from jaxrf.cli import main as command_line
from tests.helpers.commandexamples import ADDED, options_read
from tests.helpers.experimentrun import run  # noqa: F401
from tests.helpers.rowfields import size_and_stride
from tests.helpers.zooexpected import EXPECTED, Expected

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
# The shortest script stands in the README of the experiments.
(SHORTEST,) = re.findall(
    r"^```python\n((?:(?!```).)*experiments\.run\(.*?)^```",
    (ROOT / "experiments" / "README.md").read_text(),
    re.M | re.S,
)
EXAMPLES = {
    "experiments/shortest.py": SHORTEST,
    **dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)^```", TEXT, re.M | re.S)),
}
NAMED = set(re.findall(r"`([\w/.-]+/|[\w/.-]+/[\w.-]+|[\w-]+\.(?:md|toml))`", TEXT)) | set(
    re.findall(r"\]\(([^)]+)\)", TEXT)
)
PLACEHOLDER = re.compile(r"NAME|FAMILY")


@pytest.mark.parametrize("path", sorted(NAMED))
def test_what_is_named_exists(path):
    assert any(ROOT.glob(PLACEHOLDER.sub("*", path)))


def test_paths_are_found():
    assert {"jaxrf/cli/NAME.py", "tests/cases/", "docs/house.md", "CHANGELOG.md"} <= NAMED
    assert len(NAMED) > 30


@pytest.mark.parametrize("section", re.findall(r"^##.*files\)\n(?:(?!^#).*\n)*", TEXT, re.M))
def test_a_section_lists_as_many_files_as_it_says(section):
    (count,) = re.findall(r"\((\d+) files\)", section)
    steps = re.findall(r"^(\d+)\. `([^`]+)`:", section, re.M)
    assert [int(number) for number, _ in steps] == list(range(1, int(count) + 1))
    assert len({path for _, path in steps}) == len(steps)


def test_there_is_a_section_for_everything_that_can_be_added():
    counts = dict(re.findall(r"^###? (.+) \((\d+) files\)", TEXT, re.M))
    assert int(counts["A contraction of whole dimensions"]) <= 4
    assert int(counts["A network of the zoo"]) <= 3
    assert {"A PyTorch operator", "An ONNX operator", "A framework"} < counts.keys()
    assert {"An experiment", "A command"} < counts.keys()


def test_it_is_read_in_one_sitting():
    assert len(TEXT.splitlines()) < 200


@pytest.fixture
def example(tmp_path):
    """``example(path)`` writes an example to a file of that name, and imports it."""

    def load(path):
        assert not (ROOT / path).exists(), "an example must not be there already"
        file = tmp_path / Path(path).name
        file.write_text(EXAMPLES[path])
        spec = spec_from_file_location(path.removesuffix(".py").replace("/", "."), file)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_the_examples_are_all_tried():
    assert set(EXAMPLES) == {
        "experiments/shortest.py",
        "jaxrf/cli/image.py",
        "jaxrf/zoo/tiny.py",
    }


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_style_of_the_examples(path):
    command = [sys.executable, "-m", "ruff"]
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [*command, *words, "--stdin-filename", path, "-"],
            input=EXAMPLES[path],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_network(example, monkeypatch):
    (definition,) = example("jaxrf/zoo/tiny.py").NETWORKS
    monkeypatch.setitem(zoo._DEFINITIONS, definition.name, definition)
    monkeypatch.setitem(zoo._IDENTIFIERS, definition.name, definition.name)
    (row,) = re.findall(r"<!-- row: \S+ -->\n```python\n(.*?)^```", TEXT, re.M | re.S)
    ((name, expected),) = eval(f"{{{row}}}", {"Expected": Expected}).items()
    assert name in zoo.names()
    assert name not in EXPECTED
    assert size_and_stride(definition.rows, 0) == (expected.size, expected.stride)
    network = zoo.tiny_net()
    analysis = jaxrf.analyze(network, zoo.input_shape(name))
    output = analysis.output
    height, channels = expected.output
    assert output.size == (expected.size,) * 2
    assert output.stride == (expected.stride,) * 2
    assert output.padding == (expected.padding,) * 2
    assert output.shape == (1, height, height, channels)
    assert analysis.names == ("tiny_net/conv1", "tiny_net/pool1", "tiny_net/conv2")


def test_the_experiment(example, run, monkeypatch):  # noqa: F811
    module = example("experiments/shortest.py")
    monkeypatch.setattr("tests.helpers.experimentrun.EXPERIMENTS", Path(module.__file__).parent)
    done = run("shortest", "--quick")
    assert done.numbers == {"alexnet_v2": {"size": 195}}
    assert "| alexnet_v2 | 195 |" in (done.out / "shortest.md").read_text()
    assert (done.out / "shortest.png").stat().st_size > 1000


def test_the_command(example, monkeypatch, capsys):
    module = example("jaxrf/cli/image.py")
    monkeypatch.setitem(sys.modules, "jaxrf.cli.image", module)
    monkeypatch.setattr(command_line, "COMMANDS", (*command_line.COMMANDS, "image"))
    assert command_line.main(["image", "inception_v3"]) == 0
    assert capsys.readouterr() == ("1,299,299,3\n", "")
    assert command_line.main(["image", "inception"]) == 2
    assert "no network 'inception'" in capsys.readouterr().err
    options = command_line.make_parser().parse_args(["image", "vgg_16"])
    assert set(vars(options)) - ADDED == set(options_read("image")) | {"command"}
