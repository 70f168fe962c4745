"""The table of mistaken calls, and every argument of every public function held to its kind.

Covers: arguments.annotations, arguments.by_name, errors.
"""

import inspect
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest

import jaxrf
import jaxrf.testing
from jaxrf.arguments.annotations import CHECKED_ELSEWHERE, _kinds_of
from jaxrf.errors import InvalidInput, JaxrfError
from tests.helpers import targets

matplotlib.use("Agg")
TABLE = Path(__file__).parent / "mistaken_calls.txt"
SHAPE = (1, 16, 16, 3)


def rows():
    lines = [line for line in TABLE.read_text().splitlines() if line[:1] != "#"]
    return [[cell.strip() for cell in line.split(" | ", 2)] for line in lines]


def graph():
    made = jaxrf.Graph()
    made.add("left", jaxrf.Layer(3), of=made.input("image", shape=(7,)))
    return made


def figure():
    from jaxrf.plot import style

    made = style.new_figure()
    made.add_subplot()
    return made


@cache
def names():
    """What the calls are about."""
    models = {name: value for name, value in vars(targets).items() if name[:2] != "__"}
    return {
        **models,
        **{"jaxrf": jaxrf, "np": np, "jnp": jnp, "SHAPE": SHAPE, "relu": jax.nn.relu},
        **{"analyze": jaxrf.analyze, "g": graph, "fig": figure},
        "a": jaxrf.analyze(targets.blur, SHAPE),
        "s": jaxrf.analyze_sizes(targets.blur, (1, None, None, 3)),
        "e": jaxrf.measure_erf(targets.blur, SHAPE, samples=2),
    }


@pytest.mark.parametrize(("kind", "words", "call"), rows(), ids=[r[2][:60] for r in rows()])
def test_mistake(kind, words, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises((JaxrfError, AssertionError)) as caught:
        eval(call, dict(names()))
    assert type(caught.value).__name__ == kind, caught.value
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_the_table_covers_every_public_function():
    table = rows()
    assert len(table) >= 200
    assert len({call for _, _, call in table}) == len(table)
    for name in functions():
        assert any(f"{name}(" in call for _, _, call in table), name


def functions():
    return [name for name in jaxrf.__all__ if inspect.isfunction(getattr(jaxrf, name))]


@pytest.mark.parametrize("name", [n for n in functions() if n != "constant"])
def test_every_argument_is_held_to_its_annotation(name):
    """At the door, before anything is traced: the model here cannot even be called."""
    function = getattr(jaxrf, name)
    needed = {"model": None, "shape": SHAPE, "recipe": "luo2016", "output": "left"}
    needed |= {"graph": graph(), "analysis": names()["a"]}
    needed |= {"file": "x.npz", "path": "x.onnx", "models": {}, "shares": []}
    parameters = inspect.signature(function).parameters
    required = {n: needed[n] for n, p in parameters.items() if p.default is p.empty}
    held = 0
    for parameter, annotation in function.__annotations__.items():
        if parameter in (*CHECKED_ELSEWHERE, "return") or _kinds_of(annotation) is None:
            continue
        held += 1
        with pytest.raises(InvalidInput, match=rf"^{parameter}: got .*, need "):
            function(**{**required, parameter: object()})
    assert held or len(required) == len(parameters)


@pytest.mark.parametrize("wrong", [2.5, "2", True, [1], np.array([1, 2]), 1j])
def test_what_is_no_whole_number(wrong):
    with pytest.raises(InvalidInput, match="samples: got .*, need a whole number"):
        jaxrf.measure_erf(None, SHAPE, samples=wrong)


def test_numpy_numbers_are_numbers():
    analysis = jaxrf.analyze(targets.blur, np.array(SHAPE), spatial_axes=np.array([1, 2]))
    assert analysis.support(at=np.array([3, 3])).count == (5, 5)
    found = jaxrf.measure_erf(targets.blur, SHAPE, samples=np.int64(2), seed=np.uint32(3))
    assert found.energy_radius(np.float32(0.5)) > 0
