"""Restricted = whole for random networks: drawn boxes, values and gradients.

Covers: restriction.bounds, restriction.rules.*.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.helpers.cutcase import check
from tests.helpers.randomnets import networks


def _checked(examples: int, *, layouts: bool, of: int) -> None:
    boxes = np.random.default_rng(of)

    @seed(of)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(networks(layouts=layouts))
    def run(net):
        check(net, net.shape, boxes=1, seed=int(boxes.integers(1 << 30)))

    run()


@pytest.mark.parametrize("layouts", [False, True])
def test_random_networks(layouts):
    _checked(5, layouts=layouts, of=0)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
@pytest.mark.parametrize("layouts", [False, True])
def test_two_thousand_random_networks(layouts, part):
    _checked(100, layouts=layouts, of=1 + part)
