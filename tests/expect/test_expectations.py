"""Expectations: what is read from a text or a value, what holds, and what is refused.

Covers: expect.checks, expect.sizes.
"""

import math
import sys
from fractions import Fraction
from pathlib import Path

import jax
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.expect.expectations import NAMES, Expectation, expectation, parse_expectation
from jaxrf.testing import assert_baseline, assert_field
from jaxrf.theory.sizes import analyze_sizes


@pytest.mark.parametrize(
    ("text", "endpoint", "name", "relation", "values"),
    [
        ("size=427", None, "size", "=", (427,)),
        ("size==427", None, "size", "=", (427,)),
        (" r = 5, 3 ", None, "size", "=", (5, 3)),
        ("block4:size<=483", "block4", "size", "<=", (483,)),
        ("net/a:b=c:S>=1/2", "net/a:b=c", "stride", ">=", (Fraction(1, 2),)),
        ("stride=0.5", None, "stride", "=", (Fraction(1, 2),)),
        ("P=-3", None, "padding", "=", (-3,)),
        ("*:aligned=Yes", "*", "aligned", "=", (True,)),
        ("global=no", None, "global", "=", (False,)),
        ("causal=none", None, "causal", "=", (None,)),
        ("back=all", None, "look_back", "=", (math.inf,)),
        ("look_ahead>=0", None, "look_ahead", ">=", (0,)),
    ],
)
def test_texts(text, endpoint, name, relation, values):
    item = parse_expectation(text)
    assert (item.endpoint, item.name, item.relation, item.values) == (
        *(endpoint, name, relation, values),
    )


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("size", 5, "size 5"),
        ("size", np.int64(5), "size 5"),
        ("size", (5, 3), "size 5,3"),
        ("size", np.array([5, 3]), "size 5,3"),
        ("size", None, "size none"),
        ("stride", Fraction(1, 2), "stride 1/2"),
        ("stride", 0.5, "stride 1/2"),
        ("is_global", True, "global true"),
        ("padding", "<= 3", "padding <= 3"),
        ("look_back", "all", "look_back all"),
    ],
)
def test_values(name, given, said):
    assert str(expectation(name, given)) == said


WRONG = {
    "a whole number": ("large", "4.5", "true", "1/0", "9" * 40, "nan", "inf", "1e3", "", "٣"),
    "a number or fraction": ("large", "true", "1/0", "1//2", "nan"),
    "true or false": ("1", "maybe", "global", "none"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_value_of_another_kind_is_refused(name):
    kind, words = NAMES[name]
    for given in (w for w in WRONG[kind] if w not in words):
        with pytest.raises(InvalidInput, match=rf"{name}: got '.*', need {kind}"):
            expectation(name, f"={given}")
    for word in words:  # which has no order
        with pytest.raises(InvalidInput, match=f"{name}: got"):
            expectation(name, f"<={word}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("size", "need NAME=VALUE, NAME<=VALUE or NAME>=VALUE in quotes"),
        ("size=", "need a whole number from 0 on"),
        ("area=5", "got 'area', need one of size"),
        ("size<5", "got <, need <= or ="),
        ("size=>5", "got '>5'"),
        ("size=-1", "from 0 on"),
        ("period=0", "from 1 on"),
        ("aligned>=true", "need = with true or false"),
        ("=5", "got '=5'"),
        ("block4:=5", "got 'block4:=5'"),
    ],
)
def test_texts_that_are_refused(text, words):
    with pytest.raises(InvalidInput) as error:
        parse_expectation(text)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("relation", "wanted", "holding", "failing"),
    [
        ("=", 5, (5,), (4, 6, None, math.inf)),
        ("<=", 5, (4, 5, Fraction(9, 2)), (6, None, math.inf)),
        (">=", 5, (5, 6, math.inf), (4, None)),
        ("=", None, (None,), (0, 5, math.inf, False)),
        ("=", math.inf, (math.inf,), (5, None)),
        ("=", False, (False,), (True, None)),
    ],
)
def test_what_holds(relation, wanted, holding, failing):
    item = Expectation("size", relation, (wanted,))
    assert all(item.holds(got, wanted) for got in holding)
    assert not any(item.holds(got, wanted) for got in failing)


def net(x):
    first = x[:, ::2] + x[:, 1::2]
    return {"first": first, "second": first[:, 1:] - first[:, :-1]}


