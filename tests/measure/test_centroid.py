"""The centroid of a map, beside the theoretical centre of the field."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.measure.metrics import describe


def recurrence(x):
    """Every step halves the state and adds its input."""

    def step(h, u):
        h = h / 2 + u
        return h, h

    return lax.scan(step, jnp.zeros(x.shape[::2]), x.swapaxes(0, 1))[1].swapaxes(0, 1)


def test_the_energy_of_a_recurrence_is_at_its_end():
    erf = jaxrf.measure_erf(recurrence, (1, 64, 1), at=(63,), samples=2)
    # E g^2 = 4^-k of the k-th last step: a geometric law of mean 1/3 and variance 4/9
    assert erf.center == (31.5,)
    assert erf.centroid == pytest.approx([63 - 1 / 3])
    assert erf.sigma_centroid == pytest.approx([2 / 3])
    assert erf.sigma == pytest.approx([np.hypot(31.5 - 1 / 3, 2 / 3)])
    predicted = jaxrf.predict_erf(recurrence, (1, 64, 1), at=(63,))
    assert predicted.centroid == pytest.approx(erf.centroid)
    assert predicted.sigma_centroid == pytest.approx(erf.sigma_centroid)


def test_flatness_is_about_the_centroid_and_at_most_one_where_energy_falls():
    causal = np.r_[np.zeros(7), np.ones(8)]
    off = describe(causal, (7.0,), size=(15,))
    assert off["flatness"][0] == pytest.approx(np.sqrt((64 - 1) / 12) * np.sqrt(12) / 15)
    assert describe(np.ones(15), (7.0,), size=(15,))["flatness"][0] <= 1


def test_areas_are_those_inside_the_image():
    corner = np.zeros((10, 10))
    corner[0, 0], corner[3, 3] = 1.0, 9.0
    numbers = describe(corner, (0.0, 0.0), image=(20, 20), origin=(0, 0))
    assert numbers["square_side_0.99"] == 7.0  # from -3 to 3
    assert numbers["square_area_0.99"] == pytest.approx(16 / 400)
    shifted = describe(corner, (0.0, 0.0), image=(20, 20), origin=(10, 10))
    assert shifted["square_area_0.99"] == pytest.approx(49 / 400)
    assert shifted["centroid"] == pytest.approx((12.7, 12.7))


def test_the_share_that_the_image_cuts_off():
    def blur(x):
        kernel = jnp.ones((5, 1, 1))
        return lax.conv_general_dilated(x, kernel, (1,), "SAME", None, None, ("NWC", "WIO", "NWC"))

    assert jaxrf.measure_erf(blur, (1, 9, 1), samples=2).cut == 0
    assert jaxrf.measure_erf(blur, (1, 9, 1), samples=2, at=(0,)).cut == pytest.approx(0.4)
    whole = jaxrf.measure_erf(lambda x: x.mean(1, keepdims=True), (1, 9, 1), samples=2)
    assert np.isnan(whole.cut)
