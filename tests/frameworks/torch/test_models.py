"""What people pass for a PyTorch model: methods, functions, regions, targets.

Covers: frameworks.torch.callee.
"""

import functools
import sys

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.checkpoint import checkpoint, checkpoint_sequential  # noqa: E402

import jaxrf  # noqa: E402
from jaxrf.cli.main import main  # noqa: E402
from jaxrf.errors import InvalidInput, ModelError  # noqa: E402
from jaxrf.frameworks.adapt import as_network  # noqa: E402
from jaxrf.program.inputs import abstract_inputs  # noqa: E402

IMAGE = (1, 3, 16, 16)


def inputs(shape, dtype="float32"):
    return abstract_inputs(shape, dtype)


class Stages(nn.Module):
    """Two 3x3 in a stage, and a strided head, run in one of many ways."""

    def __init__(self, how: str = "plain"):
        super().__init__()
        convs = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)]
        self.stage, self.head, self.how = nn.Sequential(*convs), nn.Conv2d(4, 2, 3, 2, 1), how

    def features(self, x):
        if self.how == "reentrant":
            return checkpoint(self.stage, x, use_reentrant=True)
        if self.how == "checkpoint":
            return checkpoint(lambda y: self.stage(y), x, use_reentrant=False)
        if self.how == "sequential":
            return checkpoint_sequential(self.stage, 1, x, use_reentrant=True)
        if self.how == "no_grad":
            with torch.no_grad():
                return self.stage(x)
        if self.how == "set_grad":
            with torch.set_grad_enabled(False):
                return self.stage(x)
        if self.how == "autocast":
            with torch.autocast("cpu"):
                return self.stage(x).float()
        if self.how == "autocast_off":
            with torch.autocast("cuda", enabled=False):
                return self.stage(x)
        return self.stage(x)

    def forward(self, x):
        return self.head(self.features(x))


REGIONS = "reentrant checkpoint sequential no_grad set_grad autocast autocast_off".split()


@pytest.mark.parametrize("how", REGIONS)
def test_regions_keep_end_points_and_names(how):
    plain = {name: field.size for name, field in jaxrf.analyze(Stages(), IMAGE).items()}
    found = {name: field.size for name, field in jaxrf.analyze(Stages(how), IMAGE).items()}
    if how == "sequential":
        del plain["stage"]  # whose parts are called one by one
    assert found == plain
    assert "stage.2" in found


def test_what_needs_its_casts_has_them():
    class Casts(Stages):
        def forward(self, x):
            with torch.autocast("cpu"):
                return self.head(self.stage(x.bfloat16()))

    assert jaxrf.analyze(Casts(), IMAGE).output.size == (7, 7)


def test_regions_are_left_as_they_were():
    before = torch.utils.checkpoint.CheckpointFunction, torch.autocast.__enter__
    with pytest.raises(ModelError):
        jaxrf.analyze(Stages("reentrant"), (1, 4, 8, 8))
    assert (torch.utils.checkpoint.CheckpointFunction, torch.autocast.__enter__) == before
    assert torch.is_grad_enabled()


stages = Stages()
tail = nn.Conv2d(4, 1, 1)


def two(x):
    return tail(stages.features(x))


class Pipeline:
    """No module, but made of some."""

    def __init__(self):
        self.body, self.rest = stages, [tail]

    def __call__(self, x):
        x = self.body.features(x)
        for part in self.rest:
            x = part(x)
        return x


MODELS = {
    "method": (stages.features, {"stage.2": 5, "stage": 5}),
    "function": (two, {"stages.stage.2": 5, "tail": 5}),
    "lambda": (lambda x: stages(x)[:, :1].abs(), {"stages.stage.2": 5, "stages.head": 7}),
    "partial": (functools.partial(lambda m, x: m(x), stages), {"argument0.head": 7}),
    "object": (Pipeline(), {"body.stage.2": 5, "rest.0": 5}),
    "parallel": (nn.DataParallel(stages), {"stage.2": 5, "head": 7}),
    "compiled": (torch.compile(stages), {"stage.2": 5, "head": 7}),
    "formula": (lambda x: F.avg_pool2d(x, 3, 1), {"output": 3}),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_uses_modules_is_a_model(name):
    model, sizes = MODELS[name]
    analysis = jaxrf.analyze(model, IMAGE)
    assert {n: analysis[n].size[0] for n in sizes} == sizes
    assert analysis.spatial_axes == (2, 3)  # channels first, as torch has them
    x = np.random.default_rng(0).normal(size=IMAGE).astype(np.float32)
    adapted = as_network(model, inputs(IMAGE))
    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    got, _ = jax.jit(adapted.apply)(adapted.init(jax.random.key(0)), x)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_a_method_leaves_the_module_as_it_was():
    jaxrf.analyze(stages.features, IMAGE)
    assert "forward" not in vars(stages)
    assert jaxrf.analyze(stages, IMAGE).output.size == (7, 7)


scale = torch.full((3, 1, 1), 2.0)


def test_a_function_that_jax_runs_is_not_exported():
    def scaled(x):
        return x[:, 1:] + x[:, :-1] * float(scale.mean())

    assert jaxrf.analyze(scaled, (1, 8, 1)).output.size == (2,)


def test_torchscript_is_told_apart():
    scripted = torch.jit.trace(nn.Conv1d(2, 2, 3), torch.zeros(1, 2, 8))
    with pytest.raises(InvalidInput, match=r"TorchScript module Conv1d, .*need the module"):
        jaxrf.analyze(scripted, (1, 2, 8))


def test_every_length_at_once_is_not_the_models_fault():
    analysis = jaxrf.analyze_sizes(nn.Conv1d(2, 2, 3), (1, 2, None))
    assert "torch.export specialises every length" in str(analysis)
    assert "the model raised" not in str(analysis)


TARGET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, depth, widths=(4,), bias=True):
        super().__init__()
        print("building")
        convs = [nn.Conv2d(3 if i == 0 else 4, 4, 3, padding=1, bias=bias) for i in range(depth)]
        self.body, self.widths = nn.Sequential(*convs), widths

    def features(self, x):
        print("running")
        return self.body(x)

    def forward(self, x, *, gain):
        return self.features(x) * gain


net = Net(2)
short = lambda x: net.body[0](x)
"""


@pytest.mark.parametrize(
    ("command", "size"),
    [
        (["field", "net.py:Net", "--init", "depth=3", "--init", "widths=[4,4]", "--shape",
          "1,3,9,9", "--shape", "gain=1,4,1,1"], 7),
        (["field", "net.py:net.features", "--shape", "1,3,9,9"], 5),
        (["field", "net.py:short", "--shape", "1,3,9,9"], 3),
    ],
)  # fmt: skip
def test_targets(command, size, tmp_path, monkeypatch, capsys):
    (tmp_path / "net.py").write_text(TARGET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "net", raising=False)
    assert main([*command, "--expect", f"size={size}", "-f", "csv"]) == 0
    out, err = capsys.readouterr()
    assert "building" not in out
    assert "building" in err


def test_reinit_is_an_option(tmp_path, monkeypatch, capsys):
    (tmp_path / "net.py").write_text(TARGET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "net", raising=False)
    options = ["net.py:net.features", "--shape", "1,3,9,9", "--samples", "2"]
    assert main(["erf", *options, "--reinit", "--weight-seeds", "2"]) == 0
    assert "2 weight seeds" in capsys.readouterr().out
    assert main(["erf", *options]) == 0
    assert "given weights" in capsys.readouterr().out
