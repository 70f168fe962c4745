"""Recipes: each trap of the published scripts shown, and that what stands beside it avoids it.

Covers: measure.reproduce.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.errors import InvalidInput
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.recipes import RECIPES
from jaxrf.measure.reproduce import reproduce_erf
from tests.helpers.stacks import boxes, conv

SHAPE = (1, 33, 33, 1)


def scaled(model, factor):
    return lambda x: factor * model(x)


@pytest.fixture(scope="module")
def stack():
    """Six layers of ones: the gradient is the box spline, peak 141^2, positive everywhere."""
    return boxes(6, 2)


def positive(n=2):
    return np.abs(np.random.default_rng(0).normal(size=(n, *SHAPE[1:]))).astype(np.float32)


def test_scale_moves_the_published_squares_and_not_those_beside_them(stack):
    made = [
        reproduce_erf(scaled(stack, f), SHAPE, "replknet", inputs=positive(), samples=2)
        for f in (1e-6, 1e-3, 1e3)
    ]
    sides = [m.published["square_side_0.5"] for m in made]
    assert sides[0] < sides[1] < sides[2] < 13
    assert len({m.right["square_side_0.5"] for m in made}) == 1
    assert sides[0] == made[0].right["square_side_0.5"]  # the logarithm of small numbers is linear


def test_float32_drops_what_is_small_beside_one(stack):
    made = reproduce_erf(scaled(stack, 1e-12), SHAPE, "mambair", inputs=positive(), samples=2)
    assert not made.shown.any()
    assert made.erf.map.any()
    made = reproduce_erf(scaled(stack, 1e-12), SHAPE, "vmamba", inputs=positive(), samples=2)
    assert made.shown.max() == 1


@pytest.mark.parametrize("name", ["replknet", "openerf"])
def test_the_middle_of_the_image_is_not_the_centre(name):
    """Stride 8 on 40 pixels, padding 0: feature (2, 2) looks at pixel 23."""

    def model(x):
        w = jnp.ones((3, 3, 1, 1))
        for _ in range(3):
            x = conv(x, w, stride=2, padding=((0, 1), (0, 1)))
        return 1e-6 * x  # small enough for the logarithm to be linear

    images = np.ones((1, 40, 40, 1), np.float32)
    made = reproduce_erf(model, (1, 40, 40, 1), name, inputs=images, samples=1)
    assert made.middle == (20, 20)
    assert made.erf.center == (23.0, 23.0)
    assert any("the middle of the image, -3, -3 pixels off" in note for note in made.notes)
    if name == "replknet":
        assert made.published["square_side_0.5"] > made.right["square_side_0.5"]
    else:
        assert made.published["mass_within_5"] < made.right["mass_within_5"]
        assert made.right["mass_within_80"] == pytest.approx(1)


def test_a_share_that_no_square_reaches_is_a_clear_answer():
    """All of the energy lies in a corner."""
    images = np.ones((1, 16, 16, 1), np.float32)
    made = reproduce_erf(lambda x: x, (1, 16, 16, 1), "replknet", at=(0, 0), inputs=images)
    assert made.published["square_side_0.99"] is made.published["square_area_0.99"] is None
    assert made.right["square_side_0.99"] == 1
    assert any(n.startswith("share 0.99: no square about the middle") for n in made.notes)
    assert "none" in str(made.table().rows)


def test_a_square_has_more_than_the_share_and_three_pixels():
    """RepLKNet's loop starts at 3 pixels; one pixel with all the energy takes 3."""
    images = np.ones((1, 15, 15, 1), np.float32)
    made = reproduce_erf(lambda x: x, (1, 15, 15, 1), "replknet", inputs=images)
    assert made.published["square_side_0.2"] == made.published["square_side_0.99"] == 3
    assert made.published["square_area_0.2"] == pytest.approx(9 / 225)
    assert made.right["square_side_0.99"] == 1


def test_luo_counts_pixels_of_the_squared_gradient(stack):
    made = reproduce_erf(stack, SHAPE, "luo2016", samples=2)
    assert made.published["luo_size"] == pytest.approx(made.erf.luo_size)
    assert made.erf.estimator == Estimator("ones", "g^2")


def test_what_each_recipe_draws(stack):
    made = {n: reproduce_erf(stack, SHAPE, n, inputs=positive(), samples=2) for n in RECIPES}
    scores = made["replknet"].erf.map
    assert made["vmamba"].shown == pytest.approx((scores / scores.max()) ** 0.2, rel=1e-5)
    assert made["mambair"].shown == pytest.approx((scores / scores.max()) ** 0.25, abs=1e-3)
    log = np.log10(scores + 1)
    assert made["replknet"].shown == pytest.approx(log / log.max(), rel=1e-5, abs=1e-6)
    assert made["openerf"].shown == pytest.approx(scores / scores.sum(), rel=1e-5)
    for n, m in made.items():
        assert set(m.right) == set(m.published), n
        document = m.to_dict()
        assert document["recipe"] == n
        assert document["source"]
        assert document["published"]["center"] == [16, 16]
        assert document["right"]["center"] == [16.0, 16.0]


def test_notes_say_what_differs_from_the_script(stack):
    notes = reproduce_erf(stack, SHAPE, "mambair", samples=3).notes
    assert notes == (
        "image: the script takes 120 pixels per side, got 33",
        "samples: the script takes 100, got 3",
        "inputs: the script takes photographs, got standard normal ones",
    )


@pytest.mark.parametrize(
    ("recipe", "shape", "words"),
    [
        ("resnet", SHAPE, "recipe: got 'resnet', need one of luo2016, replknet, vmamba"),
        ("vmamba", (1, 33, 34, 1), r"got an image of \(33, 34\), need two equal sides"),
        ("luo2016", (1, 33, 1), "need two equal sides"),
    ],
)
def test_what_no_recipe_takes(recipe, shape, words):
    with pytest.raises(InvalidInput, match=words):
        reproduce_erf(lambda x: lax.mul(x, x), shape, recipe)