def same(x):
    """Padded as its own length needs it."""
    import jax.numpy as jnp
    from jax import lax

    return lax.conv_general_dilated(
        x, jnp.ones((3, 1, 1)), (2,), "SAME", dimension_numbers=("NHC", "HIO", "NHC")
    )


SHAPE = (1, 16, 1)


def failure(*arguments, **options) -> str:
    with pytest.raises(AssertionError) as error:
        assert_field(*arguments, **options)
    return str(error.value)


def test_assert_field():
    assert_field(net, SHAPE, r=4, S=2, P=0, aligned=False, is_global=False, look_ahead="<= 2")
    assert_field(net, SHAPE, endpoint="first", size=(2,), stride=Fraction(2))
    assert_field(net, SHAPE, endpoint="*", stride=2, size=">= 2")
    analysis = jaxrf.analyze(net, SHAPE)
    assert_field(analysis, size=4)
    assert failure(analysis, size=5) == "net, input 1x16x1: second: expected size 5, got 4"
    assert failure(net, SHAPE, endpoint="*", size="<=1", causal=True).splitlines() == [
        "net, input 1x16x1:",
        "  first: expected size <= 1, got 2",
        "  second: expected size <= 1, got 4",
        "  second: expected causal true, got false",
    ]


def test_assert_field_takes_the_options_of_the_analysis():
    image = (1, 1, 16, 16)
    assert_field(lambda x: x[..., 1:] + x[..., :-1], image, spatial_axes=(2, 3), size=(1, 2))
    both = [(1, 5, 1), (1, 4, 1)]
    assert_field(lambda x, y: x[:, 1:] + y, both, wrt="y", padding=0)


def test_no_size_bounds_what_sees_everything():
    """A path that sees all, or may, beside the local ones whose size is given."""

    def squeezed(x):
        return x[:, 1:] + x[:, :-1] + x.mean(1, keepdims=True)

    def unknown(x):
        return (
            x[:, 1:]
            + jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x)[:, 1:]
        )

    for model in (squeezed, unknown):
        assert_field(model, SHAPE, size=jaxrf.analyze(model, SHAPE).output.size, is_global=True)
        assert failure(model, SHAPE, size="<= 16").endswith("expected size <= 16, got all")
    told = failure(squeezed, (1, None, 1), size="<= 16")
    assert told.endswith("expected size <= 16 for every length, got all")


