"""PyTorch modules: outputs, fields, end-points, weights, and what cannot be exported.

Covers: frameworks.torch.by_node, frameworks.torch.export, frameworks.torch.constant_nodes,
frameworks.torch.nodes, frameworks.torch.regions, frameworks.torch.run, frameworks.torch.unknown.
"""

import inspect
import sys
import warnings

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import jaxrf  # noqa: E402
from jaxrf.cli.main import main  # noqa: E402
from jaxrf.errors import InvalidInput, ModelError, NotExact  # noqa: E402
from jaxrf.frameworks.adapt import as_network  # noqa: E402
from tests.helpers import torchnets as nets  # noqa: E402
from tests.helpers.torchcase import abstract  # noqa: E402

NETS = {
    "resnet": (lambda: nets.ResNet((1, 1), 2), (1, 3, 17, 24)),
    "unet": (nets.UNet, (1, 3, 32, 32)),
    "unet_nearest": (lambda: nets.UNet("nearest"), (1, 3, 32, 32)),
    "unet_bilinear": (lambda: nets.UNet("bilinear"), (1, 3, 32, 32)),
    "tcn": (nets.TCN, (1, 2, 64)),
    "vit": (nets.ViT, (1, 3, 16, 16)),
    "swin": (nets.Swin, (1, 3, 32, 32)),
    "sub_pixel": (nets.SubPixel, (1, 3, 16, 20)),
    "volume": (nets.Volume, (1, 1, 6, 12, 16)),
    "squeeze_excite": (nets.SqueezeExcite, (1, 3, 12, 12)),
    "shared": (nets.Shared, (1, 2, 16)),
    "warp": (nets.Warp, (1, 3, 8, 8)),
}


def made(name):
    torch.manual_seed(0)
    return NETS[name][0](), NETS[name][1]


@pytest.mark.parametrize("name", NETS)
def test_outputs_are_those_of_torch(name):
    module, shape = made(name)
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    network = as_network(module, abstract(x))
    got, _ = jax.jit(network.apply)(network.init(jax.random.key(0)), x)
    with torch.no_grad():
        expected = module.eval()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NETS)
def test_measured_support_is_that_of_theory(name):
    module, shape = made(name)
    measured = jaxrf.measure_support(module, shape)
    assert measured.equal
    assert measured.plain.mask.any()


def test_resnet50_has_the_field_of_its_strides():
    # the stride in the 3x3: 427/32/213 at 224 px, by eqs 2-6 on the longest path
    analysis = jaxrf.analyze(nets.ResNet(), (1, 3, 224, 224))
    field = analysis.output
    assert (field.size, field.stride, field.padding) == ((427,) * 2, (32,) * 2, (213,) * 2)
    assert all(field.aligned for _, field in analysis.items())
    assert analysis["layer1"].size == (35, 35)  # 11, then three 3x3 at stride 4
    assert not analysis.approximate


@pytest.mark.parametrize(
    ("up", "phases"),
    [
        ("transposed", [(-8, 9), (-9, 8)]),
        ("nearest", [(-8, 9), (-9, 8)]),
        # even: coarse u/2 - 1 and u/2, odd: u/2 and u/2 + 1; each side a coarse pixel more
        ("bilinear", [(-10, 9), (-9, 10)]),
    ],
)
def test_a_unet_has_two_phases(up, phases):
    field = jaxrf.analyze(nets.UNet(up), (1, 3, 48, 48)).output
    found = [(phase.low - u, phase.high - u) for u, phase in enumerate(field.phases[0])]
    assert found == phases
    assert field.size == (1 + phases[0][1] - phases[0][0],) * 2


def test_a_causal_stack_looks_back_only():
    field = jaxrf.analyze(nets.TCN(), (1, 2, 64)).output
    assert (field.size, field.padding) == ((32,), (31,))  # 1 + 1 + 2 + 4 + 8 + 16


def test_shifted_windows_reach_a_neighbour():
    support = jaxrf.analyze(nets.Swin(), (1, 3, 32, 32)).support(at=(7, 7))
    # windows of 4 patches of 2 pixels; the shifted one lies across four of them
    assert support.count == (16, 16)


def test_context_is_told_with_module_and_line():
    analysis = jaxrf.analyze(nets.SqueezeExcite(), (1, 3, 12, 12))
    line = _line(nets.SqueezeExcite, "y.mean")
    assert analysis.output.size == (3, 3)
    assert all(f"torchnets.py:{line})" in via for via in analysis.output.global_via)
    convolution = next(n for n in analysis.graph if n.op == "conv_general_dilated")
    at = _line(nets.SqueezeExcite, "self.conv(x)")
    assert convolution.label.startswith("convolution (conv at ")
    assert convolution.label.endswith(f"torchnets.py:{at})")


def _line(kind, text):
    lines, first = inspect.getsourcelines(kind)
    return first + next(i for i, line in enumerate(lines) if text in line)


def test_an_unknown_operation_depends_on_everything_and_is_named():
    analysis = jaxrf.analyze(nets.Warp(), (1, 3, 8, 8))
    (label,) = analysis.approximate
    assert label.startswith("pure_callback (grid_sampler at ")
    assert label.endswith(f"torchnets.py:{_line(nets.Warp, 'F.grid_sample')})")
    assert analysis.support().count == (8, 8)
    with pytest.raises(NotExact, match="grid_sampler"):
        jaxrf.analyze(nets.Warp(), (1, 3, 8, 8), strict=True)


