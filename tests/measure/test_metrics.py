"""The numbers of a map against Gaussians with known answers and exact box convolutions.

Covers: measure.gaussian, measure.moments, measure.profiles.
"""

import math
from functools import reduce

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.measure.metrics import (
    ENERGY_FRACTIONS,
    SQUARE_SHARES,
    central_square,
    describe,
    energy_radius,
    fit_gaussian,
    luo_size,
    moments,
)


def gaussian(shape, center, covariance):
    """An independently written Gaussian: one quadratic form per pixel."""
    x = np.moveaxis(np.indices(shape).astype(float), 0, -1) - np.asarray(center)
    quadratic = np.einsum("...i,ij,...j", x, np.linalg.inv(covariance), x)
    return np.exp(-quadratic / 2)


def box_stack(layers, n=2, kernel=3):
    """Expected-energy map of a stack of uniform kernels, and its centre."""
    line = reduce(np.convolve, [np.full(kernel, 1 / kernel)] * layers)
    energy = reduce(np.multiply.outer, [line] * n)
    return energy, ((line.size - 1) / 2,) * n


def rotated(major, minor, angle):
    """Covariance (y, x) of standard deviations along and across a direction."""
    along = np.array([math.sin(angle), math.cos(angle)])
    across = np.array([math.cos(angle), -math.sin(angle)])
    return major**2 * np.outer(along, along) + minor**2 * np.outer(across, across)


@pytest.mark.parametrize("layers", [1, 5, 10, 20, 40])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_moments_of_box_stacks_are_exact(layers, n):
    about = moments(*box_stack(layers if n < 3 else min(layers, 10), n))
    count = layers if n < 3 else min(layers, 10)
    assert np.square(about.sigma) == pytest.approx([2 * count / 3] * n, rel=1e-12)
    assert about.kurtosis == pytest.approx([-1.5 / count] * n, rel=1e-9)


def test_moments_follow_the_formula_for_stride_dilation_and_even_kernels():
    # 5 taps; 4 taps at dilation 3; 3 taps after a stride of 2
    taps = [(5, 1), (4, 3), (3, 2)]
    lines = []
    for size, gap in taps:
        line = np.zeros((size - 1) * gap + 1)
        line[::gap] = 1 / size
        lines.append(line)
    energy = reduce(np.convolve, lines)
    center = (energy.size - 1) / 2
    expected = sum(gap**2 * (size**2 - 1) / 12 for size, gap in taps)
    assert center % 1 == 0.5
    assert moments(energy, (center,)).sigma[0] ** 2 == pytest.approx(expected, rel=1e-12)


def test_moments_of_a_gaussian():
    covariance = rotated(14.0, 8.0, 0.6)
    about = moments(gaussian((201, 190), (100.0, 94.5), covariance), (100.0, 94.5))
    assert about.covariance == pytest.approx(covariance, rel=1e-6)
    assert about.angle == pytest.approx(0.6, abs=1e-6)
    assert about.kurtosis == pytest.approx((0.0, 0.0), abs=1e-5)


@pytest.mark.parametrize("angle", [-1.5, -0.7, 0.0, 0.7, math.pi / 2])
def test_angle_runs_from_x_towards_y(angle):
    energy = gaussian((81, 81), (40, 40), rotated(8.0, 4.0, angle))
    assert moments(energy, (40, 40)).angle == pytest.approx(angle, abs=1e-6)


def test_angle_is_zero_where_isotropic_and_nan_unless_two_dimensional():
    rng = np.random.default_rng(0)
    radial = gaussian((41, 41), (20, 20), 9 * np.eye(2))
    rounding = 1 + 1e-13 * rng.standard_normal(radial.shape)
    assert moments(radial * rounding, (20, 20)).angle == 0.0
    assert math.isnan(moments(np.ones(5), (2,)).angle)


def test_moments_are_about_the_given_centre_also_outside_the_map():
    about = moments(np.array([1.0, 0.0, 3.0]), (-1.0,))
    assert about.sigma[0] ** 2 == pytest.approx((1 * 1 + 3 * 9) / 4)


def test_a_single_pixel_has_no_extent():
    about = moments(np.ones((1, 1)), (0, 0))
    assert about.sigma == (0.0, 0.0)
    assert np.isnan(about.kurtosis).all()


@pytest.mark.parametrize(
    ("shape", "center", "covariance"),
    [
        ((60,), (29.5,), np.array([[36.0]])),
        ((80, 91), (40.0, 44.5), rotated(10.0, 5.0, -0.4)),
        ((64, 64), (-4.0, 70.0), rotated(20.0, 15.0, 1.0)),
        ((31, 30, 29), (15.0, 14.5, 14.0), np.array([[9.0, 2, 1], [2, 16, -3], [1, -3, 12]])),
    ],
)
def test_fit_recovers_an_exact_gaussian(shape, center, covariance):
    fit = fit_gaussian(2.5e-9 * gaussian(shape, center, covariance), center)
    assert fit.covariance == pytest.approx(covariance, rel=1e-4, abs=1e-4)
    assert fit.amplitude == pytest.approx(2.5e-9, rel=1e-4)
    assert fit.r2 == pytest.approx(1.0, abs=1e-9)
    assert fit.evaluate(shape) == pytest.approx(2.5e-9 * gaussian(shape, center, covariance), 1e-3)


