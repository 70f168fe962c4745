"""``--call`` and ``--variables``: how a model is called, and with which weights."""

import json

import jax
import jax.numpy as jnp
import pytest
from flax import serialization

from tests.helpers.commands import refused

IMAGE = ("--shape", "1,16,16,3")
FEW = ("--samples", "2")
MODEL = """
import flax.linen as nn

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = True, width: int = 2):
        x = nn.BatchNorm(use_running_average=not train)(nn.Conv(width, (3, 3), name="conv")(x))
        return nn.Dropout(0.5, deterministic=not train)(x)

net = Net()
"""


@pytest.fixture
def target(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    return "model.py:net"


@pytest.fixture
def weights(tmp_path, target):
    scope: dict = {}
    exec(MODEL, scope)
    variables = scope["net"].init(jax.random.key(9), jnp.zeros((1, 16, 16, 3)), train=False)
    (tmp_path / "w.msgpack").write_bytes(serialization.to_bytes(variables))
    return variables


def document(result):
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_call(jaxrf, target):
    of = ("field", target, *IMAGE, "-f", "json")
    usual = document(jaxrf(*of))
    assert usual["model"]["call"] == {"train": False}
    assert len(usual["model"]["assumed"]) == 1
    other = document(jaxrf(*of, "--call", "train=true", "--call", "width=5"))
    assert other["model"]["call"] == {"train": True, "width": 5}
    assert other["endpoints"][-1]["shape"] == [1, 16, 16, 5]
    assert [doc["endpoints"][-1]["axes"][0]["global"] for doc in (usual, other)] == [False, True]
    assert "called with train=True" in jaxrf("field", target, *IMAGE, "--call", "train=true").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train", "got 'train', need NAME=VALUE"),
        ("train=", "got 'train='"),
        ("=3", "got '=3'"),
        ("trian=true", "got trian, which Net does not take; need one of train, width"),
        ("x=3", "got x, an input of Net"),
    ],
)
def test_calls_that_cannot_be(text, words, jaxrf, target):
    refused(jaxrf("field", target, *IMAGE, "--call", text), words)


def test_an_argument_of_the_call_is_given_once(jaxrf, target):
    twice = ("--call", "train=true", "--call", "train=false")
    refused(jaxrf("field", target, *IMAGE, *twice), "got train twice")


@pytest.mark.parametrize("command", ["erf", "support", "predict", "compare", "field"])
def test_weights_are_said_in_tables_and_json(command, jaxrf, target, weights):
    few = FEW if command in ("erf", "compare") else ()
    for options, said in ((("--variables", "w.msgpack"), "given (w.msgpack)"), ((), "drawn (by")):
        found = document(jaxrf(command, target, *IMAGE, *few, *options, "-f", "json"))
        assert found["model"]["weights"].startswith(said)
        out = jaxrf(command, target, *IMAGE, *few, *options).out
        theory = command in ("field", "compare") and bool(options)
        assert out.count("weights " + said) == (command != "field") + theory
        assert out.count("train=False: inference") == 1


def test_weights_are_used(jaxrf, target, weights):
    of = ("erf", target, *IMAGE, *FEW, "-f", "json")
    drawn, given = document(jaxrf(*of)), document(jaxrf(*of, "--variables", "w.msgpack"))
    assert given["weight_seeds"] == 0
    assert given["sigma"] != drawn["sigma"]
    refused(jaxrf(*of, "--variables", "nowhere.npz"), "no such file", ".safetensors")
    refused(jaxrf(*of, "--variables", "w.msgpack", "--call", "width=3"), "need (3,)")
    both = ("--variables", "w.msgpack", "--weight-seeds", "2")
    refused(jaxrf(*of, *both), "weight seeds: got 2", "given")


def test_shapes_that_are_inputs_of_nothing(jaxrf, target):
    refused(jaxrf("field", "@blur", *IMAGE, *IMAGE), "got 2 shapes", "takes 1 (x)")
    refused(jaxrf("field", target, *IMAGE, *IMAGE), "argument 2 of Net is its mode train")
