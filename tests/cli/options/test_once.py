"""Options that are given twice."""

import pytest

IMAGE = ("--shape", "1,16,16,3")


@pytest.mark.parametrize(
    "twice",
    [
        ("--at", "1,1", "--at", "2,2"),
        ("--seed", "1", "--seed", "2"),
        ("--axes", "1", "--axes", "2"),
    ],
)
def test_an_option_that_is_given_twice_is_told(twice, jaxrf):
    result = jaxrf("support", "@blur", *IMAGE, *twice)
    (line,) = [line for line in result.err.splitlines() if "warning" in line]
    assert twice[0] in line
    assert "used " in line
    assert jaxrf("support", "@blur", *IMAGE, *twice[2:]).out == result.out
