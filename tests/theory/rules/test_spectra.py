"""Random programs in the frequency domain: nothing is missed, whatever is done to spectra."""

import jax
import numpy as np
import pytest

from jaxrf.program.trace import trace
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.support import solve_support
from tests.helpers.linearcase import linearised
from tests.helpers.oracle import perturbation_pattern
from tests.helpers.randomspectra import SHAPE, random_program
from tests.helpers.slow import some_slow


def supports(traced):
    """[*output, *input], as theory has it."""
    graph = graph_of(traced).graph
    node = graph_of(traced).node_of[traced.endpoints[traced.output]]
    output = graph.nodes[node].shape
    found = np.zeros(output + SHAPE, bool)
    for at in np.ndindex(output):
        mask = np.zeros(output, bool)
        mask[at] = True
        found[at] = solve_support(graph, node, mask)
    return found


@pytest.mark.parametrize("seed", some_slow(range(400), range(12, 400)))
def test_nothing_is_missed_and_the_measurement_raises_no_false_alarm(seed):
    program = random_program(seed)
    traced = trace(program, SHAPE)
    theory = supports(traced)
    pattern = perturbation_pattern(program, SHAPE, seeds=2, tolerance=1e-10)
    assert not (pattern & ~theory).any(), f"{program.__name__}: missed"
    network = linearised(program, SHAPE)
    with jax.enable_x64(True):
        measured = np.asarray(jax.jit(jax.jacfwd(network))(np.zeros(SHAPE))) > 0
    assert not (pattern & ~measured).any(), f"{program.__name__}: the linearisation is blind"
    assert not (measured & ~theory).any(), f"{program.__name__}: a false alarm"
