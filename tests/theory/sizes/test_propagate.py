"""One axis through equations that are written down, with fields counted by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from jaxrf.geometry.periodic_maps import Periodic
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
from jaxrf.program.program import Equation
from jaxrf.program.trace import trace
from jaxrf.theory.sizes.propagate import AxisState, equation_reads, propagate

N = "n"  # stands for a free length


def equation(name, inputs, output, *, before=((N,),), after=(N,)):
    return Equation(SimpleNamespace(name=name), {}, inputs, (output,), before, (after,), (), "")


def along(*accesses):
    return Read(tuple(enumerate(accesses)))


def run(*steps, axis=0, resolve=lambda v: v):
    """The state of the last value; ``steps`` are (equation, how), value 0 is the input."""
    states = propagate(
        [(eq, None if dependence is None else [dependence]) for eq, dependence in steps],
        0,
        axis,
        resolve,
    )
    return states.get(steps[-1][0].outputs[0])


def one(dependence, **options):
    return run(
        (equation("op", (0,), 1), dependence if dependence is None else (dependence,)), **options
    )


def test_the_input_sees_itself():
    states = propagate([], 5, 2, lambda v: v)
    assert states == {5: AxisState(2, Periodic((0,), (0,), 1))}


def test_windows_compose():
    """3 taps in steps of 2 after 5 taps: 2 u - 1 - 2 to 2 u + 1 + 2."""
    five, three = (along(Window(k, s, p, p)) for k, s, p in ((5, 1, 2), (3, 2, 1)))
    steps = [(equation("a", (0,), 1), (five,)), (equation("b", (1,), 2), (three,))]
    state = run(*steps)
    assert (state.dim, state.field, state.aligned) == (0, Periodic((-3,), (3,), 2), True)


def test_upsampling_has_phases():
    state = one(along(Window(2, 1, 1, 0, 1, 2)))
    assert state.field == Periodic((0, 0), (0, 0), 1)


def test_the_dimension_is_followed_where_it_goes():
    assert one(Read(((1, IDENTITY), (0, Window(3, 1, 1, 1))))).dim == 1
    assert one(along(IDENTITY, Window(3, 1, 1, 1)), axis=1).field == Periodic((-1,), (1,), 1)


@pytest.mark.parametrize("read", [Read((None,)), along(Groups())])
def test_all_of_it_is_global_and_names_the_operation(read):
    reduce = equation("reduce", (0,), 1)
    state = run((reduce, (read,)))
    assert (state.dim, state.field, state.via) == (None, None, reduce)
    behind = run((reduce, (read,)), (equation("conv", (1,), 2), (along(Window(3)),)))
    assert behind == state  # the first that saw everything


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (None, "no rule for op"),
        (along(Running()), "not a window of fixed padding: op"),
        (along(Groups(2)), "not a window of fixed padding: op"),
        (along(Taps(np.array([[0]]))), "not a window of fixed padding: op"),
        (along(Window(2, 1, 0, 0, 1, 3)), "not a window of fixed padding: op"),  # reads nothing
        (Read(((0, IDENTITY), (0, IDENTITY))), "not a window of fixed padding: op"),  # diagonal
        (Read(((0, IDENTITY),), np.ones(1, bool)), "not read as a window by op"),
    ],
)
def test_what_is_no_window_is_lost_with_its_reason(read, why):
    assert one(read).lost == why


def test_what_is_lost_stays_lost():
    lost = equation("sort", (0,), 1), None
    state = run(lost, (equation("mean", (1,), 2), (Read((None,)),)))
    assert state.lost == "no rule for sort"


def test_a_padding_that_depends_on_the_length_is_lost():
    window = along(Window(3, 1, 1, 1))
    assert one(window, resolve=lambda v: None if v == 3 else v).lost
    assert one(window, resolve=lambda v: v).field == Periodic((-1,), (1,), 1)


def join(first, second):
    steps = [(equation("a", (0,), 1), (first,)), (equation("b", (0,), 2), (second,))]
    return run(*steps, (equation("add", (1, 2), 3), (along(IDENTITY),) * 2))


@pytest.mark.parametrize(
    ("padding", "aligned"),
    [((2, 2), True), ((4, 0), True), ((3, 1), False), ((0, 4), False)],  # centred, causal, neither
)
def test_joins_are_held_to_one_centre(padding, aligned):
    state = join(along(IDENTITY), along(Window(5, 1, *padding)))
    low = -padding[0]
    assert state.field == Periodic((min(low, 0),), (max(low + 4, 0),), 1)
    assert state.aligned == aligned


def test_operands_of_two_strides_are_lost():
    assert join(along(IDENTITY), along(Window(1, 2))).lost == (
        "operands that move differently in add"
    )


def test_several_reads_of_one_operand_are_no_join():
    either = AnyOf((along(Window(1, 1, 1)), along(Window(1, 1, -1))))
    state = one(either)
    assert (state.field, state.aligned) == (Periodic((-1,), (1,), 1), True)


def test_concatenation_along_another_dimension_is_a_join():
    eq = equation("concatenate", (0, 0), 1)
    assert run((eq, Concatenate(1))).field == Periodic((0,), (0,), 1)
    assert run((eq, Concatenate(0))).lost == "laid along the axis by concatenate"


def reshape(before, after, inputs=(0,), output=1):
    return equation("reshape", inputs, output, before=(before,), after=after), Reshape()


def test_a_reshape_that_leaves_the_axis_alone_moves_it():
    assert run(reshape((N, 4, 2), (N, 8))).dim == 0
    assert run(reshape((4, 2, N), (8, N)), axis=2).dim == 1
    assert run(reshape((N,), (1, N))).dim == 1


def test_a_reshape_that_mixes_the_axis_remembers_where():
    state = run(reshape((N, 4), ("4n",)))
    assert (state.dim, state.field, state.mixed, state.lost) == (None, None, {0}, None)
    back = run(reshape((N, 4), ("4n",)), reshape(("4n",), ("2n", 2), (1,), 2))
    assert back.mixed == {0, 1}


def test_a_reshape_of_some_mixed_dimensions_keeps_the_others():
    apart = reshape(("4n", 5), ("2n", 2, 5), (1,), 2)
    mix = reshape((N, 4, 5), ("4n", 5))
    assert run(mix, apart, reshape(("2n", 2, 5), ("2n", 10), (2,), 3)).mixed == {0, 1}


def test_of_mixed_dimensions_all_or_nothing_is_known():
    mix = reshape((N, 4), ("4n",))

    def behind(read):
        return run(mix, (equation("op", (1,), 2), (read,)))

    assert behind(Read((None,))).via.name == "op"
    assert behind(along(Groups())).via.name == "op"
    assert behind(along(IDENTITY)).mixed == {0}
    assert behind(Read((None, (0, IDENTITY)))).mixed == {1}
    assert behind(along(Window(3))).lost == "mixed with other axes and read in part by op"
    laid = run(mix, (equation("concatenate", (1,), 2), Concatenate(0)))
    assert laid.lost == "laid along the axis by concatenate"


def test_mixed_beside_local_is_lost():
    mix = reshape((N, 4), ("4n",))
    add = equation("add", (0, 1), 2), (along(IDENTITY),) * 2
    assert run(mix, add).lost == "mixed with other axes in one operand of add"


def test_operands_that_are_not_read_have_no_part():
    eq = equation("select", (0, 0), 1)
    assert run((eq, (None, along(Window(3, 1, 1, 1))))).field == Periodic((-1,), (1,), 1)
    assert run((eq, (None, None))) is None


def test_equations_that_the_input_cannot_influence_are_left_out():
    program = trace(lambda x: x[:, 1:] * 2 + np.arange(7.0)[None, :, None], (1, 8, 1)).program
    found = equation_reads(program)
    assert [eq.name for eq, dependence in found if dependence is not None] == [
        "slice",
        "mul",
        "add",
    ]
    assert all(len(dependence) == len(eq.outputs) for eq, dependence in found)
