"""What people pass for a PyTorch model: methods, functions, modes, names, dtypes, weights."""

import functools
import re
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
from jaxrf.frameworks.keywords import Keywords  # noqa: E402
from jaxrf.frameworks.torch.network import network  # noqa: E402
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


def normed():
    return nn.Sequential(nn.Conv1d(2, 4, 3, padding=1), nn.BatchNorm1d(4), nn.Dropout(0.5))


class Switching(nn.Module):
    """Says by itself what it does in training."""

    def forward(self, x):
        return x.mean(2, keepdim=True) + x if self.training else x


@pytest.mark.parametrize(
    ("model", "call", "is_global", "said"),
    [
        (
            normed(),
            {},
            False,
            r"^inference, although Sequential is in training mode \(BatchNorm1d, D",
        ),
        (normed().eval(), {}, False, None),
        (normed(), {"train": False}, False, None),
        (normed(), {"train": True}, True, "^training mode, without dropout"),
        (normed().eval(), {"training": True}, True, "^training mode, without dropout"),
        (
            Switching(),
            {},
            False,
            r"^inference, although Switching .* \(Switching\); --call train=true",
        ),
        (Switching(), {"train": True}, True, None),
        (nn.Conv1d(2, 2, 3), {}, False, None),  # in training mode, where it is the same
        (nn.Dropout(0.0), {}, False, None),
    ],
)
def test_modes_are_asked_for_or_said(model, call, is_global, said):
    before = [part.training for part in model.modules()]
    adapted = network(model, inputs((1, 2, 16)), call)
    assert len(adapted.assumed) == (said is not None)
    if said:
        assert re.search(said, adapted.assumed[0])
    assert [part.training for part in model.modules()] == before
    x = np.random.default_rng(0).normal(size=(1, 2, 16)).astype(np.float32)
    variables = adapted.init(jax.random.key(0))
    moved = x.copy()
    moved[..., -1] += 5
    a, b = (np.asarray(adapted.apply(variables, v)[0])[..., 0] for v in (x, moved))
    assert (a != b).any() == is_global
    assert "callback" not in str(jax.make_jaxpr(adapted.apply)(variables, x))
    if call:  # dropout is left out, and so it is here
        for part in model.modules():
            part.train(call.get("train", True) and not isinstance(part, nn.Dropout))
        with torch.no_grad():
            expected = model(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(adapted.apply(variables, x)[0], expected, rtol=1e-4, atol=1e-4)
        model.train(before[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"train": "yes"}, "got train='yes', need true or false"),
        ({"train": True, "eval": True}, "got train, eval, which disagree"),
        ({"depth": 3}, "got depth, which Sequential does not take; need train, or one of input"),
    ],
)
def test_wrong_calls_are_one_line(call, message):
    with pytest.raises(InvalidInput, match=message):
        network(normed(), inputs((1, 2, 16)), call)


class Named(nn.Module):
    """By position, by name, and by name alone."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3, padding=1)

    def forward(self, x, shift=None, *, gain, wide=False, mask=None):
        y = self.conv(self.conv(x)) if wide else self.conv(x)
        y = y if mask is None else y * mask
        return y * gain if shift is None else y * gain + shift


ROW = (1, 2, 16)


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ([ROW, Keywords(gain=ROW)], ("x", "gain")),
        ([ROW, Keywords(shift=(1, 1, 1), gain=ROW)], ("x", "shift", "gain")),
        ([ROW, ROW, Keywords(gain=ROW)], ("x", "shift", "gain")),
        ([Keywords(x=ROW, gain=ROW)], ("x", "gain")),
        ({"x": ROW, "gain": ROW}, ("input/gain", "input/x")),
    ],
)
def test_inputs_by_name(shape, names):
    analysis = jaxrf.analyze(Named(), shape, wrt="x" if isinstance(shape, list) else "input/x")
    assert analysis.inputs == names
    assert analysis.output.size == (3,)
    gain = next(name for name in names if name.endswith("gain"))
    assert analysis.with_respect_to(gain).output.size == (1,)


def test_arguments_of_the_call():
    mask = torch.zeros(1, 1, 16)
    mask[..., 4:] = 1
    given = {"gain": torch.full(ROW, 3.0), "wide": True, "mask": mask.bool()}
    module = Named()
    adapted = network(module, inputs(ROW), given)
    assert adapted.call == given
    x = np.random.default_rng(0).normal(size=ROW).astype(np.float32)
    with torch.no_grad():
        expected = module(torch.from_numpy(x), **given).numpy()
    got, _ = jax.jit(adapted.apply)(adapted.init(jax.random.key(0)), x)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"gian": ROW}, "got gian, no argument of the model; need one of shift, gain, wide, mask"),
        ({"x": ROW}, "got x, which is given by position too"),
    ],
)
def test_wrong_names_are_one_line(keywords, message):
    with pytest.raises(InvalidInput, match=message):
        jaxrf.analyze(Named(), [ROW, Keywords(keywords)])


class Kind(nn.Module):
    """Takes one dtype alone."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, t, x):
        if t.dtype != self.kind:
            raise TypeError(f"got {t.dtype}")
        return x * t.to(x.dtype)[:, None]


@pytest.mark.parametrize(
    "name", "bool uint8 int8 int16 int64 float16 bfloat16 float32 float64 complex64".split()
)
def test_torch_sees_the_dtype_that_was_asked_for(name):
    t = jax.ShapeDtypeStruct((1, 16), np.dtype(name) if name != "bfloat16" else jax.numpy.bfloat16)
    x = (1, 2, 16) if name != "complex64" else jax.ShapeDtypeStruct((1, 2, 16), "complex64")
    adapted = network(Kind(getattr(torch, name)), inputs([t, x]))
    assert bool(adapted.assumed) == (name == "float64")
    assert jaxrf.analyze(Kind(getattr(torch, name)), [t, x], wrt="x").output.size == (1,)


def test_int32_is_what_torch_indexes_with():
    t = jax.ShapeDtypeStruct((1, 16), "int32")
    assert jaxrf.analyze(Kind(torch.int64), [t, (1, 2, 16)], wrt="x").output.size == (1,)


def test_dtypes_that_do_not_fit_are_one_line():
    double = nn.Conv1d(2, 2, 3).double()
    assert jaxrf.analyze(double, (1, 2, 16), dtype="float64").output.size == (3,)
    with pytest.raises(ModelError, match=r"the weights are float64: .*:float64 \(dtype=\)$"):
        jaxrf.analyze(double, (1, 2, 16))
    with pytest.raises(InvalidInput, match="dtype: got int4, need one that jaxrf knows in torch"):
        jaxrf.analyze(double, (1, 2, 16), dtype="int4")


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
