"""The table of mistakes on the command line: one line each, exit code 2, and no file left."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jaxrf.cli.main import COMMANDS

TABLE = Path(__file__).parent / "mistakes.txt"


def rows():
    lines = [line for line in TABLE.read_text().splitlines() if line[:1] != "#"]
    return [[cell.strip() for cell in f"{line} ".split(" | ", 2)] for line in lines]


@pytest.fixture
def files(tmp_path):
    """What stands in the folder: folders called like files, files of something else, nonsense."""
    for name in ("folder", "broken", "photos", "folder.npz", "folder.py", "folder.onnx"):
        (tmp_path / name).mkdir()
    for name in ("empty.json", "empty.py", "empty.onnx"):
        (tmp_path / name).touch()
    texts = {
        "text.txt": "just a text\n",
        "text.onnx": "just a text\n",
        "list.json": "[1, 2]",
        "syntax.py": "def net(x:\n",
        "raising.py": "raise ValueError('one\\ntwo')\n",
        "quitting.py": "raise SystemExit\n",
        "missing_import.py": "import no_such_thing\n",
        "recursive.py": "def net(x):\n    return net(x)\n",
        "broken/a.png": "no image",
        "old.npz.partial.npz": "no state",
        "blur.json": json.dumps(BASELINE),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    (tmp_path / "weights.pth").write_bytes(b"PK\x03\x04no")
    np.savez(tmp_path / "weights.npz", a=np.ones(3))
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photos" / "a.png")
    return tmp_path


AXIS = {
    **{"size": 5, "stride": "1", "padding": 2, "period": 1, "aligned": True, "global": False},
    **{"causal": False, "look_back": 2, "look_ahead": 2},
}
BASELINE = {
    **{"schema": 1, "input": "input", "input_shape": [1, 16, 16, 3], "spatial_axes": [1, 2]},
    **{"output": "output", "endpoints": [{"name": "output", "axes": [{"axis": a, **AXIS} for a in
                                                                     (1, 2)]}]},
}  # fmt: skip


def test_the_table_covers_every_command():
    table = rows()
    assert len(table) >= 200
    assert len({command for _, _, command in table}) == len(table)
    for name in COMMANDS:
        assert sum(command.split(" ")[0] == name for _, _, command in table) >= 3, name


@pytest.mark.parametrize(("code", "words", "command"), rows(), ids=[r[2][:60] for r in rows()])
def test_mistake(code, words, command, jaxrf, files):
    before = {p.relative_to(files) for p in files.rglob("*") if "__pycache__" not in p.parts}
    result = jaxrf(*shlex.split(command))
    assert str(result.code) == code, result.err
    told = [line for line in result.err.splitlines() if line.startswith("jaxrf")]
    said = result.out if code == "0" and words not in result.err else "\n".join(told)
    assert words in said, result.err
    assert "Traceback" not in result.err + result.out
    if code in "23":
        assert result.out == ""
        assert [" error: " in line for line in told].count(True) == 1
        assert " error: " in told[-1]
        assert result.err.endswith(f"{told[-1]}\n")
        after = {p.relative_to(files) for p in files.rglob("*") if "__pycache__" not in p.parts}
        assert after == before
