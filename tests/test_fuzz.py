"""Random networks: theory, the measured linearisation and the oracle agree, set for set."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings

from jaxrf.measure.support import SupportMeter
from jaxrf.theory.analyze import analyze
from jaxrf.theory.solve.support import solve_support
from tests.helpers.oracle import gradient_support
from tests.helpers.randomnets import RandomNet, networks
from tests.helpers.randomsteps import MORE

# Steps after which the support may leave the virtual box: they bring back cropped pixels, or
# are global or irregular.
WRAPPING = ("reflect", "roll", "tiled", *MORE)


def chosen(grid: tuple[int, ...]) -> list[tuple[int, ...]]:
    """First, last, central and one more feature."""
    rng = np.random.default_rng(sum(grid))
    every = [tuple(0 for _ in grid), tuple(n - 1 for n in grid), tuple(n // 2 for n in grid)]
    return list(dict.fromkeys([*every, tuple(int(rng.integers(n)) for n in grid)]))


def check(net: RandomNet) -> bool:
    """Whether theory equals the oracle, set for set; it must never miss anything."""
    analysis = analyze(net, net.shape)
    assert analysis.approximate == ()
    output = analysis.endpoint_shape("output")
    grid, dims = output[1:-1], analysis.output_grid("output").dims
    features = chosen(grid)
    selections = np.zeros((len(features), *output), bool)
    for selection, at in zip(selections, features, strict=True):
        selection[(slice(None), *at)] = True
    expected = [
        found.any((0, -1)) for found in gradient_support(net.opened, net.shape, selections, seeds=1)
    ]
    followed = dims == tuple(range(1, len(dims) + 1))  # else a feature is not a position
    meter = SupportMeter(analysis) if followed else None
    intervals = analysis.exact_intervals("output")
    graph, node, equal = analysis.graph, analysis.node("output"), True
    for at, truth, selection in zip(features, expected, selections, strict=True):
        note(f"output {at}")
        exact = solve_support(graph, node, selection).any((0, -1))
        assert not (truth & ~exact).any(), "missed by theory"
        equal = equal and bool((exact == truth).all())
        if meter is None:
            continue
        measured = meter.measure(at, plain=False)
        assert not (truth & ~measured.support.mask).any(), "missed by the measurement"
        assert measured.equal, "theory against the measurement"
        support = analysis.support(at=at)
        if not truth.any():
            continue
        for axis in range(len(grid)):
            assert support.box[axis] in intervals[axis][at[axis]]
        if not any(name in repr(net) for name in WRAPPING):
            inside_the_virtual_box(analysis.output, at, support.box)
    return equal


def inside_the_virtual_box(field, at, support) -> None:
    """Zero padding only takes away: the support lies inside the virtual field.

    Reflection and rolling do not: after a crop they bring back other pixels than the cropped ones.
    """
    if field.aligned and None not in field.stride:
        clipped = field.box(at, clip=True)
        assert all(found in box for found, box in zip(support, clipped, strict=True))


def rounded(net: RandomNet) -> bool:
    """Whether some tap is zero in exact arithmetic, but perhaps not after rounding."""
    return "lanczos" in repr(net) or "antialias=True" in repr(net)


def fuzz(count: int) -> None:
    """Nothing is missed; at least 99 % are equal, and what is not has taps that rounding makes."""
    loose = []

    @settings(max_examples=count, suppress_health_check=list(HealthCheck), deadline=None)
    @given(networks())
    def every(net):
        if not check(net):
            assert rounded(net), "more than there is, and no reason for it"
            loose.append(net)

    every()
    assert len(loose) <= max(3, count // 100)


def test_random_networks():
    fuzz(40)


@pytest.mark.slow
def test_many_random_networks():
    fuzz(2000)
