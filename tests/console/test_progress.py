"""The progress bar: one bar per stage, none before the first, none left by an error."""

import pytest

from jaxrf.console import heartbeat
from jaxrf.console.progress import progress_bar


def test_a_stage_starts_when_it_is_first_told_of(capsys):
    with progress_bar() as tell:
        assert not tell.bar.live.is_started
        tell("samples", 1, 8)
        assert tell.bar.live.is_started
        tell("samples", 3, 8)
        tell("maps", 1, 2)
    assert [(t.description, t.completed, t.total) for t in tell.bar.tasks] == [
        ("samples", 3, 8),
        ("maps", 1, 2),
    ]
    assert not tell.bar.live.is_started
    assert "3/8" in capsys.readouterr().err
    assert str(heartbeat._Now.stage).startswith("maps 1 of 2")


def test_a_note_stands_beside_the_bar_that_moves_next():
    with progress_bar() as tell:
        tell("samples", 1, 8)
        tell.note("error 3 %")
        assert [t.fields["note"] for t in tell.bar.tasks] == [""]
        tell("samples", 2, 8)
        assert [t.fields["note"] for t in tell.bar.tasks] == ["error 3 %"]


def test_nothing_is_drawn_where_nothing_is_told_and_none_is_left_by_an_error(capsys):
    with progress_bar():
        pass
    with pytest.raises(ValueError, match="mine"), progress_bar() as tell:
        tell("samples", 1, 8)
        raise ValueError("mine")
    assert not tell.bar.live.is_started
    assert capsys.readouterr().err == ""


def test_nobody_reads_standard_error(monkeypatch):
    with progress_bar() as tell:
        tell("samples", 1, 8)

        def broken(*args, **options):
            raise OSError("broken pipe")

        monkeypatch.setattr(tell.bar, "update", broken)
        tell("samples", 2, 8)  # the work goes on
        assert tell.bar.disable