def test_fit_is_a_minimum_of_the_sum_of_squares():
    rng = np.random.default_rng(1)
    energy = gaussian((40, 44), (20.0, 21.5), rotated(7, 4, 0.5)) * rng.chisquare(4, (40, 44))
    center = (20.0, 21.5)
    fit = fit_gaussian(energy, center)
    best = np.sum((energy - fit.evaluate(energy.shape)) ** 2)
    assert fit.r2 == pytest.approx(1 - best / np.sum((energy - energy.mean()) ** 2))
    for change in ([[1, 0], [0, 0]], [[0, 0], [0, 1]], [[0, 1], [1, 0]]):
        for step in (-0.1, 0.1):
            other = gaussian(energy.shape, center, fit.covariance + step * np.array(change))
            assert np.sum((energy - fit.amplitude * other) ** 2) > best


def test_fit_finds_the_peak_on_a_broad_pedestal():
    center = (100.0, 100.0)
    peak = gaussian((201, 201), center, 9 * np.eye(2))
    energy = peak + 0.01 * gaussian((201, 201), center, 2500 * np.eye(2))
    assert fit_gaussian(energy, center).sigma == pytest.approx((3.0, 3.0), rel=0.05)


def test_fit_from_a_start_equals_the_fit_from_scratch():
    rng = np.random.default_rng(2)
    energy = gaussian((80, 80), (40, 40), rotated(9, 6, 0.3)) * rng.chisquare(8, (80, 80))
    other = gaussian((80, 80), (40, 40), rotated(11, 6, 0.5))
    warm = fit_gaussian(energy, (40, 40), start=fit_gaussian(other, (40, 40)))
    assert warm.covariance == pytest.approx(fit_gaussian(energy, (40, 40)).covariance, rel=1e-4)


def test_fit_of_maps_without_a_gaussian_stays_finite():
    flat = fit_gaussian(np.ones((9, 9)), (4, 4))
    assert math.isnan(flat.r2)
    assert np.isfinite(flat.sigma).all()
    assert fit_gaussian(np.ones((1, 1)), (0, 0)).sigma == pytest.approx((0.2, 0.2))
    row = np.zeros((9, 9))
    row[4, 3:6] = 1, 2, 1
    assert fit_gaussian(row, (4, 4)).sigma[0] == pytest.approx(0.2)


def test_profile_is_the_line_of_evaluate_through_the_centre():
    energy = gaussian((41, 43), (20, 21), rotated(6, 4, 0.7))
    fit = fit_gaussian(energy, (20, 21))
    whole = fit.evaluate(energy.shape)
    assert fit.profile(np.arange(43) - 21, axis=1) == pytest.approx(whole[20])
    assert fit.profile(np.arange(41) - 20, axis=0) == pytest.approx(whole[:, 21])


@pytest.mark.parametrize(("layers", "size"), [(5, 8.31), (10, 11.71), (20, 16.16), (40, 22.74)])
def test_luo_size_of_box_stacks(layers, size):
    assert luo_size(*box_stack(layers)) == pytest.approx(size, abs=0.01)


def test_luo_size_of_gaussians():
    sigma = 25.0
    energy = gaussian((301, 301), (150, 150), sigma**2 * np.eye(2))
    assert luo_size(energy, (150, 150)) == pytest.approx(4.406 * sigma, rel=2e-3)
    line = gaussian((601,), (300,), np.array([[40.0**2]]))
    assert luo_size(line, (300,)) == pytest.approx(2 * 2.486 * 40, abs=1)


def test_luo_size_takes_the_mean_of_the_nearest_pixels_or_the_given_peak():
    energy = np.array([0.04, 0.5, 1.0, 2.0, 0.07])
    assert luo_size(energy, (2.5,)) == 4.0  # threshold 0.0455 * 1.5 = 0.068
    assert luo_size(energy, (3.0,)) == 3.0  # 0.091
    assert luo_size(energy, (9.0,)) == 5.0  # the nearest pixel is the last one: 0.0032
    assert luo_size(energy, (3.0,), peak=20.0) == 2.0  # 0.91
    assert math.isnan(luo_size(np.array([1.0, 0.0, 1.0]), (1.0,)))


@pytest.mark.parametrize("fraction", ENERGY_FRACTIONS)
@pytest.mark.parametrize("center", [(150.0, 150.0), (150.5, 149.5), (150.25, 150.1)])
def test_energy_radius_of_an_isotropic_gaussian(fraction, center):
    energy = gaussian((301, 301), center, 20.0**2 * np.eye(2))
    truth = math.sqrt(-2 * math.log(1 - fraction)) * 20.0
    assert energy_radius(energy, center, fraction) == pytest.approx(
        truth, abs=0.12
    )  # lattice points in a disc


