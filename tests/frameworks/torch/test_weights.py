"""The weights of a PyTorch model: its own, and drawn anew.

Covers: frameworks.torch.redraw.
"""

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import jaxrf  # noqa: E402
from jaxrf.errors import InvalidInput  # noqa: E402
from jaxrf.frameworks.adapt import as_network  # noqa: E402
from jaxrf.frameworks.torch.network import network  # noqa: E402
from jaxrf.program.inputs import abstract_inputs  # noqa: E402


def inputs(shape, dtype="float32"):
    return abstract_inputs(shape, dtype)


class Scaled(nn.Module):
    """Parts with initialisers, and parameters and buffers without."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(2, 64, 3, padding=1), nn.BatchNorm1d(64)
        self.attend = nn.MultiheadAttention(64, 2, batch_first=True)
        self.gain = nn.Parameter(torch.full((64, 1), 1e-3))
        self.place = nn.Parameter(7 + 0.02 * torch.randn(1, 64, 500))
        self.register_buffer("blur", torch.tensor([0.25, 0.5, 0.25]))

    def forward(self, x):
        x = self.norm(self.conv(x))
        x = x * self.gain + self.place[..., : x.shape[2]]
        x = F.conv1d(x.transpose(1, 2).flatten(1)[:, None], self.blur[None, None], padding=1)
        x = x.reshape(1, -1, 64)
        return self.attend(x, x, x)[0]


def test_reinit_draws_by_the_parts_own_initialisers():
    torch.manual_seed(0)
    module = Scaled()
    with torch.no_grad():
        for value in module.parameters():  # as if it had been trained
            value.mul_(5)
        module.norm.running_mean.fill_(3)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert not as_network(module, inputs((1, 2, 8))).random
    adapted = as_network(jaxrf.reinit(module), inputs((1, 2, 8)))
    assert adapted.random
    one, same, other = (adapted.init(jax.random.key(seed)) for seed in (1, 1, 2))
    jax.tree.map(np.testing.assert_array_equal, one, same)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    changed = {name for name in one if not np.array_equal(one[name], other[name])}
    assert {"conv.weight", "conv.bias", "attend.in_proj_weight", "place"} <= changed
    assert np.abs(one["conv.weight"]).max() <= 6**-0.5 + 1e-6  # kaiming_uniform, a = sqrt(5)
    assert np.all(np.asarray(one["norm.running_mean"]) == 0)
    np.testing.assert_allclose(one["gain"], before["gain"])  # all equal: nothing to draw
    np.testing.assert_allclose(np.mean(one["place"]), 35, rtol=1e-3)
    np.testing.assert_allclose(np.std(one["place"]), 0.1, rtol=0.05)
    np.testing.assert_array_equal(one["blur"], before["blur"])


def test_seeds_are_of_drawn_weights_alone():
    torch.manual_seed(0)
    module = nn.Conv1d(1, 1, 3, padding=1, bias=False)
    given = jaxrf.measure_erf(module, (1, 1, 9), samples=4)
    assert given.plan.weight_seeds == 0
    np.testing.assert_allclose(given.stderr, 0, atol=1e-6)  # one linear network
    drawn = jaxrf.measure_erf(jaxrf.reinit(module), (1, 1, 9), samples=4)
    assert drawn.plan.weight_seeds == 4
    assert drawn.stderr.max() > 1e-3
    again = jaxrf.measure_erf(jaxrf.reinit(module), (1, 1, 9), samples=4)
    np.testing.assert_array_equal(drawn.map, again.map)
    with pytest.raises(InvalidInput, match=r"weights of this model are given; .*--reinit"):
        jaxrf.measure_erf(module, (1, 1, 9), samples=4, weight_seeds=4)


def test_programs_have_no_initialisers_but_spreads():
    program = torch.export.export(nn.Conv1d(2, 2, 3).eval(), (torch.zeros(1, 2, 16),))
    assert jaxrf.measure_erf(jaxrf.reinit(program), (1, 2, 16), samples=2).plan.weight_seeds == 2
    with pytest.raises(InvalidInput, match="call: got train, but the program was exported"):
        network(program, inputs((1, 2, 16)), {"train": True})
