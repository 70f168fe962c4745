"""How a PyTorch model is called: modes, arguments by name, dtypes.

Covers: frameworks.torch.dtypes, frameworks.torch.modes, frameworks.torch.noise.
"""

import re

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import jaxrf  # noqa: E402
from jaxrf.errors import InvalidInput, ModelError  # noqa: E402
from jaxrf.frameworks.keywords import Keywords  # noqa: E402
from jaxrf.frameworks.torch.network import network  # noqa: E402
from jaxrf.program.inputs import abstract_inputs  # noqa: E402


def inputs(shape, dtype="float32"):
    return abstract_inputs(shape, dtype)


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
