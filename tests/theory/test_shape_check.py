"""What a rule says must fit its equation: else everything is read, and the equation is listed.

Covers: theory.build, theory.rules.site.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.geometry.words import (
    IDENTITY,
    AnyOf,
    Concatenate,
    Groups,
    Read,
    Reshape,
    Running,
    Taps,
    Window,
)
from jaxrf.theory.analyze import analyze
from jaxrf.theory.build import graph_of
from jaxrf.theory.rules import THEORY
from jaxrf.theory.rules.site import Steps
from jaxrf.theory.shape_check import matches_shapes
from tests.cases import TABLES
from tests.helpers.toynets import conv, unet

TABLE = np.array([[0, 1], [2, -1]])


def one(access, *, dim=0, where=None) -> tuple:
    """A single operand of one dimension."""
    return (Read(((dim, access),), where),)


@pytest.mark.parametrize(
    ("dependence", "operand", "output"),
    [
        (one(IDENTITY), (3,), (3,)),
        (one(Window(3, 2, 1, 1)), (5,), (3,)),
        (one(Groups(2)), (4,), (6,)),
        (one(Taps(TABLE)), (3,), (2,)),
        (one(Running()), (4,), (4,)),
        (one(IDENTITY, where=np.array([True])), (3,), (3,)),
        ((Read.everything(2),), (7,), (2, 3)),
        ((AnyOf((Read.elementwise(1), Read.everything(1))),), (3,), (3,)),
        ((Steps(((Reshape(), (6,)), (Read(((0, Window(2)),)), (5,)))),), (2, 3), (5,)),
        ((None,), (4,), (9,)),
        (Reshape(), (4, 3), (2, 6)),
    ],
)
def test_what_fits(dependence, operand, output):
    assert matches_shapes(dependence, [operand], output)


@pytest.mark.parametrize(
    ("dependence", "operand", "output"),
    [
        (one(IDENTITY), (3,), (4,)),
        (one(IDENTITY), (3,), (3, 1)),
        (one(IDENTITY, dim=1), (3,), (3,)),
        (one(Window(3, 2, 1, 1)), (5,), (2,)),
        (one(Groups(3)), (4,), (6,)),
        (one(Taps(TABLE)), (2,), (2,)),
        (one(Taps(TABLE)), (3,), (3,)),
        (one(Taps(-2 - TABLE)), (3,), (2,)),
        (one(Running()), (4,), (5,)),
        (one(IDENTITY, where=np.ones(2, bool)), (3,), (3,)),
        (one(IDENTITY, where=np.ones((1, 1), bool)), (3,), (3,)),
        ((AnyOf((Read.elementwise(1), Read.elementwise(2))),), (3,), (3,)),
        ((Steps(((Reshape(), (5,)), (Read(((0, Window(2)),)), (4,)))),), (2, 3), (4,)),
        ((Steps(((Reshape(), (6,)), (Read(((0, Window(2)),)), (5,)))),), (2, 3), (4,)),
        ((None, None), (4,), (9,)),
        (Reshape(), (4, 3), (2, 5)),
    ],
)
def test_what_does_not(dependence, operand, output):
    assert not matches_shapes(dependence, [operand], output)


def test_concatenation():
    assert matches_shapes(Concatenate(1), [(2, 3), (2, 4)], (2, 7))
    assert not matches_shapes(Concatenate(1), [(2, 3), (2, 4)], (2, 8))
    assert not matches_shapes(Concatenate(1), [(1, 3), (2, 4)], (2, 7))
    assert not matches_shapes(Concatenate(2), [(2, 3), (2, 4)], (2, 7))


def wrong(site):
    return (Read(((0, IDENTITY),)),)


def failing(site):
    raise ValueError("0 is not in list")


@pytest.mark.parametrize("rule", [wrong, failing])
def test_a_rule_that_is_wrong_is_no_rule(monkeypatch, rule):
    def f(x):
        return jnp.cos(x)

    assert analyze(f, (1, 5, 1)).approximate == ()
    monkeypatch.setitem(THEORY.rules, "cos", rule)
    analysis = analyze(f, (1, 5, 1))
    (label,) = analysis.approximate
    assert label.startswith("cos")
    assert "test_shape_check.py:" in label
    assert analysis.support(at=(0,)).mask.all()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_theory_only_bounds_fits_as_well(table):
    for case in table:
        if case.over and not case.unknown:
            graph = graph_of(analyze(case.f, case.shape, spatial_axes=[0]).traced)
            ruled = {graph.graph.nodes[i].op for i in graph.unknown} & THEORY.rules.keys()
            assert not ruled, case.name


@pytest.mark.parametrize(("f", "shape"), [(conv, (1, 9, 1)), (unet, (1, 44, 1))])
def test_networks_fit(f, shape):
    assert analyze(f, shape).approximate == ()
