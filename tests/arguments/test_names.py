"""Names as users give them: last parts, close ones, and never a guess."""

import pytest

import jaxrf
from jaxrf.arguments.names import find_name, suggestion
from jaxrf.errors import InvalidGraph, InvalidInput

NAMES = [f"encoder/block{n}/conv" for n in range(12)] + ["head.0.Conv_1", "head.1.Conv_2", "y"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("y", "y"), ("block3/conv", NAMES[3]), ("Conv_1", "head.0.Conv_1"), ("1.Conv_2", NAMES[13])],
)
def test_last_parts_are_enough_where_they_are_unique(given, meant):
    assert find_name(given, NAMES, "end-point") == meant


FIRST = ", ".join(NAMES[:8])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("conv", f"end-point: got 'conv', several match; need one of {FIRST}, ... (12 in all)"),
        (
            "block",
            f"end-point: got 'block', none matches; need one of {FIRST}, ... (15 in all); did you "
            f"mean {NAMES[0]} or {NAMES[1]} or {NAMES[2]}?",
        ),
        ("Block7/Conv", f"... (15 in all); did you mean {NAMES[7]}?"),
        ("conv_1", "... (15 in all); did you mean head.0.Conv_1?"),
        ("Cnv_2", "... (15 in all); did you mean head.1.Conv_2 or head.0.Conv_1?"),
        ("zzz", f"end-point: got 'zzz', none matches; need one of {FIRST}, ... (15 in all)"),
        ("", f"end-point: got '', none matches; need one of {FIRST}, ... (15 in all)"),
    ],
)
def test_what_is_unknown_or_ambiguous_is_told_in_one_line(given, message):
    with pytest.raises(InvalidInput) as caught:
        find_name(given, NAMES, "end-point")
    assert str(caught.value).endswith(message)
    assert "\n" not in str(caught.value)


def test_nothing_is_suggested_where_nothing_is_close():
    assert suggestion("upsample", ["a", "b"]) == ""


def test_everything_that_is_found_by_name_suggests():
    def model(image, tokens):
        return {"first": image[:, 1:], "second": image[:, 1:] + tokens.sum()}

    analysis = jaxrf.analyze(model, [(1, 8, 1), (1, 4)])
    sizes = jaxrf.analyze_sizes(model, [(1, None, 1), (1, 4)])
    graph = jaxrf.Graph()
    graph.input("first", shape=(7,))
    asked = [
        lambda: analysis["frist"],
        lambda: analysis.support("frist"),
        lambda: sizes["frist"],
        lambda: analysis.with_respect_to("tokns"),
        lambda: jaxrf.analyze(model, [(1, 8, 1), (1, 4)], wrt="tokns"),
        lambda: graph["frist"],
    ]
    for ask in asked:
        with pytest.raises((InvalidInput, InvalidGraph), match=r"did you mean (first|tokens)\?$"):
            ask()


def test_inputs_of_a_pytree_have_short_names():
    analysis = jaxrf.analyze(lambda b: b["x"][:, 1:] + b["y"], {"x": (1, 5, 1), "y": (1, 4, 1)})
    assert analysis.with_respect_to("y").input == "input/y"
