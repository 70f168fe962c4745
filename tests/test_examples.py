"""The examples give the fields that their first lines promise."""

from pathlib import Path

import pytest

import jaxrf
from jaxrf.features import features
from jaxrf.measure.support import SupportMeter
from jaxrf.targets import load_target

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_torchvision_resnet50():
    analysis = jaxrf.analyze(
        load_target(f"{EXAMPLES}/resnet50_plain.py:resnet50"), (1, 224, 224, 3)
    )
    assert analysis.names == ("layer1", "layer2", "layer3", "layer4")
    assert analysis.output.size == (427, 427)
    assert analysis.output.stride == (32, 32)
    assert analysis.output.padding == (213, 213)
    assert analysis.output.aligned


def test_unet():
    analysis = jaxrf.analyze(load_target(f"{EXAMPLES}/unet.py:unet"), (1, 32, 32, 1))
    field = analysis.output.axes[0]
    assert (field.size, field.stride, field.period) == (18, 1, 2)
    assert field.reach == ((-8, 9), (-9, 8))
    assert SupportMeter(analysis).measure(plain=False).equal


@pytest.mark.slow
def test_unet_at_its_borders():
    analysis = jaxrf.analyze(load_target(f"{EXAMPLES}/unet.py:unet"), (1, 32, 32, 1))
    meter = SupportMeter(analysis)
    for at in features(analysis, "head").values():
        assert meter.measure(at).equal
