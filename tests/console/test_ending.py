"""The one line that a failing command ends with."""

import pytest

from jaxrf.console.ending import ended


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "no memory left; need memory for a smaller --shape"),
        (MemoryError("4 GiB"), "4 GiB; need memory for a smaller --shape"),
    ],
)
def test_an_end_of_memory_is_said_also_where_python_has_no_words_for_it(error, said, capsys):
    def command():
        raise error

    assert ended(command, "analyze", debug=False) == 2
    assert capsys.readouterr().err == f"jaxrf analyze: error: {said}\n"
