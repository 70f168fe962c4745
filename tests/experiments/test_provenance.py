"""What a result depends on: the files that a script names, and no others."""

import subprocess
import sys

from jaxrf.experiments.imports import PACKAGE, reachable
from jaxrf.experiments.provenance import made_from, numbers_digest


def test_a_result_depends_on_the_files_that_its_script_names(tmp_path):
    script = tmp_path / "net.py"
    script.write_text("from _first import table\n")
    files = {
        "_first.py": 'open("_data.json")\n',  # named in turn
        "_data.json": "[]\n",
        "_other.py": "",
        "other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    def digest():
        return numbers_digest(made_from(script, quick=False))

    before = digest()
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n")
        assert (digest() != before) == (name in ("_first.py", "_data.json")), name
        (tmp_path / name).write_text(text)
    assert digest() == before
    assert numbers_digest(made_from(script, quick=True)) != before


def test_a_result_depends_on_what_its_script_can_reach(tmp_path):
    def reached(text):
        script = tmp_path / f"net{len(list(tmp_path.iterdir()))}.py"
        script.write_text(text)
        return {str(file.relative_to(PACKAGE)) for file in reachable([script])}

    theory = reached("import jaxrf\nprint(jaxrf.analyze)")
    assert {"analysis.py", "solve/joins.py", "trace/rules/windows.py"} <= theory
    assert {
        "frameworks/keras.py",
        "frameworks/torch/run.py",
    } <= theory  # imported by computed names
    assert not any(name.startswith(("measure/", "plot/", "zoo/")) for name in theory)
    measured = reached("def late():\n    from jaxrf import experiments, measure_erf, plot, zoo")
    assert theory | {"measure/sampling.py", "zoo/vgg.py", "zoo/network.py"} <= measured
    assert not any(name.startswith(("plot/", "experiments/")) for name in measured)


def test_what_was_imported_unseen_is_told(tmp_path):
    """A name that is computed cannot be followed; a process that imports it is told."""
    script = tmp_path / "experiments" / "hidden.py"
    script.parent.mkdir()
    script.write_text(
        '"""Hides what it imports."""\n'
        "from importlib import import_module\n"
        "from jaxrf import experiments\n"
        "def items(options):\n"
        "    return {'one': lambda: int(bool(import_module('jaxrf.' + 'productive')))}\n"
        "experiments.run(__file__, items=items)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "jaxrf.theory.layer_report" in done.stderr.splitlines()[-1]
