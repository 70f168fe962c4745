"""Random networks: theory, the measured linearisation and the oracle agree, set for set."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from oracle import gradient_support
from randomnets import RandomNet, networks
from randomsteps import MORE

from jaxrf.analysis import analyze
from jaxrf.measure.support import SupportMeter

# Steps after which the support may leave the virtual box: they bring back cropped pixels, or
# are global or irregular.
WRAPPING = ("reflect", "roll", "tiled", *MORE)


def chosen(grid: tuple[int, ...]) -> list[tuple[int, ...]]:
    """First, last, central and one more feature."""
    rng = np.random.default_rng(sum(grid))
    every = [tuple(0 for _ in grid), tuple(n - 1 for n in grid), tuple(n // 2 for n in grid)]
    return list(dict.fromkeys([*every, tuple(int(rng.integers(n)) for n in grid)]))


def check(net: RandomNet) -> None:
    analysis = analyze(net, net.shape)
    assert analysis.approximate == ()
    output = analysis.endpoint_shape("output")
    rank = len(net.shape) - 2
    features = chosen(output[1:-1])
    selections = np.zeros((len(features), *output), bool)
    for selection, at in zip(selections, features, strict=True):
        selection[(slice(None), *at)] = True
    expected = [
        found.any((0, -1)) for found in gradient_support(net.opened, net.shape, selections, seeds=1)
    ]
    meter = SupportMeter(analysis)
    intervals = analysis.exact_intervals("output")
    for at, truth in zip(features, expected, strict=True):
        note(f"output {at}")
        exact = analysis.support(at=at)
        np.testing.assert_array_equal(exact.mask, truth, "theory against the oracle")
        measured = meter.measure(at, plain=False)
        np.testing.assert_array_equal(measured.support.mask, truth, "measured against the oracle")
        assert measured.equal
        if not truth.any():
            continue
        for axis in range(rank):
            assert exact.box[axis] in intervals[axis][at[axis]]
        if not any(name in repr(net) for name in WRAPPING):
            inside_the_virtual_box(analysis.output, at, exact.box)


def inside_the_virtual_box(field, at, support) -> None:
    """Zero padding only takes away: the support lies inside the virtual field.

    Reflection and rolling do not: after a crop they bring back other pixels than the cropped ones.
    """
    if field.aligned and None not in field.stride:
        clipped = field.box(at, clip=True)
        assert all(found in box for found, box in zip(support, clipped, strict=True))


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(networks())
def test_random_networks(net):
    check(net)


@pytest.mark.slow
@settings(max_examples=2000, suppress_health_check=list(HealthCheck))
@given(networks())
def test_many_random_networks(net):
    check(net)