def test_assert_field_for_every_length():
    assert_field(same, (1, None, 1), size=3, stride=2, padding="<= 1")
    told = failure(same, (1, None, 1), padding=0)
    assert told.startswith("same, input 1x?x1: output: expected padding 0 for every length, got 0")
    assert_field(analyze_sizes(same, (1, None, 1)), size=3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: assert_field(net, SHAPE), "got nothing to expect"),
        (lambda: assert_field(net, size=4), "shape: got none"),
        (lambda: assert_field(net, SHAPE, sise=4), "did you mean size"),
        (lambda: assert_field(net, SHAPE, size="wide"), "need a whole number"),
        (lambda: assert_field(net, SHAPE, size=True), "need a whole number"),
        (lambda: assert_field(net, SHAPE, aligned=1), "need true or false"),
        (lambda: assert_field(net, SHAPE, endpoint="third", size=4), "need one of first, second"),
        (lambda: assert_field(net, SHAPE, endpoint="third*", size=4), "need one of first, second"),
        (lambda: assert_field(jaxrf.analyze(net, SHAPE), SHAPE, size=4), "leave it out"),
        (lambda: assert_field(jaxrf.analyze(net, SHAPE), wrt="x", size=4), "got wrt beside"),
        (lambda: assert_baseline(net, SHAPE, file="none.json"), "No such file"),
        (lambda: assert_baseline(net, SHAPE, file="x", size=4), "no option of analyze"),
    ],
)
def test_assertions_that_cannot_be_made(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert words in str(error.value)


def test_assert_baseline(tmp_path):
    file = tmp_path / "rf.json"
    assert_baseline(net, SHAPE, file=file, update=True)
    assert_baseline(net, SHAPE, file=file)
    with pytest.raises(AssertionError) as error:
        assert_baseline(lambda x: {"first": x[:, ::2], "third": x}, SHAPE, file=file)
    assert str(error.value).splitlines()[1:] == [
        "  first: expected size 2, aligned false, look_ahead 0; got size 1, aligned true, "
        "look_ahead -1",
        "  third: expected no such end-point, got one that is new",
        "  second: expected this end-point, got none of that name",
        "  output: expected second, got third",
    ]


def test_the_baseline_is_the_same_everywhere(tmp_path, monkeypatch):
    """No version, no path: only what the network is."""
    (tmp_path / "a_net_of_mine.py").write_text(
        "import jax\nimport numpy as np\n\ndef net(x):\n"
        "    return jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x)\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    from a_net_of_mine import net as unknown

    texts = []
    for model, shape in ((unknown, (1, 8, 1)), (same, (1, None, 1))):
        assert_baseline(model, shape, file=tmp_path / "rf.json", update=True)
        texts.append((tmp_path / "rf.json").read_text())
        assert jaxrf.__version__ not in texts[-1]
        assert not any(part in texts[-1] for part in (str(tmp_path), str(Path.cwd()), ".py"))
        assert_baseline(model, shape, file=tmp_path / "rf.json")
    assert [len(t.splitlines()) for t in texts] == [10, 10]


def test_the_json_of_field_is_a_baseline(tmp_path):
    from jaxrf.report.json import to_json

    for model, shape in ((net, SHAPE), (same, (1, None, 1))):
        analyzed = analyze_sizes if None in shape else jaxrf.analyze
        (tmp_path / "field.json").write_text(to_json(analyzed(model, shape).to_dict()))
        assert_baseline(model, shape, file=tmp_path / "field.json")


def test_residues_are_compared_one_by_one(tmp_path):
    file = tmp_path / "rf.json"
    assert_baseline(same, (1, None, 1), file=file, update=True)
    document = file.read_text()
    first, second = document.index('"padding": 0'), document.index('"padding": 1')
    assert first < second
    swapped = document.replace('"padding": 0', '"padding": 7').replace(
        '"padding": 1', '"padding": 0'
    )
    file.write_text(swapped)
    with pytest.raises(AssertionError, match="expected padding 7 / 0; got padding 0 / 1"):
        assert_baseline(same, (1, None, 1), file=file)


def test_a_long_list_of_differences_is_cut(tmp_path):
    file = tmp_path / "rf.json"

    def many(x, by=1):
        return {f"layer{n}": x[:, by:] + n for n in range(50)}

    assert_baseline(many, SHAPE, file=file, update=True)
    with pytest.raises(AssertionError) as error:
        assert_baseline(lambda x: many(x, 2), SHAPE, file=file)
    lines = str(error.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  30 more end-points differ"


def test_what_is_no_baseline(tmp_path):
    file = tmp_path / "rf.json"
    for text, words in {
        "": "no JSON",
        "{": "no JSON",
        "[]": "no table",
        "3": "no table",
        "null": "no table",
        "{}": "no table",
        '{"schema": 2}': "of schema 2",
        '{"schema": 1, "endpoints": 3}': "no table",
        '{"schema": 1, "endpoints": [{}]}': "no table",
        "\udcff": "no JSON",
    }.items():
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        for update in (False, True):
            if update and not text:  # an empty file, as mktemp makes it, can be written
                continue
            with pytest.raises(InvalidInput, match=words):
                assert_baseline(net, SHAPE, file=file, update=update)
        assert file.read_bytes() == text.encode("utf-8", "surrogateescape")
    with pytest.raises(InvalidInput, match="directory"):
        assert_baseline(net, SHAPE, file=tmp_path)
    with pytest.raises(InvalidInput, match="directory"):
        assert_baseline(net, SHAPE, file=tmp_path, update=True)
    with pytest.raises(InvalidInput, match="cannot be written"):
        assert_baseline(net, SHAPE, file=tmp_path / "none" / "rf.json", update=True)


def test_a_baseline_of_another_input(tmp_path):
    file = tmp_path / "rf.json"
    assert_baseline(net, SHAPE, file=file, update=True)
    with pytest.raises(InvalidInput, match="about input shape 1,16,1, got 1,18,1"):
        assert_baseline(net, (1, 18, 1), file=file)


def test_a_known_name_is_not_suggested_for_itself():
    with pytest.raises(InvalidInput, match="size: got 'abc'") as error:
        assert_field(net, SHAPE, size="abc")
    assert "did you mean" not in str(error.value)
