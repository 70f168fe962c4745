"""Several outputs and unknown names, through the command line.

Covers: cli.field_several.
"""

import json

import pytest

SHAPE = ("--shape", "1,8,8,3")


def test_a_command_on_one_feature_map_says_which_output_it_took(jaxrf):
    line = "outputs: first, second; the output is second, the last one; choose with --endpoint"
    got = jaxrf("support", "@named", *SHAPE, "--no-plain")
    assert got.code == 0
    assert f"jaxrf support: warning: {line}\n" in got.err
    chosen = jaxrf("support", "@named", *SHAPE, "--no-plain", "--endpoint", "first")
    only = jaxrf("support", "@blur", *SHAPE, "--no-plain")
    assert "warning" not in chosen.err + only.err


def test_the_table_says_it_in_a_note(jaxrf):
    code, out, err = jaxrf("field", "@named", *SHAPE)
    assert (code, err) == (0, "")
    assert "outputs: first, second; the output is second, the last one" in out
    assert "outputs:" not in jaxrf("field", "@named", *SHAPE, "--at", "first").out
    assert json.loads(jaxrf("field", "@named", *SHAPE, "-f", "json").out)["outputs"] == [
        "first",
        "second",
    ]


def test_an_output_without_the_input_does_not_stand_in_the_way(jaxrf):
    code, out, err = jaxrf("field", "@with_priors", *SHAPE)
    assert (code, err) == (0, "")
    assert "does not depend on input: output/1" in out
    assert "output/0" in out.split("\n\n")[1]
    code, out, err = jaxrf("field", "@with_priors", *SHAPE, "--at", "output/1")
    assert (code, out) == (2, "")
    assert "output/1 does not depend on input" in err
    assert jaxrf("field", "@with_priors", "--shape", "1,None,None,3").out.count("output/1") == 1


@pytest.mark.parametrize(
    "options", [("field", "--at", "secnd"), ("support", "--endpoint", "secnd")]
)
def test_did_you_mean(options, jaxrf):
    command, *chosen = options
    code, out, err = jaxrf(command, "@named", *SHAPE, *chosen)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.endswith("need one of first, second; did you mean second?\n")


def test_did_you_mean_this_input(jaxrf):
    shapes = ("--shape", "1,8,3", "--shape", "1,4:int32")
    code, _, err = jaxrf("field", "@captioned", *shapes, "--wrt", "token")
    assert code == 2
    assert err.endswith("need one of image, tokens; did you mean tokens?\n")


def test_all_rows_of_a_long_table(jaxrf):
    short, whole = (jaxrf("field", "@many", *SHAPE, *more) for more in ((), ("--all",)))
    assert "100 of 120 end-points" in short.out
    assert "layer60" not in short.out
    assert "layer60" in whole.out
    assert "of 120" not in whole.out
    assert jaxrf("field", "@many", *SHAPE, "-f", "csv").out.count("\n") == 121
