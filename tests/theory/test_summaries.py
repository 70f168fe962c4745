"""Summaries against exact sets: right values by hand, and what must hold for any network."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import jaxrf
from jaxrf.comparison.invariant import contradictions
from jaxrf.geometry.field import Piece
from jaxrf.geometry.interval import Interval
from jaxrf.theory.solve import fields, pieces
from jaxrf.theory.solve.consistency import Consistency
from tests.cases import TABLES
from tests.helpers.oracle import perturbation_pattern
from tests.helpers.randomnets import networks
from tests.helpers.summarycases import CASES

BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_summary_is_the_one_counted_by_hand(case):
    analysis = jaxrf.analyze(case.f, case.shape)
    field = analysis.output
    assert field.size == case.size
    assert field.stride == case.stride
    assert case.padding is ... or field.padding == case.padding
    assert case.sees_all in (None, tuple(a.is_global for a in field.axes))
    assert case.counts is ... or analysis.grid(analysis.names[-1]) == case.counts
    assert not contradictions(field)


@pytest.mark.parametrize(
    "name", ["heads, side by side", "associative scan", "a ring by indices", "stretched by one",
             "a transposed convolution, wrapped", "adaptive pooling, 13 to 4", "wrapped around",
             "causal over the pixels", "recurrent columns", "cropped and padded"],
)  # fmt: skip
def test_intervals_hold_what_changes_the_output(name):
    """Against perturbation, which knows neither laws nor sets."""
    case = BY_NAME[name]
    analysis = jaxrf.analyze(case.f, case.shape)
    grid = analysis.output_grid(analysis.names[-1])
    pattern = perturbation_pattern(case.f, case.shape, seeds=2)
    for field, dim in zip(analysis.output.axes, grid.dims, strict=True):
        if field.is_global:
            continue
        axis = len(grid.shape) + field.axis
        others = tuple(d for d in range(pattern.ndim) if d not in (dim, axis))
        for u, row in enumerate(pattern.any(others)):
            read, said = np.flatnonzero(row), field.interval(u)
            if len(read) and said in Interval(0, field.length - 1):
                assert Interval(int(read[0]), int(read[-1])) in said


def test_pieces_are_told_apart():
    analysis = jaxrf.analyze(BY_NAME["heads, flattened"].f, (1, 32, 32, 1))
    assert analysis.output.axes[0].pieces == (
        Piece(0, 255, 7),
        Piece(256, 319, 15),
        Piece(320, 335, 31),
    )
    assert "r 7 (outputs 0 to 255), 15 (outputs 256 to 319), 31 (outputs 320 to 335)" in str(
        analysis
    )
    inside = Interval(0, 31)
    assert all(i in inside for u in (0, 300, 335) for i in analysis.output.box((u, u), clip=True))


def test_tiles_with_too_small_a_halo_have_no_single_phase():
    """At every seam an output reads less: a law of one tile, not of one output."""
    (field,) = jaxrf.analyze(BY_NAME["tiles that fit"].f, (1, 64, 1)).output.axes
    assert field.period == 1
    from tests.helpers.summarycases import tiles

    (field,) = jaxrf.analyze(tiles(0), (1, 64, 1)).output.axes
    assert field.period == 16
    assert field.interval(16) == Interval(16, 17)
    assert field.interval(17) == Interval(16, 18)


def test_what_sees_all_is_named_where_it_happens():
    """The pooling, not the product that spreads what it found; of scans the last step."""
    for name, via in (
        ("squeeze and excite, a window", "sum pooling"),
        ("squeeze and excite, a mean", "mean"),
        ("four scans of the pixels", "several steps up to"),
        ("a global filter", "FFT"),
    ):
        case = BY_NAME[name]
        assert jaxrf.analyze(case.f, case.shape).output.global_via[0].startswith(via)


def test_reads_across_borders_are_noted():
    (axis,) = jaxrf.analyze(BY_NAME["wrapped around"].f, (1, 32, 1)).output.axes
    assert axis.notes == ("4 of 32 outputs read across the border: reflected or circular padding",)
    (axis,) = jaxrf.analyze(BY_NAME["cropped and padded"].f, (1, 64, 1)).output.axes
    assert axis.notes == (
        "2 of 56 outputs read less than the interval says: cut by a border inside the network",
    )


def test_what_is_broken_on_purpose_is_found(monkeypatch):
    case = BY_NAME["heads, side by side"]
    monkeypatch.setattr(fields, "check_consistency", lambda *args: Consistency())
    monkeypatch.setattr(pieces.Pieces, "share_law", lambda *args: True)
    result = jaxrf.compare(case.f, case.shape, samples=0)
    assert not result.equal
    assert any(line.startswith("summary: output, axis 1, output 32") for line in result.failures)


def test_the_effective_field_is_measured_over_all_that_is_read():
    case = BY_NAME["associative scan"]
    erf = jaxrf.measure_erf(case.f, case.shape, at=47, samples=4)
    assert erf.box == (Interval(0, 47),)
    case = BY_NAME["wrapped around"]
    assert jaxrf.measure_erf(case.f, case.shape, at=0, samples=4).box == (Interval(0, 31),)


def test_one_feature_of_a_row_of_tokens_is_one_token():
    case = BY_NAME["windows, tokens kept"]
    rows = jaxrf.measure_erf(case.f, case.shape, at=(13, 14), samples=2)
    one = jaxrf.measure_erf(case.f, case.shape, at=13 * 32 + 14, samples=2)
    np.testing.assert_array_equal(rows.map, one.map)
    assert np.argwhere(rows.map > 0).min(0).tolist() == [11, 11]
    assert np.argwhere(rows.map > 0).max(0).tolist() == [16, 16]
    assert jaxrf.measure_support(case.f, case.shape, at=(13, 14)).equal


@pytest.mark.parametrize("table", TABLES)
def test_what_rules_say_is_summarised_without_contradiction(table):
    for case in TABLES[table]:
        axes = None if len(case.shape) > 2 else range(len(case.shape))
        try:
            analysis = jaxrf.analyze(case.f, case.shape, spatial_axes=axes)
        except jaxrf.errors.InvalidInput:
            continue  # its output is empty, or reads nothing
        assert not contradictions(analysis.output), case.name


def test_how_positions_are_given_is_said():
    case = BY_NAME["windows, tokens kept"]
    assert "output: a 32x32 grid in a row; a position is an index per axis, or one for all" in (
        " ".join(str(jaxrf.analyze(case.f, case.shape)).split())
    )
    case = BY_NAME["heads, flattened"]
    assert "output: dimension 1 follows several axes; a position is one index along it" in (
        " ".join(str(jaxrf.analyze(case.f, case.shape)).split())
    )


def hold(count: int) -> None:
    """No summary contradicts the exact sets; intervals and backward sets agree."""

    @settings(
        max_examples=count,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    @given(networks(layouts=True))
    def every(net):
        analysis = jaxrf.analyze(net, net.shape)
        assert not contradictions(analysis.output)
        name = analysis.names[-1]
        grid = analysis.output_grid(name)
        at = tuple(n // 2 for n in grid.counts)
        at = at if len(set(grid.dims)) == len(at) else (at[0],) * len(at)
        box = analysis.support(name, at).box
        if box is None:
            return
        for axis, read, index in zip(analysis.output.axes, box, at, strict=True):
            image = Interval(0, axis.length - 1)
            if axis.phases and not axis.is_global and axis.interval(index) in image:
                assert read in axis.interval(index)

    every()


def test_random_networks_have_summaries_that_hold():
    hold(30)


@pytest.mark.slow
def test_many_random_networks_have_summaries_that_hold():
    hold(2000)
