"""Several models in one table."""

import csv
import io

import jax
import pytest

import jaxrf
from jaxrf.errors import InvalidInput


def small(x):
    return {"a": x[:, 1:] + x[:, :-1], "b": x[:, ::2]}


def large(x):
    return {"a": x[:, 4:] + x[:, :-4], "c": x[:, ::3]}


def found(**options):
    models = {m.__name__: jaxrf.analyze(m, (1, 12, 1)) for m in (small, large)}
    return jaxrf.side_by_side(models, **options)


def test_the_outputs_and_any_endpoint():
    assert [row[:5] for row in found().table().rows] == [
        ("small", "b", "6x1", "1", "2"),
        ("large", "c", "4x1", "1", "3"),
    ]
    assert [row[3] for row in found(endpoint="a").table().rows] == ["2", "5"]
    rows = list(csv.DictReader(io.StringIO(found(endpoint="a").table().csv())))
    assert [(r["model"], r["axis"], r["r"], r["S"]) for r in rows] == [
        ("small", "1", "2", "1"),
        ("large", "1", "5", "1"),
    ]
    assert list(found()) == ["small", "large"]
    assert list(found().to_dict()["models"]) == ["small", "large"]


@pytest.mark.parametrize(
    ("models", "line"),
    [
        ({}, "need a mapping"),
        ([1], "got list"),
        ({"a": small}, "got function for a, need an Analysis"),
    ],
)
def test_what_cannot_be_compared(models, line):
    with pytest.raises(InvalidInput, match=line):
        jaxrf.side_by_side(models)


def test_an_endpoint_that_one_does_not_have():
    with pytest.raises(InvalidInput, match="end-point: got 'b'"):
        found(endpoint="b")


def test_what_was_assumed_is_said_once_for_those_it_is_about():
    """What one model's own table says of its setting is not lost beside another's."""
    models = {
        "plain": jaxrf.analyze(lambda x: x[:, 1:], (1, 16, 16, 3)),
        "wide": jaxrf.analyze(lambda x: x[:, 1:], (1, 3, 16, 16)),
        "sorted": jaxrf.analyze(lambda x: {"a": jax.lax.sort(x, dimension=1)}, (1, 3, 16, 16)),
    }
    table = jaxrf.side_by_side(models).table()
    assert "input" not in table.title.split(";")[0]
    assert table.notes[:2] == ("plain: input 1x16x16x3", "wide: input 1x3x16x16")
    doubt = [note for note in table.notes if "counts as" in note]
    assert len(doubt) == 1
    assert doubt[0].startswith("wide, sorted: assumed: shape 1,3,16,16")
    alike = jaxrf.side_by_side({name: models[name] for name in ("wide", "sorted")}).table()
    assert alike.title.startswith("2 models, input 1x3x16x16;")
    assert any(note.startswith("assumed: shape 1,3,16,16") for note in alike.notes)
