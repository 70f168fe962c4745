"""What a result depends on: the files that a script names, and no others."""

from jaxrf.experiments.made_from import made_from, numbers_digest


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
