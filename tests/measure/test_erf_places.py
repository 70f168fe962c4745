"""The place of an effective field: theoretical centre, borders, holes, global networks."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from tests.helpers.stacks import conv

KERNEL = jnp.array([1.0, 2.0, 1.0])[:, None, None, None] * jnp.array([1.0, 2.0, 1.0])[:, None, None]


@pytest.mark.parametrize(
    ("at", "center", "box"),
    [((4, 4), (8.0, 8.0), (6, 10)), ((0, 0), (0.0, 0.0), (0, 2)), ((8, 8), (16.0, 16.0), (14, 16))],
)
def test_numbers_are_about_the_centre_that_theory_gives(at, center, box):
    """At a border half of the field is missing, and the centre stays where it would be."""

    def model(x):
        return conv(x, jnp.ones((5, 5, 1, 1)), stride=2, padding=((2, 2), (2, 2)))

    erf = jaxrf.measure_erf(model, (1, 17, 17, 1), samples=2, at=at)
    assert erf.center == center
    assert [(i.low, i.high) for i in erf.box] == [box] * 2
    assert [(i.low, i.high) for i in erf.virtual] == [(c - 2, c + 2) for c in center]
    seen = np.arange(box[0], box[1] + 1) - center[0]
    assert erf.sigma == pytest.approx([math.sqrt(np.mean(seen**2))] * 2)


def test_even_kernels_have_a_centre_between_pixels():
    erf = jaxrf.measure_erf(
        lambda x: conv(x, jnp.ones((2, 2, 1, 1)), stride=2), (1, 8, 8, 1), samples=2
    )
    assert erf.center == (4.5, 4.5)
    assert erf.sigma == pytest.approx((0.5, 0.5))


def test_holes_are_in_the_map():
    erf = jaxrf.measure_erf(
        lambda x: conv(x, jnp.ones((3, 1, 1)), dilation=3), (1, 15, 1), samples=2
    )
    assert np.flatnonzero(erf.map).tolist() == [4, 7, 10]


@pytest.mark.parametrize(
    ("model", "center"),
    [
        (lambda x: x.mean(1), (3.5, 2.0)),  # no local path on the first axis
        (lambda x: x.mean((1, 2)), (3.5, 2.0)),
        (lambda x: x + x.mean((1, 2), keepdims=True), (4.0, 2.0)),  # and one on both
    ],
)
def test_global_networks(model, center):
    erf = jaxrf.measure_erf(model, (1, 8, 5, 1), samples=2)
    assert erf.center == center
    assert [(i.low, i.high) for i in erf.box] == [(0, 7), (0, 4)]
    assert np.isfinite(erf.sigma).all()


def test_a_field_in_the_padding_is_refused():
    with pytest.raises(InvalidInput, match="its field is padding"):
        jaxrf.measure_erf(lambda x: jnp.pad(x, ((0, 0), (2, 2), (0, 0))), (1, 5, 1), at=(0,))


def test_a_map_that_one_block_holds_alone_has_no_errors():
    """Every other sample sees an image at which the network is dead."""
    images = np.array([[[1.0], [1.0]], [[-1.0], [-1.0]]], np.float32)
    erf = jaxrf.measure_erf(jax.nn.relu, (1, 2, 1), inputs=images, samples=2, at=(0,))
    assert erf.map.tolist() == [0.5, 0.0]
    assert np.isnan(erf.errors["sigma"]).all()


def test_options_that_cannot_be():
    for options, words in (
        ({"samples": 0}, "samples: got 0, need at least 1"),
        ({"batch": 0}, "batch: got 0, need at least 1"),
        ({"at": (9, 0)}, "out of range"),
        ({"endpoint": "nothing"}, "none matches"),
    ):
        with pytest.raises(InvalidInput, match=words):
            jaxrf.measure_erf(jnp.square, (1, 5, 6, 1), **options)


def test_progress_is_told_after_every_step():
    told = []
    jaxrf.measure_erf(
        jnp.square, (1, 4, 4, 1), samples=5, batch=2, progress=lambda *a: told.append(a)
    )
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_every_number_is_there():
    erf = jaxrf.measure_erf(lambda x: conv(conv(x, KERNEL), KERNEL), (1, 15, 15, 1), samples=2)
    document = erf.to_dict()
    for name in ("sigma", "angle", "kurtosis", "r2", "luo_size"):
        value = document[name]
        assert getattr(erf, name) == pytest.approx(value, nan_ok=True)
    assert erf.energy_radius(0.9) == document["energy_radius_0.9"]
    assert erf.numbers.keys() == erf.errors.keys() == document["stderr"].keys()
    assert erf.r2 > 0.95
