"""What a result is made from: the files that a script names, and the modules that a run imports."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jaxrf.experiments.provenance import is_up_to_date, numbers_digest, provenance_of
from jaxrf.experiments.record import State, state
from jaxrf.experiments.sources import PACKAGE, Sources

FLAX = '''"""The field of a network of Flax."""
from flax import linen as nn
from jaxrf import analyze, experiments


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Conv(1, (3,))(x)


def items(options):
    return {"one": lambda: {"size": analyze(Net(), (1, 9, 1)).output.size[0]}}


if __name__ == "__main__":
    experiments.run(__file__, items=items)
'''


def test_a_result_depends_on_the_files_that_its_script_names(tmp_path):
    script = tmp_path / "net.py"
    script.write_text("'''Not _other.'''\nfrom _first import table  # not _other either\n")
    files = {
        "_first.py": ('open("_data.json")\n', "x = 1\n"),  # named in turn
        "_data.json": ("[]\n", "\n"),
        "_other.py": ("", "x = 1\n"),
        "other.py": ("", "x = 1\n"),
    }
    for name, (text, _) in files.items():
        (tmp_path / name).write_text(text)

    def digest(quick=False):
        return numbers_digest(provenance_of(script, Sources(tmp_path), quick=quick))

    before = digest()
    for name, (text, more) in files.items():
        (tmp_path / name).write_text(text + more)
        assert (digest() != before) == (name in ("_first.py", "_data.json")), name
        (tmp_path / name).write_text(text)
    assert digest() == before
    assert digest(quick=True) != before


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A script that was run: (its path, the folder of its result)."""
    folder = tmp_path_factory.mktemp("flax")
    script = folder / "net.py"
    script.write_text(FLAX)
    subprocess.run(
        [sys.executable, script, "--out", folder / "out"], check=True, capture_output=True
    )
    return script, folder / "out"


def test_adapters_count_that_a_run_imported(ran, tmp_path):
    script, out = ran
    sources = Sources(script.parent)
    entry = json.loads((out / "provenance.json").read_text())["net"]
    assert set(entry["imported"]) >= {sources.digest("jaxrf.frameworks.flax_linen")}
    others = {sources.digest(n) for n in ("jaxrf.frameworks.keras", "jaxrf.frameworks.haiku")}
    assert not others & set(entry["imported"])
    assert state(script, out, sources) == State.COMPLETE

    package = tmp_path / "jaxrf"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("*.pyc"))

    def complete():
        return is_up_to_date(entry, script, Sources(script.parent, package))

    def change(module):
        file = Sources(script.parent, package).file(module)
        file.write_text(f"{file.read_text()}\nA_CONSTANT = 1\n")

    change("jaxrf.frameworks.keras")
    change("jaxrf.frameworks.haiku")
    file = Sources(script.parent, package).file("jaxrf.frameworks.flax_linen")
    file.rename(file.with_name("renamed.py"))
    assert complete()
    change("jaxrf.frameworks.renamed")
    assert not complete()


def test_an_item_for_which_an_adapter_has_changed_is_computed_again(ran, tmp_path):
    """A kept item does not count that was computed with a module which is there no more."""
    script, out = ran
    again = tmp_path / "out"
    shutil.copytree(out, again)
    command = [sys.executable, script, "--out", again]

    def told():
        return subprocess.run(command, check=True, capture_output=True, text=True).stderr

    assert "1 of 1 kept" in told()
    (part,) = (again / ".parts").rglob("one.npz")
    _forge(part)
    assert "kept" not in told()
    assert (again / "net.json").read_bytes() == (out / "net.json").read_bytes()


def _forge(part):
    """Put a digest of nothing into a kept item."""
    import numpy as np

    with np.load(part) as stored:
        arrays = dict(stored)
    text = re.sub(r'"imported": \["\w+"', '"imported": ["000000000000"', str(arrays.pop("@part")))
    np.savez_compressed(part, **{"@part": np.array(text), **arrays})


def test_what_was_imported_unseen_is_recorded(tmp_path):
    """A name that is computed cannot be followed; what the process imported is known afterwards."""
    script = tmp_path / "experiments" / "hidden.py"
    script.parent.mkdir()
    script.write_text(
        '"""Hides what it imports."""\n'
        "from importlib import import_module\n"
        "from jaxrf import experiments\n"
        "def items(options):\n"
        "    return {'one': lambda: int(bool(import_module('jaxrf.' + 'theory.layer_report')))}\n"
        "experiments.run(__file__, items=items)\n"
    )
    subprocess.run([sys.executable, script], capture_output=True, check=True)
    out, sources = tmp_path / "figures", Sources(script.parent)
    entry = json.loads((out / "provenance.json").read_text())["hidden"]
    assert sources.digest("jaxrf.theory.layer_report") in entry["imported"]
    assert "jaxrf.theory.layer_report" not in sources.reachable(["hidden"])
    (Path(out) / "provenance.json").write_text(
        json.dumps({"hidden": entry | {"imported": ["000000000000"]}})
    )
    assert state(script, out, sources) == State.OLDER
