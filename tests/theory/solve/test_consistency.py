"""Intervals are held to what outputs read, with the numbers in the message counted by hand."""

import pytest

from jaxrf.geometry.periodic_law import Law
from jaxrf.theory.solve.consistency import Consistency, check_consistency, fitted_law
from tests.helpers.nodefields import line, pairs, windows

LENGTH = 10


def real(ends):
    cut = [(max(low, 0), min(high, LENGTH - 1)) for low, high in ends]
    return [(low, high) if low <= high else None for low, high in cut]


def check(virtual, exact):
    return check_consistency(line(*virtual), line(*exact), LENGTH)


def test_padding_counted_as_real_is_no_contradiction():
    virtual = windows(-1, 10)
    assert check(virtual, real(virtual)) == Consistency()


@pytest.mark.parametrize("read", [(1, 4), (2, 5), (0, 0), (9, 9)])
def test_an_output_that_reads_outside_its_interval_breaks_it(read):
    virtual = windows(0, 8)  # output 2 has [2, 4]
    exact = [*virtual[:2], read, *virtual[3:]]
    broken = f"output 2 reads [{read[0]}, {read[1]}], the law has [2, 4]"
    assert check(virtual, exact).broken == broken


def test_reading_something_where_there_is_no_interval_breaks_it():
    virtual = [*windows(0, 2), None, *windows(3, 2)]
    assert check(virtual, windows(0, 5)).broken == "output 2 reads [2, 4], the law has nothing"


def test_a_few_outputs_that_read_less_are_cut_inside_and_many_break_it():
    virtual = windows(0, 8)
    few = [(0, 1), *virtual[1:]]
    assert check(virtual, few).notes == (
        "1 of 8 outputs reads less than the interval says: cut by a border inside the network",
    )
    half = [(low, low) if u < 4 else (low, high) for u, (low, high) in enumerate(virtual)]
    assert check(virtual, half).broken is None
    most = [(low, low) if u < 5 else (low, high) for u, (low, high) in enumerate(virtual)]
    assert check(virtual, most).broken == "5 of 8 interior outputs read less than the law has"


def test_padding_that_reads_across_the_border_is_noted():
    virtual = windows(-1, 10)
    ring = [(0, 9), *real(virtual)[1:-1], (0, 9)]  # circular: first and last pixel
    assert check(virtual, ring) == Consistency(
        None, ("2 of 10 outputs read across the border: reflected or circular padding",)
    )


def test_outputs_beyond_the_image_may_read_elsewhere_as_long_as_they_are_few():
    virtual = windows(-3, 12)  # the first output has [-3, -1]: padding alone
    copied = [(1, 3), *real(virtual)[1:]]
    assert check(virtual, copied).broken is None
    larger = [(1, 4), *real(virtual)[1:]]
    assert check(virtual, larger).broken == "output 0 reads [1, 4], the law has [-3, -1]"
    far = windows(-30, 8)
    assert "the law has [-30, -28]" in check(far, windows(0, 8)).broken


def test_a_law_is_read_off_outputs_that_no_border_touches():
    virtual = windows(-1, 10)
    law, phases = fitted_law(line(*real(virtual)), LENGTH)
    assert (law, pairs(phases)) == (Law(1, 1), [(-1, 1)])


def test_a_law_of_several_phases():
    two = [(u // 2 * 2, u // 2 * 2 + 1 + u % 2) for u in range(18)]  # pairs see 2 and 3 pixels
    law, phases = fitted_law(line(*two), 40)
    assert (law, pairs(phases)) == (Law(2, 2), [(0, 1), (0, 2)])


def test_without_three_of_every_phase_there_is_no_law():
    assert fitted_law(line((1, 1), (2, 2)), LENGTH) is None
    assert fitted_law(line((1, 1), (2, 2), (3, 3), (4, 4)), LENGTH) is not None


def test_an_interior_output_that_disobeys_breaks_the_law():
    exact = [*windows(1, 3), (3, 5), *windows(5, 3)]
    assert fitted_law(line(*exact), 20) is None
    touching = [(1, 3), (0, 4), *windows(3, 5)]  # by the law [2, 4], which no border cuts
    assert fitted_law(line(*touching), 20) is None


def test_what_comes_round_again_without_a_step_is_no_law():
    assert fitted_law(line(*[(3, 4)] * 8), LENGTH) is None
