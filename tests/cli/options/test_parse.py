"""Texts of single options."""

import argparse

import pytest

from jaxrf.cli.options.parse import assignment, integers, named_numbers, seed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", ("a", 1)),
        ("a=b=1", ("a", "b=1")),
        ("a=None", ("a", None)),
        ("a=[1, (2,)]", ("a", [1, (2,)])),
        ("a=1e-3", ("a", 1e-3)),
        ("a=TRUE", ("a", True)),
        ("a='true'", ("a", "true")),
        ("a=f(", ("a", "f(")),
        ("a==", ("a", "=")),
    ],
)
def test_an_argument_is_divided_at_the_first_equals_sign(text, value):
    assert assignment(text) == value


@pytest.mark.parametrize("text", ["", "a", "=1", "a=", "a b=1", "1=1", "a/b=1"])
def test_what_is_no_argument(text):
    with pytest.raises(argparse.ArgumentTypeError, match="need NAME=VALUE, e.g. depth=50"):
        assignment(text)


def test_an_input_of_a_file_is_divided_at_the_last_equals_sign():
    assert named_numbers("sr=16000") == ("sr", "16000")
    assert named_numbers("a/b=c:0=1,2") == ("a/b=c:0", "1,2")


@pytest.mark.parametrize("text", ["", "sr", "=1", "sr="])
def test_what_is_no_input(text):
    with pytest.raises(argparse.ArgumentTypeError, match="need NAME=NUMBERS, e.g. sr=16000"):
        named_numbers(text)


@pytest.mark.parametrize("text", ["", "1,", "1.0", "a", "1;2"])
def test_what_are_no_integers(text):
    with pytest.raises(argparse.ArgumentTypeError, match="need integers separated by commas"):
        integers(text)


@pytest.mark.parametrize("text", ["-1", "", "1.5", str(2**32)])
def test_what_is_no_seed(text):
    with pytest.raises(argparse.ArgumentTypeError, match=f"an integer from 0 to {2**32 - 1}"):
        seed(text)
    assert seed(str(2**32 - 1)) == 2**32 - 1
