"""The examples give the fields that their first lines promise."""

import importlib.util
from pathlib import Path

import jaxrf
from jaxrf.comparison import features
from jaxrf.measure.support import SupportMeter

EXAMPLES = Path(__file__).parent.parent / "examples"


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_torchvision_resnet50():
    analysis = jaxrf.analyze(_load("resnet50_plain").resnet50, (1, 224, 224, 3))
    assert analysis.names == ("layer1", "layer2", "layer3", "layer4")
    assert analysis.output.size == (427, 427)
    assert analysis.output.stride == (32, 32)
    assert analysis.output.padding == (213, 213)
    assert analysis.output.aligned


def test_unet():
    analysis = jaxrf.analyze(_load("unet").unet, (1, 32, 32, 1))
    field = analysis.output.axes[0]
    assert (field.size, field.stride, field.period) == (18, 1, 2)
    assert field.reach == ((-8, 9), (-9, 8))
    meter = SupportMeter(analysis)
    for at in features(analysis, "head").values():
        assert meter.measure(at).equal
