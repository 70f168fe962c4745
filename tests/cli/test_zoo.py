"""``jaxrf zoo``: the list of networks, each of which is a target; and ``jaxrf`` itself."""

import csv
import io
import json

import pytest

from jaxrf import zoo
from jaxrf.version import __version__
from tests.helpers.commands import refused


def test_every_network_is_listed_and_can_be_a_target(jaxrf):
    described = json.loads(jaxrf("zoo", "-f", "json").out)
    assert tuple(described) == zoo.names()
    assert set(described) >= {"alexnet_v2", "vgg_16", "mobilenet_v1", "resnet_v1_50"}
    assert all("arXiv:" in text for text in described.values())
    small = ("--width", "0.05", "--shape", "1,64,64,3")
    assert jaxrf("field", "zoo:mobilenet_v1", *small, "--expect", "size=315").code == 0


def test_the_table_holds_every_word(jaxrf):
    out = jaxrf("zoo").out
    assert max(map(len, out.splitlines())) <= 80
    words = out.split()
    for name in zoo.names():
        assert f"zoo:{name}" in words
        assert set(zoo.describe(name).split()) <= set(words)


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_tables_parse(form, jaxrf):
    out = jaxrf("zoo", "-f", form).out
    if form == "csv":
        rows = list(csv.reader(io.StringIO(out)))[1:]
    else:
        rows = [[c.strip() for c in line.split("|")[1:-1]] for line in out.splitlines()[2:]]
    assert rows == [[f"zoo:{name}", zoo.describe(name)] for name in zoo.names()]


def test_version_and_help(jaxrf):
    assert jaxrf("--version").out == f"jaxrf {__version__}\n"
    code, out, err = jaxrf("--help")
    assert (code, err) == (0, "")
    assert all(command in out for command in ("field", "support", "erf", "compare", "zoo"))


@pytest.mark.parametrize("command", ["field", "support", "erf", "compare"])
def test_help_of_a_command(command, jaxrf):
    code, out, _ = jaxrf(command, "--help")
    assert code == 0
    assert all(option in out for option in ("--shape", "--axes", "--factory", "--width"))


@pytest.mark.parametrize("command", ["field", "predict"])
def test_a_network_of_the_zoo_has_a_usual_shape(command, jaxrf):
    small = ("zoo:alexnet_v2", "--width", "0.01")
    code, out, err = jaxrf(command, *small, *(["--no-calibrate"] if command != "field" else []))
    assert code == 0
    assert out
    said = f"jaxrf {command}: input 1,224,224,3, the usual one of zoo:alexnet_v2; --shape for"
    assert err.startswith(said)
    assert jaxrf("field", "zoo:inception_v3", "--width", "0.01").out.startswith(
        "inception_v3, input 1x299x299x3"
    )


def test_other_models_have_none(jaxrf):
    for target in ("@blur", "zoo_of_mine:net", "zoo:"):
        refused(jaxrf("field", target), "--shape: got none", "--help")
    refused(jaxrf("field", "zoo:vgg_17"), "no network 'vgg_17'")
