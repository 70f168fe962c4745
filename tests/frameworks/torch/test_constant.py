"""What a PyTorch module stores and does not learn: marked buffers, masks of infinite numbers.

Covers: frameworks.torch.mark, frameworks.torch.source_lines.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import jaxrf  # noqa: E402

N = 6
SHAPE = (1, N, 2)
LOWER = np.tri(N, dtype=bool)
ALL = np.ones((N, N), bool)


class Held(nn.Module):
    """Buffers and a parameter in the form of a triangle, and one of many ways to use them."""

    def __init__(self, use):
        super().__init__()
        self.use = use
        lower = torch.ones(N, N).tril()
        self.register_buffer("lower", lower * torch.arange(1.0, N + 1))
        self.register_buffer("table", (3 * lower).to(torch.int8))
        self.register_buffer("infinite", torch.full((N, N), -torch.inf).triu(1))
        self.register_buffer("large", torch.full((N, N), -1e9).triu(1))
        self.register_buffer("short", torch.full((N, N), -torch.inf, dtype=torch.half).triu(1))
        self.learned = nn.Parameter(lower.clone())

    def forward(self, x):
        return self.use(self, x)


def attended(x, mask):
    return torch.softmax(x @ x.mT + mask, -1) @ x


class Marking(nn.Module):
    """A module that hands out a mask, and is an end-point as any other."""

    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, x):
        return jaxrf.constant(self.mask) @ x


CASES = {
    "a buffer": (lambda m, x: m.lower @ x, ALL),
    "a marked buffer": (lambda m, x: jaxrf.constant(m.lower) @ x, LOWER),
    "two uses": (lambda m, x: jaxrf.constant(m.lower) @ x + 0 * (m.lower @ x), ALL),
    "marked when computed": (lambda m, x: jaxrf.constant(m.lower.abs() * 2).T @ x, LOWER.T),
    "computed when marked": (lambda m, x: (jaxrf.constant(m.lower).abs() * 2).T @ x, LOWER.T),
    "a buffer of int8": (lambda m, x: (m.table.float() * 0.1) @ x, ALL),
    "a marked buffer of int8": (lambda m, x: (jaxrf.constant(m.table).float() * 0.1) @ x, LOWER),
    "int8 that is promoted": (
        lambda m, x: (jaxrf.constant(m.table) * x[..., 0]).sum(-1)[None, :, None], LOWER),
    "in a tree": (lambda m, x: jaxrf.constant({"a": [m.lower]})["a"][0] @ x, LOWER),
    "a marked parameter": (lambda m, x: jaxrf.constant(m.learned) @ x, ALL),
    "an infinite mask": (lambda m, x: attended(x, m.infinite), LOWER),
    "half of its precision": (lambda m, x: attended(x, m.short.float()), LOWER),
    "a large mask": (lambda m, x: attended(x, m.large), ALL),
    "made in the code": (lambda m, x: torch.ones(N, N).tril() @ x, LOWER),
    "made from positions": (
        lambda m, x: (torch.arange(N)[:, None] >= torch.arange(N)).float() @ x, LOWER),
    "made and infinite": (
        lambda m, x: attended(x, torch.full((N, N), -torch.inf).triu(1)), LOWER),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_counts_as_architecture(name):
    use, expected = CASES[name]
    module = Held(use)
    analysis = jaxrf.analyze(module, SHAPE, spatial_axes=(1,))
    found = [analysis.support(at=(n,)).mask for n in range(N)]
    np.testing.assert_array_equal(found, expected)
    assert list(analysis) == ["output"]
    measured = jaxrf.measure_support(module, SHAPE, spatial_axes=(1,), at=(3,))
    assert measured.equal
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    adapted = jaxrf.analyze(module, SHAPE, spatial_axes=(1,)).traced.network
    with torch.no_grad():
        np.testing.assert_allclose(
            adapted.apply(adapted.init(None), x.numpy())[0], module(x), rtol=1e-4, atol=1e-5
        )


def test_the_mark_is_an_identity_of_torch():
    x = torch.randn(2, 3, requires_grad=True)
    assert torch.equal(jaxrf.constant(x), x)
    jaxrf.constant(x).square().sum().backward()
    torch.testing.assert_close(x.grad, 2 * x.detach())
    torch.testing.assert_close(torch.vmap(jaxrf.constant)(x.detach()), x.detach())
    found = jaxrf.constant({"a": torch.arange(3), "b": [np.ones(2)]})
    assert isinstance(found["a"], torch.Tensor)
    assert not isinstance(found["b"][0], torch.Tensor)


def test_end_points_and_comparison():
    mask = torch.ones(N, N).tril(-1) * 0.5
    module = nn.Sequential(Marking(mask), nn.ReLU(), Marking(mask))
    analysis = jaxrf.analyze(module, SHAPE, spatial_axes=(1,))
    assert list(analysis) == ["0", "1", "2"]
    assert [analysis.support("0", at=(n,)).mask.sum() for n in range(N)] == [*range(N)]
    assert [analysis.support(at=(n,)).mask.sum() for n in range(N)] == [0, 0, *range(1, N - 1)]
    report = jaxrf.compare(module, SHAPE, spatial_axes=(1,))
    assert report.equal


def test_the_weights_of_a_module_are_those_of_torch():
    """What is marked stays among them, so that a checkpoint of the module fits."""
    module = Held(CASES["a marked buffer"][0])
    state = {name: value.numpy() for name, value in module.state_dict().items()}
    analysis = jaxrf.analyze(module, SHAPE, spatial_axes=(1,), variables=state)
    assert analysis.support(at=(2,)).mask.sum() == 3
    assert not any("lower" in line for line in analysis.traced.network.assumed)
