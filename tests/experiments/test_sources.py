"""What a result depends on, by what files do: moves and comments change nothing, constants do.

Covers: experiments.rooms, experiments.syntax.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jaxrf.experiments import rooms
from jaxrf.experiments.sources import Sources

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "experiments").glob("[!_]*.py"))
OF_ALL = """
import json, sys
from pathlib import Path
from jaxrf.experiments.provenance import provenance_of
from jaxrf.experiments.sources import Sources
folder = Path(sys.argv[1])
sources = Sources(folder)
made = {n: provenance_of(folder / f"{n}.py", sources, quick=False) for n in sys.argv[2:]}
print(json.dumps([made, sorted(sources.present)]))
"""


@pytest.fixture
def tree(tmp_path):
    """A copy of the sources."""
    for folder in ("jaxrf", "experiments"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    return tmp_path


def of_all(tree):
    """What all experiments are made from, and the digests of all modules, in a new process."""
    command = [sys.executable, "-c", OF_ALL, str(tree / "experiments"), *SCRIPTS]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tree)
    return json.loads(done.stdout)


def files(tree):
    return sorted(tree.rglob("*.py"))


def move(tree, old, new):
    """Rename a module of jaxrf as a script would: the file, and every mention of its name."""
    target = tree.joinpath(*new.split(".")).with_suffix(".py")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not (target.parent / "__init__.py").exists():
        (target.parent / "__init__.py").write_text('"""A room."""\n')
    tree.joinpath(*old.split(".")).with_suffix(".py").rename(target)
    (package, name), (home, called) = old.rsplit(".", 1), new.rsplit(".", 1)
    for file in files(tree):
        text = before = file.read_text()
        text = re.sub(rf"\b{re.escape(old)}\b", new, text)
        alone = rf"from {re.escape(package)} import {name}$"
        text = re.sub(alone, f"from {home} import {called} as {name}", text, flags=re.MULTILINE)
        for before_it in (": ", "= "):  # in a table of modules
            value = f'{before_it}"{{}}"'
            names = (value.format(name.removeprefix("jaxrf.")) for name in (old, new))
            text = text.replace(*names)
        if text != before:
            file.write_text(text)


def test_moved_renamed_and_commented_the_sources_do_the_same(tree):
    before = of_all(tree)
    move(tree, "jaxrf.theory.layer_report", "jaxrf.theory.depth")  # a public name leads there
    move(tree, "jaxrf.program.program", "jaxrf.program.flat")
    move(tree, "jaxrf.theory.solve.joins", "jaxrf.theory.merging")
    move(tree, "jaxrf.frameworks.flax_linen", "jaxrf.frameworks.adapters.flax")
    move(tree, "jaxrf.experiments.claims", "jaxrf.experiments.stated")  # decides no number
    move(tree, "jaxrf.measure.result", "jaxrf.measure.found")
    for file in files(tree / "experiments"):
        file.write_text(re.sub(r"\b_article\b", "_published", file.read_text()))
    (tree / "experiments" / "_article.py").rename(tree / "experiments" / "_published.py")
    for file in files(tree):
        text = file.read_text().replace('"""', '""" ', 1)
        file.write_text(f"# A comment.\n\n{text}\n# The end.\n")
    assert "jaxrf.experiments.stated" in (tree / "jaxrf" / "experiments" / "rooms.py").read_text()
    assert of_all(tree) == before


def with_another_constant(text):
    """The first whole number of the code is another one."""
    nodes = ast.walk(ast.parse(text))
    number = next(n for n in nodes if isinstance(n, ast.Constant) and type(n.value) is int)
    lines = text.splitlines(keepends=True)
    line = lines[number.lineno - 1]
    lines[number.lineno - 1] = f"{line[: number.col_offset]}1{line[number.col_offset :]}"
    return "".join(lines)


def test_a_constant_changes_the_experiments_that_reach_it_and_no_others(tree):
    folder = tree / "experiments"

    def identities():
        sources = Sources(folder, tree / "jaxrf")
        reached = {name: {name} | sources.reachable([name]) for name in SCRIPTS}
        return {name: sources.digests(modules) for name, modules in reached.items()}, sources

    before, sources = identities()
    for module in ("jaxrf.zoo.vgg", "jaxrf.measure.moments", "_maps"):
        file = sources.file(module)
        text = file.read_text()
        file.write_text(with_another_constant(text))
        now, _ = identities()
        file.write_text(text)
        changed = {name for name in SCRIPTS if now[name] != before[name]}
        assert changed == {n for n in SCRIPTS if module in sources.reachable([n])}, module
        if module == "_maps":  # by hand: the scripts that have the name in an import
            by_hand = {n for n in SCRIPTS if "_maps import" in (folder / f"{n}.py").read_text()}
            assert by_hand <= changed < set(SCRIPTS)
        if module == "jaxrf.zoo.vgg":
            assert {"zoo_erf", "accuracy"} <= changed
            assert not {"single_path", "kernels"} & changed


def test_every_room_is_a_module():
    """A module that moves is renamed in the table too."""
    sources = Sources(ROOT / "experiments")
    for name in (*rooms.PRESENTATION, *rooms.ASIDE):
        assert sources.file(name) is not None, name


def write(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return Sources(folder)


def same(tmp_path, one, other, **modules):
    """Whether two texts of a script have the same digest."""
    first = write(tmp_path, script=one, **modules).digest("script")
    return write(tmp_path, script=other).digest("script") == first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import numpy as np\nimport math\n", "import math\n\nimport numpy as np  # arrays\n"),
        ("def f(x: int) -> int:\n    return x\n", "def f(x):\n    '''It.'''\n    return (x)\n"),
        ("from _a import f\nf()", "from _b import f\nf()"),  # _b has what _a has
        ("import _a\n_a.f()", "import _b\n_b.f()"),
        ("import _a\n_a.f()", "import _b as _a\n_a.f()"),
        ("from _passed import f\nf()", "from _a import f\nf()"),
        (
            "from jaxrf import analyze\nanalyze()",
            "from jaxrf.theory.analyze import analyze\nanalyze()",
        ),
        ("x: int = 1", "x = 1"),
        ("if TYPE_CHECKING:\n    from x import y\nx = 1", "x = 1"),
        ("raise E('see jaxrf.theory.analysis')", "raise E('see jaxrf.geometry.field')"),
    ],
)
def test_what_does_the_same_has_the_same_digest(one, other, tmp_path):
    modules = {"_a": "def f():\n    return 1\n", "_passed": "from _a import f\n"}
    assert same(tmp_path, one, other, **modules, _b=modules["_a"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = 'a'", "x = b'a'"),
        ("import numpy as np", "import jax.numpy as np"),
        ("from _a import f\nf()", "from _c import f\nf()"),
        ("import _a\n_a.f()", "import _c\n_c.f()"),
        ("from jaxrf import analyze as f", "from jaxrf import compare as f"),
        ("load('jaxrf.theory.analysis')", "load('jaxrf.geometry.field')"),
        ("class A:\n    x: int = 1\n", "class A:\n    x: ClassVar = 1\n"),
        ("f(a, b)", "f(b, a)"),
        ("if TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2", "if TYPE_CHECKING:\n    x = 1"),
        ("def f(x, *, y=1): pass", "def f(x, y=1): pass"),
        ("def f(*, x, y=None): pass", "def f(*, x=None, y): pass"),
        ("x = {**a, b: 1}", "x = {b: 1, **a}"),
    ],
)
def test_what_does_something_else_has_another_digest(one, other, tmp_path):
    modules = {"_a": "def f():\n    return 1\n", "_c": "def f():\n    return 2\n"}
    assert not same(tmp_path, one, other, **modules)


def test_long_texts_in_a_table_are_no_names_of_modules(tmp_path):
    table = {"a": "sin cos\n" * 99, "b": "." * 300}
    assert not same(tmp_path, f"x = {table}", f"x = {table | {'b': ''}}")


def test_a_circle_of_names_that_are_passed_on_ends(tmp_path):
    sources = write(tmp_path, _a="from _b import f\n", _b="from _a import f\n", x="import _a")
    assert sources.resolve("_a.f")[1] == "f"
    assert sources.reachable(["x"]) == {"_a", "_b"}


def test_a_result_depends_on_what_its_script_can_reach(tmp_path):
    def reached(text):
        return write(tmp_path, net=text).reachable(["net"])

    theory = reached("import jaxrf\nprint(jaxrf.analyze)")
    assert {
        "jaxrf.theory.analysis",
        "jaxrf.theory.solve.joins",
        "jaxrf.theory.rules.windows",
    } <= theory
    assert "jaxrf.frameworks.network" in theory
    # adapters are imported by computed names: the run says which
    assert not {"jaxrf.frameworks.keras", "jaxrf.frameworks.torch.run"} & theory
    assert not any(name.startswith(("jaxrf.measure", "jaxrf.plot", "jaxrf.zoo")) for name in theory)
    measured = reached("def late():\n    from jaxrf import experiments, measure_erf, plot, zoo")
    assert theory | {"jaxrf.measure.sampler", "jaxrf.zoo.vgg", "jaxrf.zoo.network"} <= measured
    assert not any(name.startswith(("jaxrf.plot", "jaxrf.experiments")) for name in measured)


def test_no_import_is_relative():
    """Only whole names are followed."""
    for file in [*files(ROOT / "jaxrf"), *files(ROOT / "experiments")]:
        for node in ast.walk(ast.parse(file.read_bytes())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), file
