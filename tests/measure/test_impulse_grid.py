"""Many impulses in one pass: where they are, and that their maps are those of one."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.impulse_grid import SAFE, choose_grid
from tests.helpers.stacks import RandomNet, boxes, conv


def never():
    raise AssertionError("a first sigma was asked for")


def grid_of(model, shape, positions, sigma=never, at=None):
    analysis = jaxrf.analyze(model, shape)
    name = analysis.output.name
    return choose_grid(analysis, name, analysis.position(name, at), positions, sigma)


def test_fields_that_do_not_overlap_need_no_sigma_and_are_folded_exactly():
    """Boxes of ones: each impulse has the map of the box spline, whatever its sign."""
    erf = jaxrf.measure_erf(
        boxes(3, 2), (1, 41, 41, 1), samples=3, estimator=Estimator(positions=16)
    )
    alone = jaxrf.measure_erf(boxes(3, 2), (1, 41, 41, 1), samples=3)
    assert erf.grid.count == 16
    assert min(erf.grid.pitch) >= 7
    assert erf.map == pytest.approx(alone.map, rel=1e-5, abs=1e-9)
    assert (erf.box, erf.center, erf.virtual) == (alone.box, alone.center, alone.virtual)
    assert not any("positions" in note for note in erf.notes)
    assert erf.to_dict()["positions"] == 16


@pytest.mark.parametrize("length", [29, 64, 101])
def test_every_field_of_the_grid_is_a_translate_inside_the_image(length):
    def model(x):  # stride 4, r = 3 + 2 * 2 + 2 * 4 = 15
        w = jnp.ones((3, 1, 1))
        return conv(conv(conv(x, w, stride=2), w, stride=2), w)

    field = jaxrf.analyze(model, (1, length, 1)).output
    for positions in (2, 3, 8):
        grid = grid_of(model, (1, length, 1), positions, sigma=lambda: (2.0,))
        if isinstance(grid, str):
            assert "no room" in grid
            assert length < 40
            continue
        home = field.box(jaxrf.analyze(model, (1, length, 1)).position("output", None))
        for feature, offset in zip(grid.features[0], grid.offsets[0], strict=True):
            interval = field.axes[0].interval(feature)
            assert interval == home[0].shift(offset)
            assert interval.low >= 0
            assert interval.high < length
        assert 0 in grid.offsets[0]
        assert len(grid.features[0]) <= positions
        assert np.diff(grid.offsets[0]).tolist() == [grid.pitch[0]] * (grid.count - 1)
        assert grid.pitch[0] >= min(15, math.ceil(SAFE * 2.0))


def test_phases_are_kept_apart():
    """After an upsampling, fields repeat every second output only."""

    def model(x):
        x = jnp.repeat(conv(x, jnp.ones((3, 1, 1)), stride=2), 2, axis=1)
        return conv(x, jnp.ones((3, 1, 1)))

    grid = grid_of(model, (1, 60, 1), 5)
    assert set(np.diff(grid.features[0]) % 2) == {0}
    erf = jaxrf.measure_erf(model, (1, 60, 1), samples=2, estimator=Estimator(positions=5))
    alone = jaxrf.measure_erf(model, (1, 60, 1), samples=2)
    assert erf.map == pytest.approx(alone.map, rel=1e-5, abs=1e-9)


def test_where_fields_overlap_a_first_sigma_sets_the_pitch():
    """Twelve layers, r = 25, sigma 2.8: fields of the size have no room, six sigma have."""
    net, shape = RandomNet(12, 6, rank=1), (1, 73, 1)
    erf = jaxrf.measure_erf(net, shape, samples=48, estimator=Estimator(positions=3))
    sigma = math.sqrt(2 * 12 / 3)
    assert erf.grid.count == 3
    assert 0.8 * SAFE * sigma < erf.grid.pitch[0] < 25
    assert abs(erf.sigma[0] / sigma - 1) < 3 * erf.errors["sigma"][0] / sigma + 0.01
    assert erf.box[0].size <= erf.grid.pitch[0]
    outside = np.ones(73, bool)
    outside[erf.crop] = False
    assert not erf.map[outside].any()


@pytest.mark.slow
def test_more_impulses_have_less_noise():
    net, shape = RandomNet(4, 6, rank=1), (1, 161, 1)
    one = jaxrf.measure_erf(net, shape, samples=48)
    many = jaxrf.measure_erf(net, shape, samples=48, estimator=Estimator(positions=16))
    inside = slice(77, 84)
    noise = [np.mean((m.stderr[inside] / m.map[inside]) ** 2) for m in (one, many)]
    assert noise[0] / noise[1] > 3


@pytest.mark.parametrize(
    ("model", "shape", "at", "words"),
    [
        (boxes(3, 1), (1, 9, 1), None, "no room for two fields"),
        (boxes(3, 1), (1, 40, 1), (0,), "the border cuts the field"),
        (lambda x: x + x.mean(1, keepdims=True), (1, 40, 1), None, "sees the whole image"),
        (lambda x: x[:, ::-1] + x, (1, 40, 1), None, "not each other's translates"),
    ],
)
def test_one_impulse_where_more_are_not_safe(model, shape, at, words):
    erf = jaxrf.measure_erf(model, shape, samples=2, at=at, estimator=Estimator(positions=4))
    alone = jaxrf.measure_erf(model, shape, samples=2, at=at)
    assert erf.grid is None
    assert words in erf.notes[0]
    assert erf.notes[0].startswith("positions: got 4, used 1: ")
    assert np.array_equal(erf.map, alone.map)
    assert erf.to_dict()["notes"] == list(erf.notes)


def test_pixels_in_a_row_are_places_of_their_grid():
    grid = grid_of(lambda x: lax.reshape(x, (1, 36, 1)), (1, 6, 6, 1), 4, at=(2, 2))
    assert grid.count == 4
    assert len(grid.features) == 2


def test_pixels_that_something_read_across_have_one_impulse():
    def model(x):
        row = lax.reshape(x, (1, 36, 1))
        return row[:, 1:] + row[:, :-1]

    assert isinstance(grid_of(model, (1, 6, 6, 1), 4, at=14), str)
