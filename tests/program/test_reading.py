"""A reading: one rule per primitive, a default for the rest, and one loop.

Covers: program.replay.
"""

import jax.numpy as jnp
import pytest

from jaxrf.measure.energy.site import ENERGY
from jaxrf.measure.linearization import LINEAR
from jaxrf.program.equation import Equation
from jaxrf.program.reading import Reading, Site, interpret, resolve
from jaxrf.program.replay import replayed
from jaxrf.program.trace import trace
from jaxrf.theory.rules import THEORY


def program_of(f, shape=(3,)):
    return trace(f, shape).program


def f(x):
    return jnp.sin(x) + jnp.cos(x) * jnp.arange(3.0)


def depth(**options) -> Reading:
    """How many equations lead to a value."""
    reading = Reading("depth", default=lambda site: None, **options)

    @reading.rule("sin", "cos", "add", "mul")
    def deeper(site):
        return [1 + max(o for o in site.operands if o is not None)] * len(site.out_shapes)

    return reading


def read(reading, program, **options):
    values = {program.inputs[0]: 0}
    step = lambda eq, operands: reading(Site(eq, operands)) or [None] * len(eq.outputs)  # noqa: E731
    return interpret(program.equations, values, step, **options)


@pytest.mark.parametrize("reading", [THEORY, LINEAR, ENERGY])
def test_a_second_rule_is_refused(reading):
    def another(site): ...

    before = dict(reading.rules)
    name = reading.rules["dot_general"].__name__
    with pytest.raises(
        ValueError,
        match=rf"{reading.name}: got a second rule for dot_general, another, beside {name}",
    ):
        reading.rule("dot_general")(another)
    assert reading.rules == before


def test_a_rule_that_refuses_to_tell_leaves_it_to_the_default():
    reading = Reading("r", default=lambda site: "default")
    reading.rule("sin")(lambda site: None)
    reading.rule("cos")(lambda site: "rule")
    found = {eq.name: reading(Site(eq)) for eq in program_of(f).equations}
    assert (found["sin"], found["cos"], found["mul"]) == ("default", "rule", "default")


@pytest.mark.parametrize("forgiving", [True, False])
def test_a_rule_that_fails(forgiving):
    reading = Reading("r", default=lambda site: "default", forgiving=forgiving)

    @reading.rule("sin")
    def fails(site):
        raise ZeroDivisionError

    (eq,) = [eq for eq in program_of(f).equations if eq.name == "sin"]
    if forgiving:
        assert reading(Site(eq)) == "default"
    else:
        with pytest.raises(ZeroDivisionError):
            reading(Site(eq))


def test_no_rule_touches_what_has_states():
    (eq,) = [eq for eq in program_of(f).equations if eq.name == "sin"]
    fields = {name: getattr(eq, name) for name in Equation.__dataclass_fields__}
    opaque = Equation(**{**fields, "states": (None,)})
    assert depth()(Site(opaque, [0])) is None


def test_what_the_input_does_not_reach_is_left_out():
    program = program_of(f)
    found = read(depth(), program, reached=True)
    assert found[program.outputs[0]] == 3
    constants = [eq for eq in program.equations if eq.name == "iota"]
    assert constants
    assert not any(i in found for eq in constants for i in eq.outputs)


def test_only_what_is_wanted_is_worked_out_and_kept():
    program, done = program_of(f), []
    (sine,) = [eq for eq in program.equations if eq.name == "sin"]
    (total,) = [eq for eq in program.equations if eq.name == "add"]

    def step(eq, operands):
        done.append(eq.name)
        return [0]

    assert interpret(program.equations, {program.inputs[0]: 0}, step, wanted=sine.outputs) == {
        sine.outputs[0]: 0
    }
    assert done == ["sin"]
    found = read(depth(), program, reached=True, wanted=total.outputs)
    assert found == {total.outputs[0]: 3}


def test_a_reading_may_say_itself_what_it_drops():
    program = program_of(f)
    last = [eq.inputs if eq.name == "sin" else () for eq in program.equations]
    found = read(depth(), program, reached=True, last=last)
    assert program.inputs[0] not in found  # so that nothing is found of the cosine
    assert found[program.outputs[0]] == 2


def test_execution_is_a_reading():
    program = program_of(f)
    x = jnp.array([0.5, 1.0, 2.0])
    values = replayed(program.equations, program.constants | {program.inputs[0]: x})
    assert jnp.allclose(values[program.outputs[0]], f(x))


def test_by_demand_everything_is_made_once_and_after_what_it_needs():
    needs, found, made = {5: (3, 4), 4: (3, 1), 3: (1,), 1: ()}, {}, []

    def make(number):
        made.append(number)
        found[number] = sum(found[i] for i in needs[number]) + 1

    assert resolve(5, found, needs.__getitem__, make) == found[3] + found[4] + 1
    assert sorted(made) == [1, 3, 4, 5]
    assert made[-1] == 5