def test_every_module_is_an_end_point_under_its_dotted_name():
    analysis = jaxrf.analyze(nets.ResNet((1,)), (1, 3, 32, 32))
    sizes = {name: field.size[0] for name, field in analysis.items()}
    assert sizes["conv1"] == sizes["relu"] == 7
    assert sizes["maxpool"] == sizes["layer1.0.conv1"] == sizes["layer1.0.downsample.0"] == 11
    assert sizes["layer1.0.conv2"] == sizes["layer1.0.relu#2"] == sizes["layer1"] == 19


def test_a_shared_module_is_two_end_points():
    analysis = jaxrf.analyze(nets.Shared(), (1, 2, 16))
    assert {n: f.size for n, f in analysis.items()} == {"conv": (3,), "conv#2": (5,)}


class Several(nn.Module):
    def forward(self, batch, scale):
        return {"sum": batch["right"] + batch["left"], "parts": [scale[..., 2:], batch["left"]]}


def test_pytrees_come_in_and_go_out():
    x = {"right": np.ones((1, 2, 8), np.float32), "left": np.zeros((1, 2, 8), np.float32)}
    scale = np.full((1, 2, 8), 5, np.float32)
    inputs = jax.tree.map(lambda a: abstract(a)[0], (x, scale))
    network = as_network(Several(), inputs)
    assert network.arguments == ("batch", "scale")
    _, named = network.apply({}, x, scale)
    assert list(named) == ["sum", "parts/0", "parts/1"]
    assert np.all(np.asarray(named["sum"]) == 1)
    assert named["parts/0"][0].shape == (1, 2, 6)


def test_an_exported_program_is_a_model_of_one_shape():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(nets.Shared().eval(), (torch.zeros(1, 2, 16),))
    assert jaxrf.analyze(program, (1, 2, 16)).output.size == (5,)
    with pytest.raises(InvalidInput, match=r"got \[\(1, 2, 9\)\], .* exported for \[\(1, 2, 16\)"):
        jaxrf.analyze(program, (1, 2, 9))


def test_the_weights_are_those_of_the_module():
    module = nn.Conv1d(1, 1, 3, padding=1, bias=False)
    nn.init.constant_(module.weight, 2.0)
    erf = jaxrf.measure_erf(module, (1, 1, 9), samples=2)
    np.testing.assert_allclose(erf.map / erf.map.max(), [0, 0, 0, 1, 1, 1, 0, 0, 0])


def test_a_module_without_values_has_a_theory_and_drawn_weights():
    module = nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4)).to("meta")
    assert jaxrf.analyze(module, (1, 2, 16)).output.size == (3,)
    assert jaxrf.measure_support(module, (1, 2, 16)).equal


def test_a_module_in_half_precision():
    analysis = jaxrf.analyze(nn.Conv1d(2, 2, 3).bfloat16(), (1, 2, 16), dtype="bfloat16")
    assert analysis.output.size == (3,)


def test_the_module_is_left_as_it_was():
    module = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2).eval(), nn.Conv1d(2, 2, 3)).train()
    module[1].eval()
    jaxrf.analyze(module, (1, 2, 16))
    assert [part.training for part in module.modules()] == [True, True, False, True]


class Counts(nn.Module):
    """Changes a buffer and its input, as some modules do even at inference."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, x):
        self.calls += 1
        x += 1
        return self.conv(x)


def test_a_module_may_change_its_buffers_and_its_input():
    assert jaxrf.analyze(Counts(), (1, 2, 16)).output.size == (3,)


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (nn.Conv2d(3, 2, 3), (1, 4, 8, 8), r"Conv2d on shape \(1, 4, 8, 8\): .*to have 3 channels"),
        (nn.Conv2d(3, 2, 3), (1, 3, 2, 2), "Kernel size can't be greater than actual input size"),
        (nn.LazyConv2d(2, 3), (1, 3, 8, 8), "uninitialized parameter"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_line(module, shape, message, capfd):
    with pytest.raises(ModelError, match=message) as caught:
        jaxrf.analyze(module, shape)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


class DataDependent(nn.Module):
    def forward(self, x):
        return x[: int(x.sum())]


def test_control_by_data_is_told_in_one_line(capfd):
    with pytest.raises(ModelError, match="data-dependent") as caught:
        jaxrf.analyze(DataDependent(), (1, 2, 16))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_an_older_torch_is_told(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(InvalidInput, match=r"^torch: got version 2\.5\.1\+cpu, need 2\.6 or newer"):
        jaxrf.analyze(nn.Conv1d(2, 2, 3), (1, 2, 16))


def test_every_registered_operation_exists_in_torch():
    from jaxrf.frameworks.torch.mark import MARK
    from jaxrf.frameworks.torch.ops import OPS

    assert MARK in OPS
    known = {f"{s.name}.{s.overload_name}" for s in torch._C._jit_get_all_schemas()}
    names = {name.partition(".")[0] for name in known}
    for name in OPS:
        full = name if "::" in name else f"aten::{name}"
        assert full in (known if "." in name else names), name


NET_FILE = """
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3))


def make():
    return model
"""


@pytest.mark.parametrize("target", [["net.py:model"], ["net.py:make", "--factory"]])
def test_a_module_is_a_target_of_the_command_line(target, tmp_path, monkeypatch, capsys):
    (tmp_path / "net.py").write_text(NET_FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "net", raising=False)
    # r = 3, then 4 after the pool of stride 2, then + 2 * 2
    assert main(["field", *target, "--shape", "1,3,64,64", "--expect", "size=8"]) == 0
    assert "4x30x30" in capsys.readouterr().out
    assert main(["field", *target, "--shape", "1,64,64,3"]) == 2
    error = capsys.readouterr().err.strip()
    assert "\n" not in error
    assert error.endswith("to have 3 channels, but got 64 channels instead")
