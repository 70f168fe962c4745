"""Periodic interval maps against the sets of indices that windows read."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jaxrf.geometry.periodic_maps import IDENTITY_MAP, Periodic, compose, union
from jaxrf.geometry.words import Window

windows = st.builds(
    Window, st.integers(1, 5), st.integers(1, 4), st.integers(-3, 4), st.just(0),
    st.integers(1, 3), st.integers(1, 3),
)  # fmt: skip


def taps(window, u):
    at = [u * window.stride - window.before + j * window.dilation for j in range(window.kernel)]
    return {t // window.base_dilation for t in at if t % window.base_dilation == 0}


@given(windows, st.integers(-9, 9))
def test_a_window_reads_from_low_to_high(window, u):
    found = window.periodic_map()
    if found is None:
        assert not all(taps(window, v) for v in range(window.base_dilation))
        return
    assert (found.low(u), found.high(u)) == (min(taps(window, u)), max(taps(window, u)))
    assert found.stride == Fraction(window.stride, window.base_dilation)


@given(windows, windows, st.integers(-9, 9))
def test_composition_reads_what_is_read_by_what_is_read(near, far, u):
    assume(near.periodic_map() is not None and far.periodic_map() is not None)
    found = compose(near.periodic_map(), far.periodic_map())
    ends = (min(taps(near, u)), max(taps(near, u)))
    assert found.low(u) == min(taps(far, ends[0]))
    assert found.high(u) == max(taps(far, ends[1]))


@given(windows)
def test_the_identity_changes_nothing(window):
    found = window.periodic_map()
    assume(found is not None)
    for one in (compose(IDENTITY_MAP, found), compose(found, IDENTITY_MAP)):
        assert all((one.low(u), one.high(u)) == (found.low(u), found.high(u)) for u in range(-5, 6))


@given(windows, windows, st.integers(-9, 9))
def test_a_union_holds_both_and_no_more(a, b, u):
    one, other = a.periodic_map(), b.periodic_map()
    assume(one is not None and other is not None)
    found = union(one, other)
    if one.stride != other.stride:
        assert found is None
        return
    assert found.low(u) == min(one.low(u), other.low(u))
    assert found.high(u) == max(one.high(u), other.high(u))
    assert found.stride == one.stride


def test_sizes_and_centres_by_hand():
    found = Periodic((0, -1), (1, 3), 3)
    assert (found.size, found.stride) == (5, Fraction(3, 2))
    assert [(found.low(u), found.high(u)) for u in (-1, 0, 1, 2, 5)] == [
        (-4, 0), (0, 1), (-1, 3), (3, 4), (5, 9),
    ]  # fmt: skip
    assert found.doubled_centers(4) == (1, 2, 7, 8)


@pytest.mark.parametrize("aligned", [True, False])
def test_the_public_field_of_a_map(aligned):
    field = Periodic((-1,), (1,), 2).axis_field(3, 20, aligned=aligned)
    assert (field.axis, field.length, field.size, field.stride, field.padding, field.aligned) == (
        3, 20, 3, 2, 1, aligned,
    )  # fmt: skip
