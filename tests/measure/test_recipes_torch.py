"""Every recipe recomputed in PyTorch, on a small CNN with the same weights."""

import numpy as np
import pytest

from jaxrf.measure.recipes import RECIPES
from jaxrf.measure.reproduce import reproduce_erf

torch = pytest.importorskip("torch")

SIDE, COUNT = 48, 3


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 5, 3, padding=1),
    ).eval()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(COUNT, 3, SIDE, SIDE)).astype(np.float32)


def recomputed(net, images, name):
    """(mean map, shown map), written after the recipes' descriptions alone."""
    total = torch.zeros(SIDE, SIDE)
    for image in torch.from_numpy(images):
        x = image[None].requires_grad_()
        y = net(x)[0, :, SIDE // 8, SIDE // 8]
        if name in ("replknet", "vmamba"):
            y = torch.clamp(y, min=0)
        charge = y.mean() if name == "openerf" else y.sum()
        (g,) = torch.autograd.grad(charge, x)
        if name == "luo2016":
            total += (g**2).sum((0, 1))
        elif name == "openerf":
            total += torch.clamp(g.mean((0, 1)), min=0)
        else:
            total += torch.clamp(g, min=0).sum((0, 1))
    scores = total / COUNT
    shown = {
        "luo2016": lambda a: a,
        "replknet": lambda a: torch.log10(a + 1) / torch.log10(a + 1).max(),
        "vmamba": lambda a: a**0.2 / (a**0.2).max(),
        "mambair": lambda a: ((a + 1) - 1) ** 0.25 / (((a + 1) - 1) ** 0.25).max(),
        "openerf": lambda a: a / a.sum(),
    }[name](scores)
    return scores.numpy(), shown.numpy()


def squares(shown, shares):
    found = {}
    middle = SIDE // 2
    for share in shares:
        sides = [
            2 * i + 1
            for i in range(1, middle)
            if shown[middle - i : middle + i + 1, middle - i : middle + i + 1].sum() / shown.sum()
            > share
        ]
        found[f"square_side_{share}"] = sides[0] if sides else None
        found[f"square_area_{share}"] = sides[0] ** 2 / SIDE**2 if sides else None
    return found


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_map_in_pytorch(name, net, images):
    made = reproduce_erf(net, (1, 3, SIDE, SIDE), name, inputs=images, samples=COUNT)
    scores, shown = recomputed(net, images, name)
    ours = made.erf.map
    if name == "openerf":  # the mean over 5 channels; the map is over its total anyway
        ours = ours / 5
    assert ours.max() > 0
    np.testing.assert_allclose(ours, scores, rtol=1e-4, atol=1e-6 * scores.max())
    small = 1e-3 if name in ("vmamba", "mambair") else 1e-6  # roots of what is rounding
    np.testing.assert_allclose(made.shown, shown, rtol=1e-4, atol=small * shown.max())
    for key, value in squares(shown, RECIPES[name].shares).items():
        assert made.published[key] == value