def test_energy_radius_counts_whole_rings():
    cross = np.array([[0.0, 1, 0], [1, 4, 1], [0, 1, 0]])
    assert energy_radius(cross, (1, 1), 0.5) == 0.0
    assert energy_radius(cross, (1, 1), 0.75) == pytest.approx(math.sqrt(0.5))  # half the ring
    assert energy_radius(cross, (1, 1), 1.0) == 1.0
    assert energy_radius(np.ones(5), (2,), 0.6) == 1.0
    assert energy_radius(np.ones((3, 3, 3)), (1, 1, 1), 1.0) == pytest.approx(math.sqrt(3))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_describe_gathers_every_number(n):
    energy, center = box_stack(8, n)
    numbers = describe(energy, center)
    assert numbers["sigma"] == moments(energy, center).sigma
    assert numbers["sigma_fit"] == fit_gaussian(energy, center).sigma
    assert numbers["luo_size"] == luo_size(energy, center)
    assert numbers["luo_size_fit"] == luo_size(energy, center, peak=numbers["amplitude_fit"])
    assert numbers["energy_radius_0.9"] == energy_radius(energy, center, 0.9)
    assert numbers["r2"] > 0.99
    assert all(isinstance(value, float | tuple) for value in numbers.values())


def test_describe_does_not_depend_on_the_scale_of_the_map():
    energy, center = box_stack(6)
    one, tiny = describe(energy, center), describe(energy * 1e-200, center)
    assert tiny.pop("amplitude_fit") == pytest.approx(one.pop("amplitude_fit") * 1e-200)
    for name, value in one.items():
        expected = pytest.approx(np.array(value), rel=1e-9, abs=1e-9, nan_ok=True)
        assert np.array(tiny[name]) == expected, name


def test_central_squares_against_counting():
    """Every share, by growing a square about the centre pixel by pixel."""
    rng = np.random.default_rng(2)
    energy = rng.chisquare(1, (17, 14))
    center = (9, 4)
    for share in (0.01, 0.2, 0.5, 0.9, 1.0):
        for half in range(17):
            rows = slice(max(0, center[0] - half), center[0] + half + 1)
            columns = slice(max(0, center[1] - half), center[1] + half + 1)
            if energy[rows, columns].sum() >= share * energy.sum() * (1 - 1e-9):
                break
        assert central_square(energy, center, share) == 2 * half + 1


def test_central_squares_between_pixels_and_of_any_scale():
    energy = np.ones((4, 4))
    assert central_square(energy, (1.5, 1.5), 0.25) == 2
    assert central_square(energy, (1.5, 1.5), 0.26) == 4
    map_, center = box_stack(10)
    sides = [central_square(map_, center, t) for t in SQUARE_SHARES]
    for scale in (1e-200, 1e3):
        assert [central_square(map_ * scale, center, t) for t in SQUARE_SHARES] == sides
    numbers = describe(map_, center, image=(100, 50))
    assert [numbers[f"square_side_{t}"] for t in SQUARE_SHARES] == sides
    assert numbers["square_area_0.5"] == pytest.approx(sides[2] ** 2 / 5000)
    with pytest.raises(InvalidInput, match="0 < share <= 1"):
        central_square(map_, center, 0.0)


def test_shares_of_the_theoretical_field():
    flat = describe(np.ones((9, 15)), (4, 7), size=(9, 15))
    assert flat["flatness"] == pytest.approx([math.sqrt(1 - 1 / r**2) for r in (9, 15)])
    assert flat["pixel_share"] == 1
    assert flat["size_share"] == pytest.approx(1)
    map_, center = box_stack(10)
    numbers = describe(map_, center, size=(21, 21))
    assert numbers["flatness"] == pytest.approx([math.sqrt(20 / 3 * 12) / 21] * 2)
    assert numbers["size_share"] == numbers["luo_size"] / 21
    assert numbers["pixel_share"] == pytest.approx(numbers["size_share"] ** 2)
    unknown = describe(map_, center)
    assert np.isnan([*unknown["flatness"], unknown["size_share"]]).all()
    assert np.array(unknown["covariance"]) == pytest.approx(moments(map_, center).covariance)


@pytest.mark.parametrize(
    ("energy", "center", "message"),
    [
        (np.zeros((3, 3)), (1, 1), "all zeros"),
        (np.array([1.0, -1.0]), (0,), "negative value -1"),
        (np.array([1.0, np.nan]), (0,), "NaN or infinite"),
        (np.array([1.0, np.inf]), (0,), "NaN or infinite"),
        (np.ones((3, 3)), (1,), "needed 2 finite coordinates"),
        (np.ones(3), (np.nan,), "needed 1 finite coordinates"),
        (np.float64(1.0), (), "at least one spatial axis"),
        (np.ones((0, 3)), (0, 0), "at least one spatial axis"),
    ],
)
def test_unusable_maps_are_refused_in_one_line(energy, center, message):
    for metric in (moments, fit_gaussian, luo_size, describe):
        with pytest.raises(InvalidInput, match=message) as caught:
            metric(energy, center)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fraction", [0.0, -1.0, 1.01, math.nan])
def test_energy_radius_refuses_impossible_fractions(fraction):
    with pytest.raises(InvalidInput, match="0 < fraction <= 1"):
        energy_radius(np.ones(3), (1,), fraction)
